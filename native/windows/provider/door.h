/* The service's pipes: the door to the agent, and the one on which the service checks passwords. One connection each, lines of JSON. */
#pragma once

#include <windows.h>

#include <string>

#include "../../wire/door_frame.h"

namespace sallyport {

/* Why a pipe gave nothing. `cause` is an id of the cause table, `why` is for the administrator, never for the screen. */
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

/* What was read of a line, for as long as the line stands. */
struct Json : sp_json {
    std::string text(int node, const char *name) const;
    int member(int node, const char *name) const { return sp_json_member(this, node, name); }
    bool is_true(int node, const char *name) const { return sp_json_is(this, member(node, name), SP_TRUE); }
    /* The first of what stands in the list `name`, and what stands behind one; -1 if there is none. */
    int first(int node, const char *name) const { return member(node, name) < 0 ? -1 : nodes[member(node, name)].child; }
    int next(int node) const { return nodes[node].next; }
};

class Door {
  public:
    explicit Door(const wchar_t *pipe) : name_(pipe) {}
    ~Door() {
        close();
        CloseHandle(event_);
    }
    Door(const Door &) = delete;
    Door &operator=(const Door &) = delete;

    /* Connects, and checks before the first byte who made the pipe. */
    bool open(Fault &fault);
    bool is_open() const { return pipe_ != INVALID_HANDLE_VALUE; }
    void close();

    /* Sends a line, and others before it that are sure to be short enough, in one write: each wakes the other side. Wipes them. */
    bool send(std::string &line, Fault &fault);

    /* Waits for a line, without its newline. `patience` may be null. */
    bool receive(std::string &line, int seconds, Patience *patience, Fault &fault);

    /* True if bytes stand behind the line that was received. */
    bool has_more() const { return !buffer_.empty(); }

    /* True if something was said, or the pipe closed, that nobody has received yet. */
    bool has_news();

  private:
    bool finish(BOOL begun, OVERLAPPED &work, DWORD ms, DWORD &bytes);
    bool read_some();

    const wchar_t *name_;
    HANDLE pipe_ = INVALID_HANDLE_VALUE, event_ = CreateEventW(nullptr, TRUE, FALSE, nullptr);
    std::string buffer_;
};

} // namespace sallyport
