/* All that the service asks of Windows. The product links the one that asks Windows; a story's own service links one that plays it. */
#pragma once

#include <windows.h>

#include <string>
#include <vector>

#include "tpm.h"

namespace sallyport {

/* `error`: as Windows names it, 0 if the account may log on so. `groups`: SIDs of the token, groups within groups too. */
struct LogonTry {
    DWORD error = 0;
    std::string sid;
    std::vector<std::string> groups;
};

/* From where a session is used. `address`: the remote client's own word. */
struct Place {
    bool remote = false;
    std::string address;
};

/* Numbers of events.mc. */
enum class Note : DWORD { started = 1, stopped = 2, restarted = 3, refused = 4, set_up = 5, not_set_up = 6, let_in = 7, kept_out = 8 };

class Machine {
  public:
    /* Once. `type`: LOGON32_LOGON_… */
    virtual LogonTry log_on(const std::wstring &domain, const std::wstring &user, const std::wstring &password, DWORD type) = 0;
    /* False only if Windows says that there is no such account. `sid` is empty if it cannot tell. */
    virtual bool find_account(const std::wstring &domain, const std::wstring &user, std::string &sid) = 0;
    virtual Place place_of(DWORD session) = 0;
    /* True only if somebody sits at this machine's own screen in this session: no remote desktop of any kind, as far as Windows knows. */
    virtual bool at_own_screen(DWORD session) = 0;
    /* Why the agent's folder is not safe from others, empty if it is. Makes it where it is missing. */
    virtual std::string secure_folder(const std::wstring &path) = 0;
    virtual Tpm &tpm() = 0;
    /* Into the event log. */
    virtual void write_down(Note what, const std::string &detail) = 0;

  protected:
    ~Machine() = default;
};

Machine &machine();

} // namespace sallyport
