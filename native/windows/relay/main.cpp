/* Owns the agent's two pipes and relays their bytes: Node's own pipes cannot be closed to other accounts.
 * Usage: sallyport-relay.exe AGENT.EXE [ARGUMENT…]. It looks into no byte and decides nothing. */
#include <windows.h>

#include <shlobj.h>

#include <map>
#include <memory>

#include "agent.h"
#include "client.h"
#include "security.h"
#include "service.h"

namespace sallyport {

namespace {

const DWORD STOP_MS = 8000;

struct Pipe {
    const wchar_t *path;
    const char *name;
};
const Pipe PIPES[] = {{L"\\\\.\\pipe\\sallyport", "door"}, {L"\\\\.\\pipe\\sallyport-control", "control"}};

std::wstring command;

/* The clients that are there, by number. */
class Hall final : public Clients {
  public:
    explicit Hall(Agent &agent) : agent_(agent) {}
    void take(const Head &head, std::string &&payload) override {
        AcquireSRWLockShared(&lock_);
        auto found = clients_.find(head.connection);
        if (found != clients_.end()) found->second->take(static_cast<Kind>(head.kind), std::move(payload));
        ReleaseSRWLockShared(&lock_);
    }
    void serve(HANDLE pipe, const char *name) {
        Client client(static_cast<uint32_t>(InterlockedIncrement(&last_)), pipe, agent_);
        AcquireSRWLockExclusive(&lock_);
        clients_[client.number()] = &client;
        ReleaseSRWLockExclusive(&lock_);
        client.serve(name);
        AcquireSRWLockExclusive(&lock_);
        clients_.erase(client.number());
        ReleaseSRWLockExclusive(&lock_);
    }

  private:
    Agent &agent_;
    LONG last_ = 0;
    SRWLOCK lock_ = SRWLOCK_INIT;
    std::map<uint32_t, Client *> clients_;
};

Agent agent;
Hall hall(agent);

struct Served {
    HANDLE pipe;
    const Pipe *of;
};

DWORD WINAPI serve(void *given) {
    std::unique_ptr<Served> served(static_cast<Served *>(given));
    hall.serve(served->pipe, served->of->name);
    return 0;
}

void serve_aside(HANDLE pipe, const Pipe *of) {
    auto *served = new Served{pipe, of};
    HANDLE thread = CreateThread(nullptr, 0, serve, served, 0, nullptr);
    if (thread) CloseHandle(thread);
    else {
        CloseHandle(pipe);
        delete served;
    }
}

/* Waits for a client on each instance, and has the next instance ready before it serves one. */
void accept(HANDLE pipe, const Pipe *of) {
    HANDLE there = CreateEventW(nullptr, TRUE, FALSE, nullptr);
    for (;;) {
        OVERLAPPED work = {};
        work.hEvent = there;
        DWORD bytes = 0;
        bool connected = ConnectNamedPipe(pipe, &work) || GetLastError() == ERROR_PIPE_CONNECTED ||
                         (GetLastError() == ERROR_IO_PENDING && GetOverlappedResult(pipe, &work, &bytes, TRUE));
        HANDLE next;
        /* All places are taken: one becomes free when a client ends. */
        while ((next = make_pipe(of->path, false)) == INVALID_HANDLE_VALUE) Sleep(50);
        if (connected) serve_aside(pipe, of);
        else CloseHandle(pipe);
        pipe = next;
    }
}

DWORD WINAPI accept_aside(void *given) {
    auto *door = static_cast<Served *>(given);
    accept(door->pipe, door->of);
    return 0;
}

DWORD WINAPI listen(void *) {
    agent.listen(hall);
    return 0;
}

/* What the agent says before it has a log of its own. */
HANDLE open_log() {
    wchar_t *known = nullptr;
    std::wstring path;
    if (SUCCEEDED(SHGetKnownFolderPath(FOLDERID_ProgramData, 0, nullptr, &known))) path = std::wstring(known) + L"\\Sallyport\\service.log";
    CoTaskMemFree(known);
    return CreateFileW(path.c_str(), GENERIC_WRITE, FILE_SHARE_READ, nullptr, CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, nullptr);
}

/* Exit codes: 2 no pipe (somebody has made one of that name), 3 no agent, else the agent's own. */
DWORD relay(HANDLE stop) {
    static Served doors[2];
    for (int i = 0; i < 2; i++) {
        doors[i] = {make_pipe(PIPES[i].path, true), &PIPES[i]};
        if (doors[i].pipe == INVALID_HANDLE_VALUE) return 2;
    }
    if (!agent.start(command, open_log())) return 3;
    HANDLE listening = CreateThread(nullptr, 0, listen, nullptr, 0, nullptr);
    for (Served &door : doors) CreateThread(nullptr, 0, accept_aside, &door, 0, nullptr);
    service_is_ready();
    /* An agent that nobody listens to any more must not keep its doors. */
    HANDLE events[] = {stop, agent.process(), listening};
    WaitForMultipleObjects(3, events, FALSE, INFINITE);
    return agent.stop(STOP_MS);
}

} // namespace

} // namespace sallyport

/* The agent's command line is ours without our own name. */
int wmain() {
    const wchar_t *rest = GetCommandLineW();
    bool in_quotes = false;
    for (; *rest && (in_quotes || *rest != L' '); rest++)
        if (*rest == L'"') in_quotes = !in_quotes;
    while (*rest == L' ') rest++;
    if (!*rest) return 64;
    sallyport::command = rest;
    /* Not by return: threads may still use what static destructors would take away. */
    ExitProcess(static_cast<UINT>(sallyport::run_as_service(sallyport::relay)));
}
