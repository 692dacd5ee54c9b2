/* The third pipe: the provider asks whether a password is right. */
#pragma once

#include <windows.h>

namespace sallyport {

/* Serves one client, one message each way, and closes its pipe. */
void serve_check(HANDLE pipe);

} // namespace sallyport
