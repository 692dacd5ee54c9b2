/* Reads one question on a password and answers it. The password stands nowhere when it is answered. */
#include "check.h"

#include <cstdio>
#include <cstring>
#include <memory>

#include "../../wire/json_reader.h"
#include "../provider/text.h"
#include "account.h"
#include "password.h"
#include "pipe_io.h"
#include "proof.h"

namespace sallyport {

namespace {

const size_t MESSAGE_MAX = 65536, GROUPS_MAX = 1000, NAME_MAX = 1024, PASSWORD_MAX = 4096;
const DWORD READ_MS = 5000, WRITE_MS = 5000;

bool take_text(const sp_json &json, int of, const char *name, size_t most, std::wstring &out) {
    std::string text(4 * most + 1, '\0');
    int node = sp_json_member(&json, of, name);
    bool ok = node < 0 || sp_json_string(&json, node, text.data(), text.size());
    size_t length = ok ? strlen(text.c_str()) : 0;
    int size = MultiByteToWideChar(CP_UTF8, 0, text.data(), static_cast<int>(length), nullptr, 0);
    out.assign(static_cast<size_t>(size), L'\0');
    MultiByteToWideChar(CP_UTF8, 0, text.data(), static_cast<int>(length), out.data(), size);
    wipe(text);
    return ok && out.size() <= most;
}

/* As it was typed. Until version 0.2 also as a provider says it that is older than `typed`: name and domain as Windows is to have them. After an
 * upgrade the logon screen holds such a one until Windows starts anew, and nobody could log on there. */
bool take_name(const sp_json &json, int check, Name &name) {
    std::wstring typed, user, domain;
    if (!take_text(json, check, "typed", NAME_MAX, typed) || !take_text(json, check, "username", NAME_MAX, user) ||
        !take_text(json, check, "domain", NAME_MAX, domain))
        return false;
    name = sp_json_member(&json, check, "typed") >= 0 ? read_name(typed) : Name{user, domain, domain};
    return true;
}

/* The name and what it means. An empty password is none: nothing is asked of Windows then. */
bool read_question(const std::string &line, Name &name, Asked &asked) {
    auto json = std::make_unique<sp_json>();
    if (!sp_json_read(json.get(), line.data(), line.size())) return false;
    int check = sp_json_member(json.get(), 0, "check");
    if (!sp_json_is(json.get(), check, SP_OBJECT) || !take_name(*json, check, name) ||
        !take_text(*json, check, "password", PASSWORD_MAX, asked.password))
        return false;
    asked.user = name.user;
    asked.domain = name.logon_domain;
    return !asked.user.empty() && !asked.password.empty();
}

std::string hex(DWORD status) {
    char text[16];
    snprintf(text, sizeof text, "0x%08lX", static_cast<unsigned long>(status));
    return text;
}

/* What Windows says of a refusal, in its own language. By the status alone: the sub-status knows more than a stranger may hear. */
std::string words_of(DWORD status) {
    wchar_t room[512] = L"";
    const DWORD flags = FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS | FORMAT_MESSAGE_MAX_WIDTH_MASK;
    DWORD length = FormatMessageW(flags, nullptr, status, 0, room, 512, nullptr);
    while (length > 0 && room[length - 1] == L' ') length--;
    return length == 0 ? "The user name or password is incorrect." : to_utf8(std::wstring(room, length));
}

std::string write_answer(const Name &name, const Judged &judged) {
    std::string line = "{\"checked\":{", groups;
    ULONG package = 0;
    add_member(line, "result", judged.result);
    add_member(line, "username", to_utf8(name.user));
    add_member(line, "domain", to_utf8(name.domain));
    add_member(line, "logonDomain", to_utf8(name.logon_domain));
    if (authentication_package(package)) add_member(line, "package", std::to_string(package));
    add_member(line, "status", judged.status ? hex(judged.status) : "");
    add_member(line, "subStatus", judged.sub_status ? hex(judged.sub_status) : "");
    if (strcmp(judged.result, "right") != 0) add_member(line, "words", words_of(judged.status));
    add_member(line, "sid", judged.account.sid);
    line += judged.place.remote ? ",\"remote\":true" : ",\"remote\":false";
    add_member(line, "address", judged.place.address);
    size_t count = 0;
    for (const std::string &sid : judged.account.groups)
        if (count < GROUPS_MAX && line.size() + groups.size() + sid.size() + 16 < MESSAGE_MAX) groups += (count++ ? ",\"" : "\"") + sid + '"';
    if (count) line += ",\"groups\":[" + groups + "]";
    return line + "}}\n";
}

} // namespace

void serve_check(HANDLE pipe) {
    std::string line, behind;
    Name name;
    Asked asked;
    asked.session = client_session(pipe);
    behind.reserve(MESSAGE_MAX); /* a text that grows leaves copies behind that nobody wipes */
    bool understood = read_line(pipe, behind, MESSAGE_MAX, READ_MS, line) && behind.empty() && read_question(line, name, asked);
    wipe(line);
    wipe(behind);
    if (understood) {
        const Judged judged = judge_password(machine(), asked);
        if (strcmp(judged.result, "right") == 0) remember_proof(client_process(pipe), to_utf8(name.user), judged.account.sid);
        write_within(pipe, write_answer(name, judged), WRITE_MS);
    }
    wipe(asked.password);
    CloseHandle(pipe);
}

} // namespace sallyport
