/* What is known of a logon on this machine: whose account, from where, and what the service says of the password. */
#pragma once

#include <windows.h>

#include <string>
#include <vector>

namespace sallyport {

struct Fault;
class Patience;

/* The account as it is frozen at the beginning. `domain` is empty for an account of this machine and for user@domain. */
struct Account {
    std::wstring user, domain, sid;
    std::vector<std::string> groups = {}; /* SIDs, those of groups within groups too */
};

/* `DOMAIN\name`, `.\name`, `name@domain` or a bare name, which is the joined domain's, else this machine's. */
Account account_of(const std::wstring &typed);

/* The domain that Windows is to be given: this machine's name for an account of its own, nothing beside user@domain. */
std::wstring windows_domain(const Account &account);

/* `right` also where Windows will ask for a new password; `failed` where Windows refuses the account, or cannot tell. */
enum class Password { right, wrong, failed };

struct Checked {
    Password result = Password::failed;
    std::string status, sub_status; /* as `failed` of the door carries them; empty if there are none */
    std::wstring sid;
    std::vector<std::string> groups;
    bool remote = false;
    std::wstring address; /* the client's own word */
};

/* Has the service check the password. `scenario` as in `begin`; `patience` may be null.
 * False if there is no answer to go by: then `fault` says why, and nothing may be asked. */
bool check_password(const Account &account, const std::wstring &password, const char *scenario, Patience *patience, Checked &checked,
                    Fault &fault);

/* Connects to a pipe of the service, and checks who made it before a byte is sent. INVALID_HANDLE_VALUE with a fault if it must not be used. */
HANDLE open_pipe(const wchar_t *name, Fault &fault);

struct Scene {
    bool unlock = false, remote = false;
    std::wstring address; /* the client's own word, empty if unknown */
};
Scene look_around(bool unlock);

/* The package that LSA is to judge the credential by. False if LSA does not answer. */
bool authentication_package(ULONG &package);

/* Writes down a refusal that no agent saw, for the agent to pick up: one line of attempts.jsonl. */
void keep_attempt(const Account &account, const Scene &scene, const std::string &reference, const char *cause, const char *why);

} // namespace sallyport
