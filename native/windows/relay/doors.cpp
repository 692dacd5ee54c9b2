/* Waits for clients on the three pipes, and serves each on a thread of its own. */
#include "doors.h"

#include <map>
#include <memory>

#include "check.h"
#include "client.h"
#include "security.h"

namespace sallyport {

namespace {

/* Below a prefix where Windows lets administrators and the system alone make names, as their own programs (Hyper-V's) have them: nobody else
 * takes one while we are down. Without a name of the agent's: what is asked there the service answers itself. */
struct Door {
    const wchar_t *path;
    const char *name;
    HANDLE pipe;
};
Door doors[] = {
    {L"\\\\.\\pipe\\ProtectedPrefix\\Administrators\\sallyport", "door", nullptr},
    {L"\\\\.\\pipe\\ProtectedPrefix\\Administrators\\sallyport-control", "control", nullptr},
    {L"\\\\.\\pipe\\ProtectedPrefix\\Administrators\\sallyport-machine", nullptr, nullptr},
};

/* The clients that are there, by number. */
class Hall final : public Clients {
  public:
    void take(const Head &head, const std::string &payload) override {
        AcquireSRWLockShared(&lock_);
        auto found = clients_.find(head.connection);
        if (found != clients_.end()) found->second->take(static_cast<Kind>(head.kind), payload);
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

/* One instance of a pipe: who comes on it is served by the thread that waited. */
struct Instance {
    const Door &door;
    HANDLE pipe;
};

bool wait_for_client(HANDLE pipe, HANDLE there) {
    OVERLAPPED work = {};
    work.hEvent = there;
    DWORD bytes = 0;
    return ConnectNamedPipe(pipe, &work) || GetLastError() == ERROR_PIPE_CONNECTED ||
           (GetLastError() == ERROR_IO_PENDING && GetOverlappedResult(pipe, &work, &bytes, TRUE));
}

DWORD WINAPI accept(void *given);

bool wait_aside(const Door &door, HANDLE pipe) {
    auto *instance = new Instance{door, pipe};
    HANDLE thread = CreateThread(nullptr, 0, accept, instance, 0, nullptr);
    if (thread) CloseHandle(thread);
    else delete instance;
    return thread != nullptr;
}

/* Serves the client on the thread that waited for it, and has another wait for the next meanwhile: no logon waits for a thread to start. */
DWORD WINAPI accept(void *given) {
    std::unique_ptr<Instance> instance(static_cast<Instance *>(given));
    const Door &door = instance->door;
    HANDLE there = CreateEventW(nullptr, TRUE, FALSE, nullptr);
    for (bool followed = false; !followed;) {
        HANDLE next, pipe = instance->pipe;
        bool connected = wait_for_client(pipe, there);
        /* All places are taken: one becomes free when a client ends. */
        while ((next = make(door, false)) == INVALID_HANDLE_VALUE) Sleep(50);
        followed = wait_aside(door, next);
        if (!connected) CloseHandle(pipe);
        else if (door.name) hall.serve(pipe, door.name);
        else serve_check(pipe);
        instance->pipe = next;
    }
    CloseHandle(there);
    return 0;
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
    for (Door &door : doors) wait_aside(door, door.pipe);
}

Clients &guests() { return hall; }

void send_guests_away() { hall.end_all(); }

} // namespace sallyport
