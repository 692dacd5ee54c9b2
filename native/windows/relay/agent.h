/* The agent as a child: started with our pipes as its standard input and output, ended when we end. */
#pragma once

#include <windows.h>

#include <string>

#include "wire.h"

namespace sallyport {

/* Where the agent's messages go: the connection with this number. */
class Clients {
  public:
    virtual void take(const Head &head, std::string &&payload) = 0;

  protected:
    ~Clients() = default;
};

class Agent {
  public:
    /* `command`: the whole command line. `log`: takes what the agent says on standard error. */
    bool start(const std::wstring &command, HANDLE log);
    /* One message, whole. False once the agent takes no more. */
    bool tell(uint32_t connection, Kind kind, const char *payload, size_t length);
    /* Hands on what the agent says until it closes. */
    void listen(Clients &clients);
    /* Lets it end by itself for `ms`, then ends it. Answers its exit code. */
    DWORD stop(DWORD ms);
    HANDLE process() const { return process_; }

  private:
    bool close_input(DWORD ms);

    HANDLE process_ = nullptr, job_ = nullptr, in_ = nullptr, out_ = nullptr;
    SRWLOCK lock_ = SRWLOCK_INIT;
};

} // namespace sallyport
