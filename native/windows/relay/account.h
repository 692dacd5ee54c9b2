/* What Windows has to be told of an account beside its password. */
#pragma once

#include <windows.h>

#include <string>

namespace sallyport {

/* `domain` is empty for an account of this machine and for user@domain. `logon_domain`: what Windows is given: this machine's name for an account
 * of its own, nothing beside user@domain. */
struct Name {
    std::wstring user, domain, logon_domain;
};

/* `DOMAIN\name`, `.\name`, `name@domain` or a bare name, which is the joined domain's, else this machine's. */
Name read_name(const std::wstring &typed);

/* The package that LSA is to judge the credential by. False if LSA does not answer. */
bool authentication_package(ULONG &package);

} // namespace sallyport
