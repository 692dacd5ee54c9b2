/* Has the service check a password: one message each way over a pipe of its own. */
#include <aclapi.h>

#include <memory>

#include "door.h"
#include "machine.h"
#include "text.h"

namespace sallyport {

namespace {

const wchar_t PIPE[] = L"\\\\.\\pipe\\ProtectedPrefix\\Administrators\\sallyport-machine";
const size_t MESSAGE_MAX = 65536, GROUPS_MAX = 1000, SID_MAX = 184;
/* A domain controller that does not answer holds Windows for half a minute. */
const DWORD BUSY_MS = 2000, CHECK_MS = 90000, SLICE_MS = 100;

bool fail(Fault &fault, const char *cause, const char *why) {
    fault = {cause, why};
    return false;
}

/* The owner cannot be given away: a pipe that a stranger made in the service's place belongs to the stranger. */
bool owner_is_trusted(HANDLE pipe) {
    PSID owner = nullptr;
    PSECURITY_DESCRIPTOR descriptor = nullptr;
    if (GetSecurityInfo(pipe, SE_KERNEL_OBJECT, OWNER_SECURITY_INFORMATION, &owner, nullptr, nullptr, nullptr, &descriptor) != ERROR_SUCCESS)
        return false;
    bool trusted = owner && (IsWellKnownSid(owner, WinLocalSystemSid) || IsWellKnownSid(owner, WinBuiltinAdministratorsSid));
    LocalFree(descriptor);
    return trusted;
}

std::string request(const Account &account, const std::wstring &password, const char *scenario) {
    std::string plain = to_utf8(password), frame = "{\"check\":{";
    frame.reserve(MESSAGE_MAX); /* a text that grows leaves copies behind that nobody wipes */
    add_member(frame, "domain", to_utf8(windows_domain(account)));
    add_member(frame, "username", to_utf8(account.user));
    add_member(frame, "password", plain);
    add_member(frame, "scenario", scenario);
    wipe(plain);
    return frame += "}}\n";
}

/* False after the time is over, when the person left, or when the service closed. */
bool exchange(HANDLE pipe, const std::string &asked, std::string &answer, Patience *patience) {
    DWORD mode = PIPE_READMODE_MESSAGE, got = 0;
    OVERLAPPED work = {};
    work.hEvent = CreateEventW(nullptr, TRUE, FALSE, nullptr);
    answer.resize(MESSAGE_MAX);
    const DWORD length = static_cast<DWORD>(asked.size()), room = static_cast<DWORD>(answer.size());
    bool ok = work.hEvent && SetNamedPipeHandleState(pipe, &mode, nullptr, nullptr) &&
              (TransactNamedPipe(pipe, const_cast<char *>(asked.data()), length, answer.data(), room, nullptr, &work) ||
               GetLastError() == ERROR_IO_PENDING);
    ULONGLONG end = GetTickCount64() + CHECK_MS;
    while (ok && WaitForSingleObject(work.hEvent, SLICE_MS) == WAIT_TIMEOUT)
        if (GetTickCount64() >= end || (patience && !patience->goes_on())) CancelIoEx(pipe, &work);
    ok = ok && GetOverlappedResult(pipe, &work, &got, TRUE);
    if (work.hEvent) CloseHandle(work.hEvent);
    answer.resize(ok ? got : 0);
    return ok && !answer.empty() && answer.back() == '\n';
}

/* Takes the groups out of the answer: they are more than the reader has nodes for. */
bool take_groups(std::string &answer, std::vector<std::string> &groups) {
    static const char BEFORE[] = ",\"groups\":[";
    size_t start = answer.find(BEFORE), at = start + sizeof BEFORE - 1;
    if (start == std::string::npos) return true;
    for (; at < answer.size() && answer[at] == '"' && groups.size() < GROUPS_MAX; at++) {
        size_t end = answer.find_first_not_of("S-0123456789", at + 1);
        if (end == std::string::npos || answer[end] != '"' || end - at - 1 > SID_MAX) return false;
        groups.push_back(answer.substr(at + 1, end - at - 1));
        at = end + 1;
        if (at >= answer.size() || answer[at] != ',') break;
    }
    if (at >= answer.size() || answer[at] != ']') return false;
    answer.erase(start, at + 1 - start);
    return true;
}

bool read_answer(std::string &answer, Checked &checked) {
    auto json = std::make_unique<sp_json>();
    char text[256] = "";
    if (!take_groups(answer, checked.groups) || !sp_json_read(json.get(), answer.data(), answer.size())) return false;
    int of = sp_json_member(json.get(), 0, "checked");
    auto member = [&](const char *name) {
        sp_json_string(json.get(), sp_json_member(json.get(), of, name), text, sizeof text);
        return std::string(text);
    };
    std::string result = member("result");
    checked.result = result == "right" ? Password::right : result == "wrong" ? Password::wrong : Password::failed;
    checked.status = member("status");
    checked.sub_status = member("subStatus");
    checked.sid = to_wide(member("sid"));
    checked.remote = sp_json_is(json.get(), sp_json_member(json.get(), of, "remote"), SP_TRUE);
    checked.address = to_wide(member("address"));
    return result == "right" || result == "wrong" || result == "failed";
}

} // namespace

/* SECURITY_IDENTIFICATION: whoever is at the other end learns who we are and cannot act as us. */
HANDLE open_pipe(const wchar_t *name, Fault &fault) {
    const DWORD flags = FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION, both = GENERIC_READ | GENERIC_WRITE;
    HANDLE pipe = CreateFileW(name, both, 0, nullptr, OPEN_EXISTING, flags, nullptr);
    if (pipe == INVALID_HANDLE_VALUE && GetLastError() == ERROR_PIPE_BUSY && WaitNamedPipeW(name, BUSY_MS))
        pipe = CreateFileW(name, both, 0, nullptr, OPEN_EXISTING, flags, nullptr);
    DWORD error = pipe == INVALID_HANDLE_VALUE ? GetLastError() : 0;
    if (error == ERROR_FILE_NOT_FOUND) fail(fault, "agent.unreachable", "no pipe");
    else if (error == ERROR_ACCESS_DENIED) fail(fault, "door.untrusted", "no right to the pipe");
    else if (error) fail(fault, "agent.unreachable", "the door takes nobody in");
    if (error || owner_is_trusted(pipe)) return pipe;
    CloseHandle(pipe);
    fail(fault, "door.untrusted", "the pipe is neither the system's nor the administrators'");
    return INVALID_HANDLE_VALUE;
}

bool check_password(const Account &account, const std::wstring &password, const char *scenario, Patience *patience, Checked &checked,
                    Fault &fault) {
    HANDLE pipe = open_pipe(PIPE, fault);
    if (pipe == INVALID_HANDLE_VALUE) return false;
    std::string asked = request(account, password, scenario), answer;
    bool ok = asked.size() <= MESSAGE_MAX && exchange(pipe, asked, answer, patience);
    wipe(asked);
    CloseHandle(pipe);
    if (!ok && patience && !patience->goes_on()) return fail(fault, "logon.cancelled", "the person left");
    if (!ok) return fail(fault, "agent.fault", "the service did not check the password");
    return read_answer(answer, checked) || fail(fault, "door.malformed", "the service's answer is none");
}

} // namespace sallyport
