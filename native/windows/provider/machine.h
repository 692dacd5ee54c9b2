/* What Windows itself knows of a logon: whose account, whether the password is right, from where. */
#pragma once

#include <windows.h>

#include <string>

namespace sallyport {

/* The account as it is frozen at the beginning. `domain` is empty for an account of this machine and for user@domain. */
struct Account {
    std::wstring user, domain, sid;
};

/* `DOMAIN\name`, `.\name`, `name@domain` or a bare name, which is the joined domain's, else this machine's. */
Account account_of(const std::wstring &typed);

/* The domain that Windows is to be given: this machine's name for an account of its own, nothing beside user@domain. */
std::wstring windows_domain(const Account &account);

/* Asks Windows once, and takes the SID from the token that it gives. Answers its error, 0 if the password is right. */
DWORD check_password(Account &account, const std::wstring &password);

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
