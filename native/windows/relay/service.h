/* The relay's two ways to run: as a Windows service, or from a command line. */
#pragma once

#include <windows.h>

namespace sallyport {

/* Runs `work` as a service if the service manager started us, else at once. `stop` is set when it is to end. Answers the exit code. */
int run_as_service(DWORD (*work)(HANDLE stop));

/* While the work is not ready the service manager waits. */
void service_is_ready();

} // namespace sallyport
