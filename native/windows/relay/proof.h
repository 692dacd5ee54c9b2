/* Passwords that this service itself found right a moment ago. */
#pragma once

#include <windows.h>

#include <string>

namespace sallyport {

/* `pid`: of the logon screen that asked; `user`: as the door will name the account. An account without a SID is not remembered: nothing would
 * say later that it is the same one. */
void remember_proof(DWORD pid, const std::string &user, const std::string &sid);

/* True once for each that was remembered, and within a minute. */
bool take_proof(DWORD pid, const std::string &user, const std::string &sid);

} // namespace sallyport
