/* Packs and reads KERB_INTERACTIVE_UNLOCK_LOGON (ntsecapi.h). */
#include "serialization.h"

#include <ntsecapi.h>
#include <objbase.h>

#include <cstring>

namespace sallyport {

namespace {

const size_t LONGEST = 0xfffe / sizeof(wchar_t); /* UNICODE_STRING counts bytes in 16 bits */

void place(BYTE *start, BYTE *&at, UNICODE_STRING &where, const std::wstring &text) {
    size_t length = text.size() * sizeof(wchar_t);
    memcpy(at, text.data(), length);
    where.Length = where.MaximumLength = static_cast<USHORT>(length);
    where.Buffer = reinterpret_cast<wchar_t *>(static_cast<ULONG_PTR>(at - start));
    at += length;
}

bool take(const BYTE *bytes, DWORD size, const UNICODE_STRING &from, std::wstring &text) {
    ULONG_PTR offset = reinterpret_cast<ULONG_PTR>(from.Buffer);
    if (from.Length % sizeof(wchar_t) || offset > size || from.Length > size - offset) return false;
    text.resize(from.Length / sizeof(wchar_t));
    memcpy(text.data(), bytes + offset, from.Length);
    return true;
}

/* What CredProtect made begins so (wincred.h); what merely looks so cannot be opened, and is asked. Looked up by name: not every system has it. */
void open_protected(Secret &password) {
    using Open = BOOL(WINAPI *)(BOOL, LPWSTR, DWORD, LPWSTR, DWORD *);
    if (password.text.compare(0, 2, L"@@") != 0) return;
    auto open = reinterpret_cast<Open>(GetProcAddress(GetModuleHandleW(L"advapi32.dll"), "CredUnprotectW"));
    DWORD room = static_cast<DWORD>(password.text.size()) + 1, used = room;
    Secret opened;
    opened.text.resize(room);
    bool ok = open && open(FALSE, password.text.data(), room, opened.text.data(), &used) && used <= room;
    opened.text.resize(ok ? wcslen(opened.text.c_str()) : 0);
    wipe(password.text);
    password.text.swap(opened.text);
}

} // namespace

bool pack(const std::wstring &domain, const std::wstring &user, const std::wstring &password, bool unlock, BYTE **bytes, DWORD *size) {
    if (domain.size() > LONGEST || user.size() > LONGEST || password.size() > LONGEST) return false;
    size_t whole = sizeof(KERB_INTERACTIVE_UNLOCK_LOGON) + (domain.size() + user.size() + password.size()) * sizeof(wchar_t);
    BYTE *start = static_cast<BYTE *>(CoTaskMemAlloc(whole));
    if (!start) return false;
    KERB_INTERACTIVE_UNLOCK_LOGON head = {};
    BYTE *at = start + sizeof head;
    head.Logon.MessageType = unlock ? KerbWorkstationUnlockLogon : KerbInteractiveLogon;
    place(start, at, head.Logon.LogonDomainName, domain);
    place(start, at, head.Logon.UserName, user);
    place(start, at, head.Logon.Password, password);
    memcpy(start, &head, sizeof head);
    *bytes = start;
    *size = static_cast<DWORD>(whole);
    return true;
}

bool unpack(const BYTE *bytes, DWORD size, Handed &handed) {
    KERB_INTERACTIVE_LOGON head;
    if (!bytes || size < sizeof head) return false;
    memcpy(&head, bytes, sizeof head);
    if (head.MessageType != KerbInteractiveLogon && head.MessageType != KerbWorkstationUnlockLogon) return false;
    if (!take(bytes, size, head.LogonDomainName, handed.domain) || !take(bytes, size, head.UserName, handed.user) ||
        !take(bytes, size, head.Password, handed.password.text))
        return false;
    open_protected(handed.password);
    return !handed.user.empty();
}

} // namespace sallyport
