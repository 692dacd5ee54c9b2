/* Starts the agent, sees whether it still answers, and starts it anew when it ended: later each time, until it has run for a while. */
#include "keeper.h"

#include <algorithm>

#include "../provider/text.h"
#include "doors.h"
#include "folder.h"
#include "machine.h"
#include "service.h"

namespace sallyport {

namespace {

const DWORD STOP_MS = 8000, BEAT_MS = 5000;
const DWORD FIRST_DELAY_MS = 1000, LONGEST_DELAY_MS = 60000;
const ULONGLONG SETTLED_MS = 300000;
/* Beats without an answer: while it starts, and later. Time in which the machine sleeps is in none of them. */
const int PATIENCE_AT_START = 12, PATIENCE = 6;
const LONGLONG LOG_MAX = 1024 * 1024;

Agent agent;
HANDLE stop_asked = nullptr;
volatile LONG lost = FALSE;

DWORD WINAPI listen(void *) {
    agent.listen(guests());
    return 0;
}

/* On a thread of its own: an agent that takes nothing more holds whoever writes to it. */
DWORD WINAPI beat(void *over) {
    while (WaitForSingleObject(over, BEAT_MS) == WAIT_TIMEOUT && agent.tell(0, ALIVE, nullptr, 0)) {
    }
    return 0;
}

/* What the agent says before it has a log of its own. */
HANDLE open_log(const std::wstring &folder) {
    std::wstring path = folder + L"\\service.log";
    const DWORD share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    HANDLE log = CreateFileW(path.c_str(), FILE_APPEND_DATA | FILE_READ_ATTRIBUTES, share, nullptr, OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, nullptr);
    LARGE_INTEGER size = {};
    if (log == INVALID_HANDLE_VALUE || !GetFileSizeEx(log, &size) || size.QuadPart < LOG_MAX) return log;
    CloseHandle(log);
    return CreateFileW(path.c_str(), GENERIC_WRITE, share, nullptr, CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, nullptr);
}

/* Why it is over with this agent; empty if the service is to stop. */
std::string watch(HANDLE listening, HANDLE stop) {
    HANDLE events[] = {stop, agent.process(), listening};
    LONG answers = 0;
    for (int missed = 0; missed < (answers ? PATIENCE : PATIENCE_AT_START); missed++) {
        DWORD which = WaitForMultipleObjects(3, events, FALSE, BEAT_MS);
        if (which == WAIT_OBJECT_0) return "";
        if (which == WAIT_OBJECT_0 + 1) return "it ended";
        if (which == WAIT_OBJECT_0 + 2) return "it broke off, or said what is no message";
        if (agent.answers() != answers) missed = -1;
        answers = agent.answers();
    }
    return "it did not answer any more";
}

/* One run of the agent. Answers as `watch`. */
std::string run(const std::wstring &command, const std::wstring &folder, HANDLE stop) {
    HANDLE log = open_log(folder);
    bool started = agent.start(command, log);
    if (log != INVALID_HANDLE_VALUE) CloseHandle(log);
    if (!started) return "it could not be started";
    InterlockedExchange(&lost, FALSE);
    HANDLE over = CreateEventW(nullptr, TRUE, FALSE, nullptr);
    HANDLE others[] = {CreateThread(nullptr, 0, listen, nullptr, 0, nullptr), CreateThread(nullptr, 0, beat, over, 0, nullptr)};
    std::string why = watch(others[0], stop);
    bool hangs = !why.empty() && WaitForSingleObject(agent.process(), 0) != WAIT_OBJECT_0;
    DWORD code = agent.stop(hangs ? 0 : STOP_MS);
    SetEvent(over);
    WaitForMultipleObjects(2, others, TRUE, INFINITE);
    for (HANDLE one : {others[0], others[1], over}) CloseHandle(one);
    if (!why.empty()) InterlockedExchange(&lost, TRUE);
    send_guests_away();
    return why.empty() ? why : why + ", exit code " + std::to_string(code);
}

} // namespace

bool agent_is_lost() { return InterlockedCompareExchange(&lost, FALSE, FALSE) && WaitForSingleObject(stop_asked, 0) == WAIT_TIMEOUT; }

DWORD keep_agent(const std::wstring &command, HANDLE stop) {
    if (!make_doors()) {
        machine().write_down(Note::refused, "somebody else has made a pipe of its name");
        return 2;
    }
    stop_asked = stop;
    open_doors(agent);
    service_is_ready();
    machine().write_down(Note::started, "");
    DWORD delay = FIRST_DELAY_MS;
    do {
        ULONGLONG begun = GetTickCount64();
        std::wstring folder = agent_folder();
        std::string unsafe = machine().secure_folder(folder);
        std::string why = unsafe.empty() ? run(command, folder, stop) : to_utf8(folder) + ": " + unsafe;
        if (why.empty()) break;
        if (GetTickCount64() - begun > SETTLED_MS) delay = FIRST_DELAY_MS;
        machine().write_down(unsafe.empty() ? Note::restarted : Note::refused, why);
        if (WaitForSingleObject(stop, delay) == WAIT_OBJECT_0) break;
        delay = std::min(2 * delay, LONGEST_DELAY_MS);
    } while (true);
    machine().write_down(Note::stopped, "");
    return 0;
}

} // namespace sallyport
