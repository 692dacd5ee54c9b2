/* The door: the agent's named pipe, one connection a logon, frames by the reader that the PAM module uses. */
#pragma once

#include <windows.h>

#include <memory>
#include <new>
#include <string>

#include "../../wire/door_frame.h"
#include "text.h"

namespace sallyport {

/* Why the door gave nothing. `cause` is an id of the cause table, `why` is for the administrator, never for the screen. */
struct Fault {
    const char *cause = "", *why = "";
};

/* Asked while we wait: false if the person left. */
class Patience {
  public:
    virtual bool goes_on() = 0;
    virtual void tell(const std::wstring &text) = 0;

  protected:
    ~Patience() = default;
};

class Door {
  public:
    Door() = default;
    ~Door() { close(); }
    Door(const Door &) = delete;
    Door &operator=(const Door &) = delete;

    /* Connects, checks who made the pipe before the first byte, says hello. */
    bool open(Fault &fault);
    bool is_open() const { return pipe_ != INVALID_HANDLE_VALUE; }
    void close();

    /* Sends one frame, and wipes it. */
    bool send(std::string &frame, Fault &fault);

    /* Waits for one frame and reads it into `json`. `patience` may be null. */
    bool receive(int seconds, Patience *patience, Fault &fault);

    /* True if the agent has said something, or closed, that nobody has read yet. */
    bool has_news();

    /* True if bytes stand behind the frame that was read. */
    bool has_more() const { return buffer_.size() > line_; }

    const sp_json &json() const { return *json_; }
    std::string text(int node, const char *name) const;
    int member(int node, const char *name) const { return sp_json_member(json_.get(), node, name); }

  private:
    bool take_line(bool &ready, Fault &fault);
    bool read_some(DWORD wait_ms, bool &arrived);

    HANDLE pipe_ = INVALID_HANDLE_VALUE, event_ = nullptr;
    std::string buffer_;
    size_t line_ = 0; /* length of the line that `json_` reads, its newline included */
    std::unique_ptr<sp_json> json_{new (std::nothrow) sp_json()};
};

} // namespace sallyport
