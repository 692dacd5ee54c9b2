/* Keeps the agent running. */
#pragma once

#include <windows.h>

#include <string>

namespace sallyport {

/* Until `stop` is set. `command`: the agent's command line. Exit code: 0, or 2 if the pipes could not be made. */
DWORD keep_agent(const std::wstring &command, HANDLE stop);

} // namespace sallyport
