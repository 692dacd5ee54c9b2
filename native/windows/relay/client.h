/* One client of a pipe: its bytes go to the agent, the agent's go to it. Nobody here reads them. */
#pragma once

#include <windows.h>

#include <deque>
#include <string>

#include "agent.h"

namespace sallyport {

class Client {
  public:
    Client(uint32_t number, HANDLE pipe, Agent &agent) : number_(number), pipe_(pipe), agent_(agent) {}
    ~Client();

    uint32_t number() const { return number_; }
    /* From the agent's thread: bytes to send, or the end once they are sent. */
    void take(Kind kind, const std::string &payload);
    /* Runs until one of the two ends the connection. */
    void serve(const char *pipe_name);

  private:
    bool read();
    bool took();
    bool write();

    uint32_t number_;
    HANDLE pipe_;
    Agent &agent_;
    HANDLE wake_ = CreateEventW(nullptr, FALSE, FALSE, nullptr);
    HANDLE came_ = CreateEventW(nullptr, TRUE, FALSE, nullptr), sent_ = CreateEventW(nullptr, TRUE, FALSE, nullptr);
    OVERLAPPED reading_ = {}, writing_ = {};
    char bytes_[16384];
    SRWLOCK lock_ = SRWLOCK_INIT;
    std::deque<std::string> waiting_; /* each as it came, so that all of it can be wiped */
    size_t waiting_bytes_ = 0;
    std::string under_way_;
    bool ended_ = false;
};

} // namespace sallyport
