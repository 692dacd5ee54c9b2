/* One logon through the door: what the agent shows, what the person answers, how it ended. Decides nothing. */
#pragma once

#include <vector>

#include "door.h"
#include "system.h"
#include "text.h"

namespace sallyport {

/* The door's limit of fields in a show; lines of a show's text that stand apart. */
const DWORD ROWS = 8, LINES = 4;

struct Choice {
    std::string value;
    std::wstring label;
};

struct Field {
    std::string id, kind, value; /* value: also what a button sends */
    std::wstring label, drawn;   /* drawn: of a `qr`: lines of half blocks, light on dark */
    long long digits = 0;        /* 0: six to eight */
    std::vector<Choice> choices;
};

struct Show {
    std::wstring title, lines[LINES];
    std::vector<Field> fields;
};

/* The account as the service read it out of what was typed, frozen when the password is checked. `domain` is empty for an account of this
 * machine and for user@domain; `logon_domain` is what Windows is to be given in its place. */
struct Account {
    std::string user, domain, logon_domain, sid;
};

enum class Step { asking, allowed, refused };

class Logon {
  public:
    /* `scenario` of the door: `logon`, `unlock` or `elevate`. */
    Logon(const std::wstring &typed, const char *scenario) : account_{to_utf8(typed), "", "", ""}, scenario_(scenario) {}
    ~Logon() { wipe(line_); }

    /* Windows' word on the password first, then the agent's. `proof`: `verified` or `handed-over`. */
    Step begin(const Secret &password, const char *proof, Patience *patience);
    /* Nobody went in: Windows refused, before anything was asked or the credential that this logon let through, or the person left. `reason`,
     * `status` and `sub_status` as `failed` of the door has them. */
    Step report(const char *reason, const std::string &status, const std::string &sub_status, Patience *patience);
    /* Sends what the person answered to the last show. What the agent said meanwhile comes first. */
    Step answer(const Values &values, Patience *patience);
    /* The person left. Ends a logon that is still open, or takes back one that let in whom nobody handed to Windows, and waits shortly for
     * the agent to say under which reference. */
    Step cancel();

    const Account &account() const { return account_; }
    const Show &show() const { return show_; }
    /* The sentence for the person at the end, with the reference. */
    const std::wstring &told() const { return told_; }
    /* That LSA is to judge the credential by. */
    ULONG package() const { return package_; }

  private:
    bool check_password(const Secret &password, Patience *patience, Fault &fault);
    Step open_with(std::string frame, int seconds, Patience *patience);
    Step converse(int seconds, Patience *patience);
    Step take_end(int end, Patience *patience);
    void take_show(int show);
    void add_field(int node);
    std::string who() const;
    const char *what_is_wrong(int end) const;
    Step fail(const Fault &fault);

    Account account_;
    const char *scenario_;
    bool remote_ = is_remote_session();
    ULONG package_ = 0;
    std::string address_, groups_; /* as the service knows them: the client's own word; a list of JSON */
    Door door_{L"\\\\.\\pipe\\ProtectedPrefix\\Administrators\\sallyport"};
    std::string line_;
    Json json_;
    Show show_;
    std::wstring told_;
    std::string reference_;
    bool cancelled_ = false, allowed_ = false;
    bool reported_ = false; /* Windows refused: nothing that the agent says can make it another end */
    int inputs_ = 0;
};

} // namespace sallyport
