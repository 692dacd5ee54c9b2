/* Speaks over the agent's pipe with a deadline on each wait. */
#include "door.h"

#include "machine.h"

namespace sallyport {

namespace {

const wchar_t PIPE[] = L"\\\\.\\pipe\\ProtectedPrefix\\Administrators\\sallyport";
const size_t FRAME_MAX = 65536; /* with the newline: the door's limit */
const DWORD SEND_MS = 5000, SLICE_MS = 100;

bool fail(Fault &fault, const char *cause, const char *why) {
    fault = {cause, why};
    return false;
}

} // namespace

bool Door::open(Fault &fault) {
    close();
    if (!json_) return fail(fault, "agent.unreachable", "no memory to be had");
    pipe_ = open_pipe(PIPE, fault);
    if (!is_open()) return false;
    event_ = CreateEventW(nullptr, TRUE, FALSE, nullptr);
    if (!event_) return fail(fault, "agent.unreachable", "no event to be had");
    std::string hello = "{\"v\":1,\"hello\":{\"provider\":\"windows\",\"conversation\":true,\"serial\":false}}";
    return send(hello, fault);
}

void Door::close() {
    if (is_open()) CloseHandle(pipe_);
    if (event_) CloseHandle(event_);
    pipe_ = INVALID_HANDLE_VALUE;
    event_ = nullptr;
    line_ = 0;
    wipe(buffer_);
}

bool Door::send(std::string &frame, Fault &fault) {
    frame += '\n';
    OVERLAPPED work = {};
    work.hEvent = event_;
    DWORD sent = 0, length = static_cast<DWORD>(frame.size());
    bool fits = frame.size() <= FRAME_MAX;
    bool ok = fits && is_open() && (WriteFile(pipe_, frame.data(), length, nullptr, &work) || GetLastError() == ERROR_IO_PENDING);
    if (ok && WaitForSingleObject(event_, SEND_MS) != WAIT_OBJECT_0) CancelIoEx(pipe_, &work);
    ok = ok && GetOverlappedResult(pipe_, &work, &sent, TRUE) && sent == length;
    wipe(frame);
    if (!fits) return fail(fault, "door.malformed", "our own frame is too long");
    return ok || fail(fault, "agent.fault", "the agent takes nothing more");
}

/* Takes away the line that was read, and reads the next one if it is whole. */
bool Door::take_line(bool &ready, Fault &fault) {
    size_t end = buffer_.find('\n');
    ready = end != std::string::npos;
    if (!ready) return buffer_.size() < FRAME_MAX || fail(fault, "door.malformed", "a frame too long");
    line_ = end + 1;
    return sp_door_read(json_.get(), buffer_.data(), end) || fail(fault, "door.malformed", "not a frame");
}

/* At most `wait_ms`. False if the agent closed. */
bool Door::read_some(DWORD wait_ms, bool &arrived) {
    char bytes[4096];
    OVERLAPPED work = {};
    work.hEvent = event_;
    DWORD got = 0;
    bool pending = !ReadFile(pipe_, bytes, sizeof bytes, nullptr, &work);
    if (pending && GetLastError() != ERROR_IO_PENDING) return false;
    if (pending && WaitForSingleObject(event_, wait_ms) != WAIT_OBJECT_0) CancelIoEx(pipe_, &work);
    bool ok = GetOverlappedResult(pipe_, &work, &got, TRUE);
    bool nothing = !ok && GetLastError() == ERROR_OPERATION_ABORTED;
    arrived = ok && got > 0;
    if (arrived) buffer_.append(bytes, got);
    SecureZeroMemory(bytes, sizeof bytes);
    return ok || nothing;
}

bool Door::receive(int seconds, Patience *patience, Fault &fault) {
    bool ready = false, arrived = false;
    ULONGLONG end = GetTickCount64() + static_cast<ULONGLONG>(seconds) * 1000;
    buffer_.erase(0, line_);
    line_ = 0;
    for (;;) {
        if (!take_line(ready, fault)) return false;
        if (ready) return true;
        if (patience && !patience->goes_on()) return fail(fault, "logon.cancelled", "the person left");
        if (GetTickCount64() >= end) return fail(fault, "agent.unreachable", "no answer in time");
        if (read_some(SLICE_MS, arrived)) continue;
        return buffer_.empty() ? fail(fault, "agent.fault", "closed without an end") : fail(fault, "door.malformed", "closed within a frame");
    }
}

bool Door::has_news() {
    DWORD waiting = 0;
    return has_more() || !PeekNamedPipe(pipe_, nullptr, 0, nullptr, &waiting, nullptr) || waiting > 0;
}

std::string Door::text(int node, const char *name) const {
    std::string out(16385, '\0'); /* 4096 characters */
    sp_json_string(json_.get(), member(node, name), out.data(), out.size());
    out.resize(strlen(out.c_str()));
    return out;
}

} // namespace sallyport
