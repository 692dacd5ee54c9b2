/* Windows as a story has it: what LogonUser, the session and the event log say stands in a file of the story's. Linked into story-relay.exe alone. */
#include <windows.h>

#include <bcrypt.h>
#include <map>
#include <memory>

#include "../../native/wire/json_reader.h"
#include "../../native/windows/provider/text.h"
#include "../../native/windows/relay/folder.h"
#include "../../native/windows/relay/machine.h"

namespace sallyport {

namespace {

/* One JSON object: `accounts`: by `DOMAIN/name` (a backslash in a name would be an escape) {password, interactive, network, sid, groups,
 * manyGroups}; `place`: {remote, address, ownScreen}; `folder`: what is wrong with it; `tpm`: {make, point, sign}: which error each gives, decimal,
 * left out: none; without `tpm` there is none. `interactive` and `network` say which error Windows gives to the
 * right password in this kind of logon, decimal; left out: none. */
const wchar_t SCRIPT[] = L"C:\\machine.json";
/* One JSON object a line: {type, user, rightPassword} of each try, {note, detail} of each line of the event log. */
const wchar_t HEARD[] = L"C:\\machine.heard";

std::string read_script() {
    std::string text(65536, '\0');
    DWORD got = 0;
    HANDLE file = CreateFileW(SCRIPT, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, nullptr, OPEN_EXISTING, 0, nullptr);
    if (file == INVALID_HANDLE_VALUE) return "{}";
    ReadFile(file, text.data(), static_cast<DWORD>(text.size()), &got, nullptr);
    CloseHandle(file);
    text.resize(got);
    return text;
}

/* One at a time: where Wine adds to a file, two threads at once write over each other. */
void hear(const std::string &line) {
    static SRWLOCK lock = SRWLOCK_INIT;
    AcquireSRWLockExclusive(&lock);
    HANDLE file = CreateFileW(HEARD, FILE_APPEND_DATA, FILE_SHARE_READ | FILE_SHARE_WRITE, nullptr, OPEN_ALWAYS, 0, nullptr);
    DWORD sent = 0;
    WriteFile(file, line.data(), static_cast<DWORD>(line.size()), &sent, nullptr);
    CloseHandle(file);
    ReleaseSRWLockExclusive(&lock);
}

class Script {
  public:
    Script() : text_(read_script()) { sp_json_read(json_.get(), text_.data(), text_.size()); }
    int member(int of, const std::string &name) const { return sp_json_member(json_.get(), of, name.c_str()); }
    std::string text(int node) const {
        std::string out(1024, '\0');
        sp_json_string(json_.get(), node, out.data(), out.size());
        out.resize(strlen(out.c_str()));
        return out;
    }
    DWORD number(int node) const {
        long long value = 0;
        sp_json_whole(json_.get(), node, &value);
        return static_cast<DWORD>(value);
    }
    bool yes(int node) const { return sp_json_is(json_.get(), node, SP_TRUE); }
    std::vector<std::string> texts(int node) const {
        std::vector<std::string> all;
        for (int one = node < 0 ? -1 : json_->nodes[node].child; one >= 0; one = json_->nodes[one].next) all.push_back(text(one));
        return all;
    }
    int account(const std::wstring &domain, const std::wstring &user) const {
        return member(member(0, "accounts"), to_utf8(domain.empty() ? user : domain + L"/" + user));
    }

  private:
    std::string text_;
    std::unique_ptr<sp_json> json_ = std::make_unique<sp_json>();
};

/* Keys of this process alone, as a TPM would have them. */
class ScriptedTpm final : public Tpm {
  public:
    DWORD make(const std::wstring &name) override {
        DWORD error = script_says("make");
        BCRYPT_ALG_HANDLE algorithm = nullptr;
        BCRYPT_KEY_HANDLE key = nullptr;
        if (error) return error;
        BCryptOpenAlgorithmProvider(&algorithm, BCRYPT_ECDSA_P256_ALGORITHM, nullptr, 0);
        BCryptGenerateKeyPair(algorithm, &key, 256, 0);
        BCryptFinalizeKeyPair(key, 0);
        keys_[name] = key;
        return 0;
    }
    DWORD point_of(const std::wstring &name, Bytes &point) override {
        DWORD size = 0, error = script_says("point");
        BYTE blob[sizeof(BCRYPT_ECCKEY_BLOB) + 64];
        if (error) return error;
        if (BCryptExportKey(keys_[name], nullptr, BCRYPT_ECCPUBLIC_BLOB, blob, sizeof blob, &size, 0)) return ERROR_INVALID_DATA;
        point.assign(blob + sizeof(BCRYPT_ECCKEY_BLOB), 64);
        return 0;
    }
    DWORD sign(const std::wstring &name, const Bytes &hash, Bytes &signature) override {
        DWORD size = 0, error = script_says("sign");
        Bytes digest = hash;
        if (!error && !keys_.count(name)) error = static_cast<DWORD>(NTE_BAD_KEYSET);
        if (error) return error;
        signature.resize(64);
        return static_cast<DWORD>(BCryptSignHash(keys_[name], nullptr, digest.data(), 32, signature.data(), 64, &size, 0));
    }
    DWORD forget(const std::wstring &name) override {
        hear("{\"forgotten\":" + quoted(to_utf8(name)) + "}\n");
        return keys_.erase(name) ? 0 : static_cast<DWORD>(NTE_BAD_KEYSET);
    }

  private:
    static DWORD script_says(const char *step) {
        Script script;
        int tpm = script.member(0, "tpm");
        return tpm < 0 ? static_cast<DWORD>(NTE_DEVICE_NOT_FOUND) : script.number(script.member(tpm, step));
    }
    std::map<std::wstring, BCRYPT_KEY_HANDLE> keys_;
};

class Scripted final : public Machine {
  public:
    LogonTry log_on(const std::wstring &domain, const std::wstring &user, const std::wstring &password, DWORD type) override {
        Script script;
        LogonTry tried;
        int account = script.account(domain, user);
        bool right = account >= 0 && script.text(script.member(account, "password")) == to_utf8(password);
        tried.error = right ? script.number(script.member(account, type == LOGON32_LOGON_NETWORK ? "network" : "interactive")) : ERROR_LOGON_FAILURE;
        hear("{\"type\":" + std::to_string(type) + ",\"user\":" + quoted(to_utf8(user)) + ",\"rightPassword\":" + (right ? "true}\n" : "false}\n"));
        if (tried.error) return tried;
        tried.sid = script.text(script.member(account, "sid"));
        tried.groups = script.texts(script.member(account, "groups"));
        for (DWORD i = 0; i < script.number(script.member(account, "manyGroups")); i++)
            tried.groups.push_back("S-1-5-21-1-2-3-" + std::to_string(20000 + i));
        return tried;
    }
    bool find_account(const std::wstring &domain, const std::wstring &user, std::string &sid) override {
        Script script;
        int account = script.account(domain, user);
        sid = script.text(script.member(account, "sid"));
        return account >= 0;
    }
    Place place_of(DWORD) override {
        Script script;
        int place = script.member(0, "place");
        return {script.yes(script.member(place, "remote")), script.text(script.member(place, "address"))};
    }
    bool at_own_screen(DWORD) override {
        Script script;
        return script.yes(script.member(script.member(0, "place"), "ownScreen"));
    }
    Tpm &tpm() override {
        static ScriptedTpm tpm;
        return tpm;
    }
    std::string secure_folder(const std::wstring &path) override {
        Script script;
        std::string fault = script.text(script.member(0, "folder"));
        return fault.empty() ? make_or_judge_folder(path) : fault;
    }
    void write_down(Note what, const std::string &detail) override {
        hear("{\"note\":" + std::to_string(static_cast<DWORD>(what)) + ",\"detail\":" + quoted(detail) + "}\n");
    }
};

} // namespace

Machine &machine() {
    static Scripted scripted;
    return scripted;
}

} // namespace sallyport
