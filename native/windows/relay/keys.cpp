/* Reads what the agent asks for, and answers. */
#include "keys.h"

#include <cstdio>
#include <memory>

#include "../../wire/json_reader.h"
#include "../provider/text.h"
#include "key_store.h"
#include "machine.h"

namespace sallyport {

namespace {

const size_t LINE_MAX = 16384;

std::string hex(const Bytes &bytes) {
    std::string out;
    char two[3];
    for (BYTE one : bytes) {
        snprintf(two, sizeof two, "%02x", one);
        out += two;
    }
    return out;
}

int digit(char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; }

bool unhex(const std::string &text, Bytes &out) {
    for (size_t i = 0; i + 1 < text.size(); i += 2) {
        if (digit(text[i]) < 0 || digit(text[i + 1]) < 0) return false;
        out += static_cast<BYTE>(digit(text[i]) * 16 + digit(text[i + 1]));
    }
    return text.size() % 2 == 0 && !out.empty();
}

std::string text_of(const sp_json &json, int of, const char *name) {
    std::string text(LINE_MAX, '\0');
    sp_json_string(&json, sp_json_member(&json, of, name), text.data(), text.size());
    text.resize(strlen(text.c_str()));
    return text;
}

std::string fault(const std::string &what) { return "{\"fault\":" + quoted(what) + "}"; }

std::string make() {
    HostKey key;
    if (!make_host_key(key)) return fault("Windows keeps no key: neither its TPM nor its data protection");
    std::string made = "{";
    add_member(made, "kept", key.kept);
    add_member(made, "handle", hex(key.handle));
    add_member(made, "x", hex(key.point.substr(0, 32)));
    add_member(made, "y", hex(key.point.substr(32)));
    return "{\"made\":" + made + "}}";
}

std::string sign(const sp_json &json, int of) {
    Bytes handle, hash, signature;
    if (!unhex(text_of(json, of, "handle"), handle) || !unhex(text_of(json, of, "hash"), hash) || hash.size() != 32)
        return fault("no key or no hash");
    DWORD error = sign_with_host_key(text_of(json, of, "kept"), handle, hash, signature);
    if (!error) return "{\"signed\":\"" + hex(signature) + "\"}";
    char number[16];
    snprintf(number, sizeof number, "0x%08lX", static_cast<unsigned long>(error));
    const std::string why = is_lost(error) ? "Windows has lost the host's key, as after a reset of the TPM or with a disk in another machine; "
                                             "enrol the machine anew with a new code: "
                                           : "Windows does not sign with the host's key: ";
    return fault(why + number);
}

std::string note(const sp_json &json, int of) {
    bool done = text_of(json, of, "setUp") == "yes";
    machine().write_down(done ? Note::set_up : Note::not_set_up, text_of(json, of, "text"));
    return "{\"noted\":true}";
}

std::string answer(const std::string &line) {
    auto json = std::make_unique<sp_json>();
    if (!sp_json_read(json.get(), line.data(), line.size())) return fault("not a question");
    int asked = sp_json_member(json.get(), 0, "sign"), folder = sp_json_member(json.get(), 0, "folder"), said = sp_json_member(json.get(), 0, "note");
    if (sp_json_member(json.get(), 0, "make") >= 0) return make();
    if (asked >= 0) return sign(*json, asked);
    if (said >= 0) return note(*json, said);
    if (folder < 0) return fault("not a question");
    return "{\"folder\":" + quoted(machine().secure_folder(to_wide(text_of(*json, folder, "path")))) + "}";
}

} // namespace

int serve_keys(HANDLE in, HANDLE out) {
    std::string pending;
    char bytes[4096];
    DWORD got = 0, sent = 0;
    while (ReadFile(in, bytes, sizeof bytes, &got, nullptr) && got > 0) {
        pending.append(bytes, got);
        for (size_t end; (end = pending.find('\n')) != std::string::npos; pending.erase(0, end + 1)) {
            std::string line = answer(pending.substr(0, end)) + "\n";
            if (!WriteFile(out, line.data(), static_cast<DWORD>(line.size()), &sent, nullptr)) return 1;
        }
        if (pending.size() > LINE_MAX) return 1;
    }
    return 0;
}

} // namespace sallyport
