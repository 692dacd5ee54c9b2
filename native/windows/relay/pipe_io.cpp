/* Overlapped reads and writes with a limit. */
#include "pipe_io.h"

namespace sallyport {

namespace {

/* What was begun on a pipe, seen to its end within `ms`, or called off. `begun`: what ReadFile or WriteFile said. */
bool settle(HANDLE pipe, OVERLAPPED &work, bool begun, DWORD ms, DWORD &bytes) {
    if (!begun && GetLastError() != ERROR_IO_PENDING) return false;
    if (WaitForSingleObject(work.hEvent, ms) != WAIT_OBJECT_0) CancelIoEx(pipe, &work);
    return GetOverlappedResult(pipe, &work, &bytes, TRUE) != 0;
}

} // namespace

bool read_line(HANDLE pipe, std::string &pending, size_t most, DWORD ms, std::string &line) {
    OVERLAPPED work = {};
    work.hEvent = CreateEventW(nullptr, TRUE, FALSE, nullptr);
    const ULONGLONG end = GetTickCount64() + ms;
    char bytes[4096];
    size_t found;
    bool ok = work.hEvent != nullptr;
    while (ok && (found = pending.find('\n')) == std::string::npos) {
        const ULONGLONG now = GetTickCount64();
        DWORD got = 0;
        ok = now < end && settle(pipe, work, ReadFile(pipe, bytes, sizeof bytes, nullptr, &work) != 0, static_cast<DWORD>(end - now), got) &&
             got > 0 && pending.size() + got <= most;
        if (ok) pending.append(bytes, got);
    }
    if (ok) {
        line = pending.substr(0, found);
        pending.erase(0, found + 1);
    }
    SecureZeroMemory(bytes, sizeof bytes);
    if (work.hEvent) CloseHandle(work.hEvent);
    return ok;
}

bool write_within(HANDLE pipe, const std::string &text, DWORD ms) {
    OVERLAPPED work = {};
    DWORD sent = 0;
    work.hEvent = CreateEventW(nullptr, TRUE, FALSE, nullptr);
    bool ok = work.hEvent && settle(pipe, work, WriteFile(pipe, text.data(), static_cast<DWORD>(text.size()), nullptr, &work) != 0, ms, sent);
    if (work.hEvent) CloseHandle(work.hEvent);
    return ok && sent == text.size();
}

DWORD client_process(HANDLE pipe) {
    ULONG pid = 0;
    return GetNamedPipeClientProcessId(pipe, &pid) ? pid : 0;
}

DWORD client_session(HANDLE pipe) {
    DWORD session = 0;
    ProcessIdToSessionId(client_process(pipe), &session);
    return session;
}

} // namespace sallyport
