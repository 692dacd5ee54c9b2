/* Waits for clients on the three pipes, and serves each on a thread of its own. */
#include "doors.h"

#include <map>
#include <memory>

#include "check.h"
#include "client.h"
#include "security.h"

namespace sallyport {

namespace {

/* Without a name of the agent's: what is asked there the service answers itself. */
struct Door {
    const wchar_t *path;
    const char *name;
    HANDLE pipe;
};
Door doors[] = {
    {L"\\\\.\\pipe\\sallyport", "door", nullptr},
    {L"\\\\.\\pipe\\sallyport-control", "control", nullptr},
    {L"\\\\.\\pipe\\sallyport-machine", nullptr, nullptr},
};

/* The clients that are there, by number. */
class Hall final : public Clients {
  public:
    void take(const Head &head, std::string &&payload) override {
        AcquireSRWLockShared(&lock_);
        auto found = clients_.find(head.connection);
        if (found != clients_.end()) found->second->take(static_cast<Kind>(head.kind), std::move(payload));
        ReleaseSRWLockShared(&lock_);
    }
    void serve(HANDLE pipe, const char *name) {
        Client client(static_cast<uint32_t>(InterlockedIncrement(&last_)), pipe, *agent);
        AcquireSRWLockExclusive(&lock_);
        clients_[client.number()] = &client;
        ReleaseSRWLockExclusive(&lock_);
        client.serve(name);
        AcquireSRWLockExclusive(&lock_);
        clients_.erase(client.number());
        ReleaseSRWLockExclusive(&lock_);
    }
    void end_all() {
        AcquireSRWLockShared(&lock_);
        for (auto &[number, client] : clients_) client->take(CLOSED, {});
        ReleaseSRWLockShared(&lock_);
    }

    Agent *agent = nullptr;

  private:
    LONG last_ = 0;
    SRWLOCK lock_ = SRWLOCK_INIT;
    std::map<uint32_t, Client *> clients_;
};

Hall hall;

HANDLE make(const Door &door, bool first) { return make_pipe(door.path, door.name == nullptr, first); }

struct Served {
    HANDLE pipe;
    const char *name;
};

DWORD WINAPI serve(void *given) {
    std::unique_ptr<Served> served(static_cast<Served *>(given));
    if (served->name) hall.serve(served->pipe, served->name);
    else serve_check(served->pipe);
    return 0;
}

void serve_aside(HANDLE pipe, const char *name) {
    auto *served = new Served{pipe, name};
    HANDLE thread = CreateThread(nullptr, 0, serve, served, 0, nullptr);
    if (thread) CloseHandle(thread);
    else {
        CloseHandle(pipe);
        delete served;
    }
}

/* Waits for a client on each instance, and has the next instance ready before it serves one. */
DWORD WINAPI accept(void *given) {
    const Door &door = *static_cast<Door *>(given);
    HANDLE pipe = door.pipe, there = CreateEventW(nullptr, TRUE, FALSE, nullptr);
    for (;;) {
        OVERLAPPED work = {};
        work.hEvent = there;
        DWORD bytes = 0;
        bool connected = ConnectNamedPipe(pipe, &work) || GetLastError() == ERROR_PIPE_CONNECTED ||
                         (GetLastError() == ERROR_IO_PENDING && GetOverlappedResult(pipe, &work, &bytes, TRUE));
        HANDLE next;
        /* All places are taken: one becomes free when a client ends. */
        while ((next = make(door, false)) == INVALID_HANDLE_VALUE) Sleep(50);
        if (connected) serve_aside(pipe, door.name);
        else CloseHandle(pipe);
        pipe = next;
    }
}

} // namespace

bool make_doors() {
    for (Door &door : doors) {
        door.pipe = make(door, true);
        if (door.pipe == INVALID_HANDLE_VALUE) return false;
    }
    return true;
}

void open_doors(Agent &agent) {
    hall.agent = &agent;
    for (Door &door : doors) {
        HANDLE thread = CreateThread(nullptr, 0, accept, &door, 0, nullptr);
        if (thread) CloseHandle(thread);
    }
}

Clients &guests() { return hall; }

void send_guests_away() { hall.end_all(); }

} // namespace sallyport
