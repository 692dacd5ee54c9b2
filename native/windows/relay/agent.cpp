/* Starts the agent, and speaks with it over anonymous pipes. */
#include "agent.h"

#include <memory>
#include <vector>

#include "../provider/text.h"

namespace sallyport {

namespace {

const DWORD END_MS = 5000;

bool write_all(HANDLE to, const void *bytes, size_t length) {
    DWORD done = 0;
    for (auto *at = static_cast<const char *>(bytes); length > 0; at += done, length -= done)
        if (!WriteFile(to, at, static_cast<DWORD>(length), &done, nullptr)) return false;
    return true;
}

bool read_all(HANDLE from, void *bytes, size_t length) {
    DWORD got = 0;
    for (auto *at = static_cast<char *>(bytes); length > 0; at += got, length -= got)
        if (!ReadFile(from, at, static_cast<DWORD>(length), &got, nullptr) || got == 0) return false;
    return true;
}

/* The child gets these three handles and no other that we hold. */
bool start_with(std::wstring command, HANDLE *three, PROCESS_INFORMATION &made) {
    STARTUPINFOEXW start = {};
    SIZE_T size = 0;
    InitializeProcThreadAttributeList(nullptr, 1, 0, &size);
    std::vector<BYTE> room(size);
    start.lpAttributeList = reinterpret_cast<LPPROC_THREAD_ATTRIBUTE_LIST>(room.data());
    if (!InitializeProcThreadAttributeList(start.lpAttributeList, 1, 0, &size)) return false;
    start.StartupInfo.cb = sizeof start;
    start.StartupInfo.dwFlags = STARTF_USESTDHANDLES;
    start.StartupInfo.hStdInput = three[0];
    start.StartupInfo.hStdOutput = three[1];
    start.StartupInfo.hStdError = three[2];
    const DWORD flags = EXTENDED_STARTUPINFO_PRESENT | CREATE_NO_WINDOW | CREATE_SUSPENDED;
    bool ok = UpdateProcThreadAttribute(start.lpAttributeList, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, three, 3 * sizeof *three, nullptr, nullptr) &&
              CreateProcessW(nullptr, command.data(), nullptr, nullptr, TRUE, flags, nullptr, nullptr, &start.StartupInfo, &made);
    DeleteProcThreadAttributeList(start.lpAttributeList);
    return ok;
}

/* If we are ended in whatever way, so is the agent: it must not hold files without a door. */
HANDLE make_job() {
    HANDLE job = CreateJobObjectW(nullptr, nullptr);
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {};
    limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
    if (job) SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits);
    return job;
}

void close(HANDLE &handle) {
    if (handle) CloseHandle(handle);
    handle = nullptr;
}

} // namespace

bool Agent::start(const std::wstring &command, HANDLE log) {
    SECURITY_ATTRIBUTES inherit = {sizeof inherit, nullptr, TRUE};
    HANDLE three[3] = {nullptr, nullptr, log}, in = nullptr;
    PROCESS_INFORMATION made = {};
    bool ok = CreatePipe(&three[0], &in, &inherit, 0) && CreatePipe(&out_, &three[1], &inherit, 0);
    SetHandleInformation(in, HANDLE_FLAG_INHERIT, 0);
    SetHandleInformation(out_, HANDLE_FLAG_INHERIT, 0);
    SetHandleInformation(log, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
    ok = ok && start_with(command, three, made);
    close(three[0]);
    close(three[1]);
    if (!ok) {
        close(in);
        close(out_);
        return false;
    }
    answers_ = 0;
    AcquireSRWLockExclusive(&lock_);
    in_ = in;
    ReleaseSRWLockExclusive(&lock_);
    process_ = made.hProcess;
    job_ = make_job();
    if (job_) AssignProcessToJobObject(job_, process_);
    ResumeThread(made.hThread);
    CloseHandle(made.hThread);
    return true;
}

bool Agent::tell(uint32_t connection, Kind kind, const char *payload, size_t length) {
    const Head head = {connection, kind, static_cast<uint32_t>(length)};
    std::string whole; /* in one write: each one wakes the agent */
    whole.reserve(sizeof head + length);
    whole.append(reinterpret_cast<const char *>(&head), sizeof head);
    if (length > 0) whole.append(payload, length);
    AcquireSRWLockExclusive(&lock_);
    bool ok = in_ && write_all(in_, whole.data(), whole.size());
    ReleaseSRWLockExclusive(&lock_);
    wipe(whole); /* codes, and words of the person's */
    return ok;
}

void Agent::listen(Clients &clients) {
    Head head;
    while (read_all(out_, &head, sizeof head) && head.length <= PAYLOAD_MAX && head.kind <= ALIVE) {
        std::string payload(head.length, '\0');
        bool whole = read_all(out_, payload.data(), payload.size());
        if (whole && head.kind == ALIVE) InterlockedIncrement(&answers_);
        else if (whole) clients.take(head, payload);
        wipe(payload); /* codes, secrets of new factors */
        if (!whole) break;
    }
    close(out_);
}

/* Whoever writes to an agent that reads no more keeps the lock until the agent is gone. */
bool Agent::close_input(DWORD ms) {
    ULONGLONG end = GetTickCount64() + ms;
    while (!TryAcquireSRWLockExclusive(&lock_))
        if (WaitForSingleObject(process_, 20) == WAIT_OBJECT_0 || GetTickCount64() >= end) return false;
    close(in_);
    ReleaseSRWLockExclusive(&lock_);
    return true;
}

DWORD Agent::stop(DWORD ms) {
    DWORD code = 1;
    bool closed = close_input(ms);
    if (!closed || WaitForSingleObject(process_, ms) != WAIT_OBJECT_0) TerminateProcess(process_, 1);
    WaitForSingleObject(process_, END_MS);
    GetExitCodeProcess(process_, &code);
    /* What it had started ends with it, and with that the last hold on its input and output. */
    close(job_);
    AcquireSRWLockExclusive(&lock_);
    close(in_);
    ReleaseSRWLockExclusive(&lock_);
    close(process_);
    return code;
}

} // namespace sallyport
