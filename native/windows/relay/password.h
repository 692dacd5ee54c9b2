/* What Windows says of a password, in the three words that the provider goes by. */
#pragma once

#include "machine.h"

namespace sallyport {

struct Asked {
    std::wstring domain, user, password;
    DWORD session = 0; /* of the logon screen that asks */
};

/* `result`: `right`, `wrong` or `failed`. `status`, `sub_status`: numbers of Windows, 0 if there is nothing to say. */
struct Judged {
    const char *result;
    DWORD status = 0, sub_status = 0;
    LogonTry account = {};
    Place place = {};
};

Judged judge_password(Machine &windows, const Asked &asked);

} // namespace sallyport
