/* Who may open the agent's pipes. */
#pragma once

#include <windows.h>

#include <string>

namespace sallyport {

/* The system and the administrators, nobody else, nobody from the network. The first instance fails if somebody has made that name already.
 * `messages`: what is written at once is read at once. INVALID_HANDLE_VALUE if it cannot be made. */
HANDLE make_pipe(const wchar_t *name, bool messages, bool first);

/* JSON for the agent: which pipe, process, session and account. The account is read at the level to which the client consented. */
std::string describe_client(HANDLE pipe, const char *name);

} // namespace sallyport
