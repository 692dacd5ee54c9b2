/* Keeps the agent running. */
#pragma once

#include <windows.h>

#include <string>

namespace sallyport {

/* Until `stop` is set. `command`: the agent's command line. Exit code: 0, or 2 if the pipes could not be made. */
DWORD keep_agent(const std::wstring &command, HANDLE stop);

/* True from an end of the agent that nobody asked for until the next one has started. Never before the first has, nor from when the service is
 * told to stop. */
bool agent_is_lost();

} // namespace sallyport
