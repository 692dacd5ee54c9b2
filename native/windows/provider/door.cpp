/* Speaks over a pipe of the service's with a deadline on each wait. */
#include "door.h"

#include <aclapi.h>

#include "system.h"
#include "text.h"

namespace sallyport {

namespace {

const size_t LINE_MAX = 65536; /* with the newline: the door's limit */
const DWORD BUSY_MS = 2000, SEND_MS = 5000, SLICE_MS = 100;

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

/* An administrator's program could make it as well: the process must be the one that the service manager started. That one is held, so that
 * its number stays its own, and the manager is not asked again: each question takes it milliseconds. */
bool maker_is_the_service(HANDLE pipe) {
    static Lock lock;
    static HANDLE service;
    SERVICE_STATUS_PROCESS status = {};
    ULONG maker = 0, size = 0;
    Locked locked(lock);
    if (!GetNamedPipeServerProcessId(pipe, &maker) || maker == 0) return false;
    if (GetProcessId(service) == maker && WaitForSingleObject(service, 0) == WAIT_TIMEOUT) return true;
    HANDLE process = OpenProcess(SYNCHRONIZE | PROCESS_QUERY_LIMITED_INFORMATION, FALSE, maker);
    SC_HANDLE manager = OpenSCManagerW(nullptr, nullptr, SC_MANAGER_CONNECT), asked = OpenServiceW(manager, L"Sallyport", SERVICE_QUERY_STATUS);
    QueryServiceStatusEx(asked, SC_STATUS_PROCESS_INFO, reinterpret_cast<BYTE *>(&status), sizeof status, &size);
    CloseServiceHandle(asked);
    CloseServiceHandle(manager);
    if (maker == status.dwProcessId) std::swap(service, process);
    if (process) CloseHandle(process);
    return maker == status.dwProcessId;
}

/* SECURITY_IDENTIFICATION: whoever is at the other end learns who we are and cannot act as us. */
HANDLE connect(const wchar_t *name) {
    const DWORD flags = FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION;
    return CreateFileW(name, GENERIC_READ | GENERIC_WRITE, 0, nullptr, OPEN_EXISTING, flags, nullptr);
}

} // namespace

bool Door::open(Fault &fault) {
    close();
    pipe_ = connect(name_);
    if (!is_open() && GetLastError() == ERROR_PIPE_BUSY && WaitNamedPipeW(name_, BUSY_MS)) pipe_ = connect(name_);
    DWORD error = is_open() ? ERROR_SUCCESS : GetLastError();
    if (error == ERROR_FILE_NOT_FOUND) return fail(fault, "agent.unreachable", "no pipe");
    if (error == ERROR_ACCESS_DENIED) return fail(fault, "door.untrusted", "no right to the pipe");
    if (error) return fail(fault, "agent.unreachable", "the door takes nobody in");
    if (owner_is_trusted(pipe_) && maker_is_the_service(pipe_)) return true;
    close();
    return fail(fault, "door.untrusted", "the pipe is not the service's");
}

void Door::close() {
    if (is_open()) CloseHandle(pipe_);
    pipe_ = INVALID_HANDLE_VALUE;
    wipe(buffer_);
}

/* Waits at most so long for what was begun, and takes it back then. */
bool Door::finish(BOOL begun, OVERLAPPED &work, DWORD ms, DWORD &bytes) {
    if (!begun && GetLastError() != ERROR_IO_PENDING) return false;
    if (WaitForSingleObject(event_, ms) != WAIT_OBJECT_0) CancelIoEx(pipe_, &work);
    return GetOverlappedResult(pipe_, &work, &bytes, TRUE);
}

bool Door::send(std::string &line, Fault &fault) {
    bool fits = line.size() - (line.rfind('\n') + 1) < LINE_MAX;
    line += '\n';
    OVERLAPPED work = {0, 0, {{0, 0}}, event_};
    DWORD sent = 0, length = static_cast<DWORD>(line.size());
    bool ok = fits && finish(WriteFile(pipe_, line.data(), length, nullptr, &work), work, SEND_MS, sent) && sent == length;
    wipe(line);
    if (!fits) return fail(fault, "door.malformed", "our own frame is too long");
    return ok || fail(fault, "agent.fault", "the agent takes nothing more");
}

/* What there is within a slice of time, be it nothing. False if the other side closed. */
bool Door::read_some() {
    char bytes[4096];
    OVERLAPPED work = {0, 0, {{0, 0}}, event_};
    DWORD got = 0;
    bool ok = finish(ReadFile(pipe_, bytes, sizeof bytes, nullptr, &work), work, SLICE_MS, got);
    bool nothing = !ok && GetLastError() == ERROR_OPERATION_ABORTED;
    buffer_.append(bytes, ok ? got : 0);
    SecureZeroMemory(bytes, sizeof bytes);
    return ok || nothing;
}

bool Door::receive(std::string &line, int seconds, Patience *patience, Fault &fault) {
    ULONGLONG end = GetTickCount64() + static_cast<ULONGLONG>(seconds) * 1000;
    size_t length;
    while ((length = buffer_.find('\n')) == std::string::npos) {
        if (buffer_.size() >= LINE_MAX) return fail(fault, "door.malformed", "a frame too long");
        if (patience && !patience->goes_on()) return fail(fault, "logon.cancelled", "the person left");
        if (GetTickCount64() >= end) return fail(fault, "agent.unreachable", "no answer in time");
        if (read_some()) continue;
        return buffer_.empty() ? fail(fault, "agent.fault", "closed without an end") : fail(fault, "door.malformed", "closed within a frame");
    }
    line = buffer_.substr(0, length);
    buffer_.erase(0, length + 1);
    return true;
}

bool Door::has_news() {
    DWORD waiting = 0;
    return has_more() || !PeekNamedPipe(pipe_, nullptr, 0, nullptr, &waiting, nullptr) || waiting > 0;
}

std::string Json::text(int node, const char *name) const {
    std::string out(16385, '\0'); /* 4096 characters */
    sp_json_string(this, member(node, name), out.data(), out.size());
    out.resize(strlen(out.c_str()));
    return out;
}

} // namespace sallyport
