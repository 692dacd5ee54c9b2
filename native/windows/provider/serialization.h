/* The credential in the form in which Windows takes it: KERB_INTERACTIVE_UNLOCK_LOGON with offsets in place of pointers. */
#pragma once

#include <windows.h>

#include <string>

#include "text.h"

namespace sallyport {

/* In memory of the COM task allocator. False if there is none, or a text is longer than a UNICODE_STRING holds. */
bool pack(const std::wstring &domain, const std::wstring &user, const std::wstring &password, bool unlock, BYTE **bytes, DWORD *size);

/* What a remote desktop client handed over. */
struct Handed {
    std::wstring domain, user;
    Secret password; /* empty: it has to be asked */
};

/* False for anything that is no name and password, or does not lie wholly within `size`. A password that Windows protected is opened;
 * one that cannot be opened counts as none. */
bool unpack(const BYTE *bytes, DWORD size, Handed &handed);

} // namespace sallyport
