/* Makes the agent's folder with its access list, and judges one that is there: %ProgramData% lets every user make folders in it. */
#include "folder.h"

#include <windows.h>

#include <aclapi.h>
#include <sddl.h>
#include <shlobj.h>

#include "../provider/text.h"

namespace sallyport {

namespace {

/* Protected: nothing of %ProgramData%'s own list comes down to it. */
const wchar_t ACCESS[] = L"O:BAG:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)";

/* A list on which the folder's maker stands for whoever makes something in it, gives nothing to anybody by itself. */
bool is_trusted(PSID sid) {
    for (WELL_KNOWN_SID_TYPE known : {WinLocalSystemSid, WinBuiltinAdministratorsSid, WinCreatorOwnerSid})
        if (IsWellKnownSid(sid, known)) return true;
    return false;
}

/* The account that this service runs as: the system, where nobody changed it. */
bool is_own(PSID sid) {
    BYTE room[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
    DWORD used = 0;
    HANDLE token = nullptr;
    bool own = OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token) && GetTokenInformation(token, TokenUser, room, sizeof room, &used) &&
               EqualSid(reinterpret_cast<TOKEN_USER *>(room)->User.Sid, sid);
    if (token) CloseHandle(token);
    return own;
}

PSID sid_of(const ACE_HEADER *ace) {
    if (ace->AceType != ACCESS_ALLOWED_ACE_TYPE) return nullptr;
    return const_cast<DWORD *>(&reinterpret_cast<const ACCESS_ALLOWED_ACE *>(ace)->SidStart);
}

/* Whoever has one of these rights to a file chooses what it says, or may give themselves the right to. */
const ACCESS_MASK WRITE = FILE_WRITE_DATA | FILE_APPEND_DATA | DELETE | WRITE_DAC | WRITE_OWNER | GENERIC_WRITE | GENERIC_ALL;
const ACCESS_MASK ANY = ~static_cast<ACCESS_MASK>(0);

/* A list that is missing lets in everybody. Of the kinds of entry that let in, only the plain one is known here. */
bool lets_in_others(PACL list, ACCESS_MASK rights) {
    if (!list) return true;
    for (DWORD i = 0; i < list->AceCount; i++) {
        void *entry = nullptr;
        if (!GetAce(list, i, &entry)) return true;
        const auto *ace = static_cast<const ACE_HEADER *>(entry);
        if (ace->AceType == ACCESS_DENIED_ACE_TYPE) continue;
        PSID sid = sid_of(ace);
        if (!sid) return true;
        if ((static_cast<const ACCESS_ALLOWED_ACE *>(entry)->Mask & rights) && !is_trusted(sid) && !is_own(sid)) return true;
    }
    return false;
}

const char OTHERS[] = "its access list lets in others than the system and the administrators";

std::string judge(const std::wstring &path, ACCESS_MASK rights) {
    PSID owner = nullptr;
    PACL list = nullptr;
    PSECURITY_DESCRIPTOR descriptor = nullptr;
    const SECURITY_INFORMATION what = OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
    if (GetNamedSecurityInfoW(path.c_str(), SE_FILE_OBJECT, what, &owner, nullptr, &list, nullptr, &descriptor) != ERROR_SUCCESS)
        return "its access list cannot be read";
    std::string fault;
    if (!owner || !(is_trusted(owner) || is_own(owner))) fault = "it belongs to somebody else";
    else if (lets_in_others(list, rights)) fault = OTHERS;
    LocalFree(descriptor);
    return fault;
}

/* A folder that was taken over — by an installer, or by hand — may still hold what its former owner has put there, settings of an org of
 * their own for one. */
std::string judge_entry(const std::wstring &folder, const WIN32_FIND_DATAW &one) {
    std::wstring path = folder + L"\\" + one.cFileName;
    std::string fault = (one.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) ? "it is a link" : judge(path, WRITE);
    /* A running agent writes beside and renames: what is gone by now does no harm. */
    bool gone = !fault.empty() && GetFileAttributesW(path.c_str()) == INVALID_FILE_ATTRIBUTES && GetLastError() == ERROR_FILE_NOT_FOUND;
    return fault.empty() || gone ? "" : to_utf8(one.cFileName) + " in it: " + fault;
}

std::string judge_entries(const std::wstring &path) {
    WIN32_FIND_DATAW found;
    HANDLE search = FindFirstFileW((path + L"\\*").c_str(), &found);
    if (search == INVALID_HANDLE_VALUE) return "it cannot be looked into";
    std::string fault;
    do
        if (wcscmp(found.cFileName, L".") != 0 && wcscmp(found.cFileName, L"..") != 0) fault = judge_entry(path, found);
    while (fault.empty() && FindNextFileW(search, &found));
    FindClose(search);
    return fault;
}

bool is_empty(const std::wstring &path) {
    WIN32_FIND_DATAW found;
    HANDLE search = FindFirstFileW((path + L"\\*").c_str(), &found);
    if (search == INVALID_HANDLE_VALUE) return false;
    bool empty = true;
    do empty = wcscmp(found.cFileName, L".") == 0 || wcscmp(found.cFileName, L"..") == 0;
    while (empty && FindNextFileW(search, &found));
    FindClose(search);
    return empty;
}

/* Makes it, or gives the one that is there its list. */
bool put_in_order(const std::wstring &path, bool make) {
    SECURITY_ATTRIBUTES wanted = {sizeof wanted, nullptr, FALSE};
    if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(ACCESS, SDDL_REVISION_1, &wanted.lpSecurityDescriptor, nullptr)) return false;
    const SECURITY_INFORMATION list = DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION;
    bool done = make ? CreateDirectoryW(path.c_str(), &wanted) : SetFileSecurityW(path.c_str(), list, wanted.lpSecurityDescriptor);
    LocalFree(wanted.lpSecurityDescriptor);
    return done;
}

} // namespace

std::wstring agent_folder() {
    wchar_t *known = nullptr;
    std::wstring path;
    if (SUCCEEDED(SHGetKnownFolderPath(FOLDERID_ProgramData, 0, nullptr, &known))) path = std::wstring(known) + L"\\Sallyport";
    CoTaskMemFree(known);
    return path;
}

std::string make_or_judge_folder(const std::wstring &path) {
    DWORD found = GetFileAttributesW(path.c_str());
    if (found == INVALID_FILE_ATTRIBUTES) {
        if (!put_in_order(path, true)) return "it cannot be made";
        found = GetFileAttributesW(path.c_str());
    }
    if (!(found & FILE_ATTRIBUTE_DIRECTORY)) return "it is not a folder";
    if (found & FILE_ATTRIBUTE_REPARSE_POINT) return "it is a link";
    std::string fault = judge(path, ANY);
    if (fault.empty()) return judge_entries(path);
    /* What lies in a folder that others could write to may be theirs: only one that is empty, before and afterwards, is put in order. */
    if (fault != OTHERS || !is_empty(path) || !put_in_order(path, false)) return fault;
    return is_empty(path) ? judge(path, ANY) : fault;
}

} // namespace sallyport
