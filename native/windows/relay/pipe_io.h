/* Reads and writes a client's pipe, no longer than the client is waited for. */
#pragma once

#include <windows.h>

#include <string>

namespace sallyport {

/* The next line, its newline taken off; what came behind it stays in `pending`. False beyond `most` bytes, at the end, or after `ms`. */
bool read_line(HANDLE pipe, std::string &pending, size_t most, DWORD ms, std::string &line);

bool write_within(HANDLE pipe, const std::string &text, DWORD ms);

/* Of the process at the other end, as Windows knows it; 0 if it does not. */
DWORD client_process(HANDLE pipe);
DWORD client_session(HANDLE pipe);

} // namespace sallyport
