/* Passes bytes between one pipe and the agent, both ways at once, on one thread. */
#include "client.h"

#include <cstring>

#include "../provider/text.h"
#include "absent.h"
#include "pipe_io.h"
#include "security.h"

namespace sallyport {

namespace {

/* A client that reads nothing must not fill our memory: the agent has never more than a few frames for one. */
const size_t WAITING_MAX = 4 * 65536;
const DWORD REFUSE_MS = 1000;

/* What the control pipe's client takes for *no agent runs*. */
const char ABSENT[] = "{\"absent\":true}\n";

bool pending(BOOL done) { return done || GetLastError() == ERROR_IO_PENDING; }

} // namespace

/* Closed, not disconnected: what the client has not read yet stays there for it. */
Client::~Client() {
    CancelIoEx(pipe_, nullptr);
    DWORD bytes = 0;
    if (reading_.hEvent) GetOverlappedResult(pipe_, &reading_, &bytes, TRUE);
    if (!under_way_.empty()) GetOverlappedResult(pipe_, &writing_, &bytes, TRUE);
    for (HANDLE one : {pipe_, wake_, came_, sent_}) CloseHandle(one);
    SecureZeroMemory(bytes_, sizeof bytes_);
    wipe(under_way_);
    for (std::string &one : waiting_) wipe(one);
}

void Client::take(Kind kind, const std::string &payload) {
    AcquireSRWLockExclusive(&lock_);
    waiting_bytes_ += payload.size();
    ended_ = ended_ || kind != DATA || waiting_bytes_ > WAITING_MAX;
    if (kind == DATA && !payload.empty()) waiting_.push_back(payload);
    ReleaseSRWLockExclusive(&lock_);
    SetEvent(wake_);
}

bool Client::read() {
    reading_ = {};
    reading_.hEvent = came_;
    return pending(ReadFile(pipe_, bytes_, sizeof bytes_, nullptr, &reading_));
}

bool Client::took() {
    DWORD got = 0;
    if (!GetOverlappedResult(pipe_, &reading_, &got, FALSE)) return false;
    bool told = agent_.tell(number_, DATA, bytes_, got);
    SecureZeroMemory(bytes_, got);
    return told && read();
}

/* Sends the next piece. False if all is sent and the agent has ended. */
bool Client::write() {
    AcquireSRWLockExclusive(&lock_);
    wipe(under_way_);
    if (!waiting_.empty()) {
        under_way_ = waiting_.front();
        wipe(waiting_.front());
        waiting_.pop_front();
        waiting_bytes_ -= under_way_.size();
    }
    bool ended = ended_;
    ReleaseSRWLockExclusive(&lock_);
    if (under_way_.empty()) return !ended;
    writing_ = {};
    writing_.hEvent = sent_;
    bool ok = pending(WriteFile(pipe_, under_way_.data(), static_cast<DWORD>(under_way_.size()), nullptr, &writing_));
    if (!ok) wipe(under_way_);
    return ok;
}

void Client::serve(const char *pipe_name) {
    std::string who = describe_client(pipe_, pipe_name);
    if (!agent_.tell(number_, OPENED, who.data(), who.size())) {
        if (strcmp(pipe_name, "door") == 0) answer_for_agent(pipe_);
        else write_within(pipe_, ABSENT, REFUSE_MS);
        return;
    }
    bool going = read();
    while (going) {
        bool writing = !under_way_.empty();
        HANDLE events[] = {came_, writing ? sent_ : wake_};
        DWORD which = WaitForMultipleObjects(2, events, FALSE, INFINITE);
        DWORD sent = 0;
        if (which == WAIT_OBJECT_0) going = took();
        else if (which != WAIT_OBJECT_0 + 1) going = false;
        else going = (!writing || GetOverlappedResult(pipe_, &writing_, &sent, FALSE)) && write();
    }
    agent_.tell(number_, CLOSED, nullptr, 0);
}

} // namespace sallyport
