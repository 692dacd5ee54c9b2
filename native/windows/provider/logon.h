/* One logon through the door: what the agent shows, what the person answers, how it ended. Decides nothing. */
#pragma once

#include <string>
#include <vector>

#include "door.h"
#include "machine.h"

namespace sallyport {

struct Choice {
    std::string value;
    std::wstring label;
};

struct Field {
    std::string id, kind;
    std::string press = "pressed"; /* what a button sends */
    std::wstring label, value;
    std::wstring drawn;   /* of a `qr`: lines of half blocks, light on dark */
    long long digits = 0; /* 0: six to eight */
    std::vector<Choice> choices;
};

struct Show {
    std::wstring title;
    std::vector<std::wstring> lines;
    bool wait = false, linked = false; /* linked: a link stands above, whose page shows a code */
    std::vector<Field> fields;
};

enum class Step { asking, allowed, refused };

class Logon {
  public:
    /* `scenario` of the door: `logon`, `unlock` or `elevate`. */
    Logon(const Account &account, const Scene &scene, const char *scenario) : account_(account), scene_(scene), scenario_(scenario) {}

    /* Windows' word on the password first, then the agent's. `proof`: `verified` or `handed-over`. */
    Step begin(const Secret &password, const char *proof, Patience *patience);
    /* Windows refused: before anything was asked (`after` empty), or the credential that the logon `after` let through. */
    Step report(const char *reason, const std::string &status, const std::string &sub_status, const std::string &after,
                Patience *patience);
    /* Sends what the person answered to the last show. What the agent said meanwhile comes first. */
    Step answer(const Values &values, Patience *patience);
    /* Ends a logon that is still open, and waits shortly for the agent to say under which reference. */
    Step cancel(const char *cause);
    /* Refuses by what went wrong before the agent was asked. */
    Step fail(const Fault &fault);

    const Account &account() const { return account_; }
    const Show &show() const { return show_; }
    /* The sentence for the person at the end, with the reference. */
    const std::wstring &told() const { return told_; }
    const std::string &reference() const { return reference_; }

  private:
    Step open_with(std::string frame, int seconds, Patience *patience);
    Step converse(int seconds, Patience *patience);
    Step take_end(int end, Patience *patience);
    void take_show(int show);
    void add_field(int node);
    void offer_choices();
    std::string who() const;
    const char *what_is_wrong(int end) const;

    Account account_;
    Scene scene_;
    const char *scenario_;
    Door door_;
    Show show_;
    std::wstring told_;
    std::string reference_;
    const char *cancelled_ = nullptr;
    bool reported_ = false; /* Windows refused: nothing that the agent says can make it another end */
    int inputs_ = 0;
};

} // namespace sallyport
