/* The agent as a child: started with our pipes as its standard input and output, ended when we end, started anew when it ended. */
#pragma once

#include <windows.h>

#include <string>

#include "wire.h"

namespace sallyport {

/* Where the agent's messages go: the connection with this number. */
class Clients {
  public:
    virtual void take(const Head &head, const std::string &payload) = 0;

  protected:
    ~Clients() = default;
};

class Agent {
  public:
    /* `command`: the whole command line. `log`: takes what the agent says on standard error. Only after `stop` of the one before. */
    bool start(const std::wstring &command, HANDLE log);
    /* One message, whole. False if there is no agent, or it takes no more. */
    bool tell(uint32_t connection, Kind kind, const char *payload, size_t length);
    /* Hands on what the agent says until it closes or says what is no message. */
    void listen(Clients &clients);
    /* Lets it end by itself for `ms`, then ends it. Answers its exit code. */
    DWORD stop(DWORD ms);
    HANDLE process() const { return process_; }
    /* How often it has said that it is there. */
    LONG answers() const { return answers_; }

  private:
    bool close_input(DWORD ms);

    HANDLE process_ = nullptr, job_ = nullptr, in_ = nullptr, out_ = nullptr;
    SRWLOCK lock_ = SRWLOCK_INIT;
    volatile LONG answers_ = 0;
};

} // namespace sallyport
