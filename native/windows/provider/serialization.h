/* The credential in the form in which Windows takes it: KERB_INTERACTIVE_UNLOCK_LOGON with offsets in place of pointers. */
#pragma once

#include <windows.h>

#include <string>

namespace sallyport {

/* In memory of the COM task allocator. False if there is none, or a text is longer than a UNICODE_STRING holds. */
bool pack(const std::wstring &domain, const std::wstring &user, const std::wstring &password, bool unlock, BYTE **bytes, DWORD *size);

/* Reads what a remote desktop client handed over. False for anything that does not lie wholly within `size`. */
bool unpack(const BYTE *bytes, DWORD size, std::wstring &domain, std::wstring &user, std::wstring &password);

} // namespace sallyport
