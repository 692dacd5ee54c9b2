/* Reads the registry anew at each question: what an administrator changes counts at the next logon screen. */
#include "settings.h"

#include <objbase.h>

namespace sallyport {

namespace {

/* The policies' value wins, also where it is none that can be read. */
const wchar_t *const KEYS[] = {L"SOFTWARE\\Policies\\Sallyport\\Provider", L"SOFTWARE\\Sallyport\\Provider"};

DWORD number(const wchar_t *name, DWORD secure) {
    for (const wchar_t *key : KEYS) {
        DWORD value = 0, size = sizeof value;
        LSTATUS status = RegGetValueW(HKEY_LOCAL_MACHINE, key, name, RRF_RT_REG_DWORD, nullptr, &value, &size);
        if (status == ERROR_SUCCESS) return value;
        if (status != ERROR_FILE_NOT_FOUND) return secure;
    }
    return secure;
}

/* Ends with two NULs: RegGetValue sees to it. */
void read_list(const wchar_t *name, wchar_t *list, DWORD room) {
    for (const wchar_t *key : KEYS) {
        DWORD size = room;
        LSTATUS status = RegGetValueW(HKEY_LOCAL_MACHINE, key, name, RRF_RT_REG_MULTI_SZ, nullptr, list, &size);
        if (status == ERROR_SUCCESS) return;
        list[0] = L'\0';
        if (status != ERROR_FILE_NOT_FOUND) return;
    }
}

} // namespace

Settings read_settings() {
    Settings s;
    s.armed = number(L"Armed", 1) != 0;
    s.disabled = number(L"Disable", 0) == 1;
    s.filter = number(L"Filter", 1) != 0;
    s.rdp_only = number(L"RdpOnly", 0) == 1;
    s.scenarios = number(L"Scenarios", s.scenarios);
    read_list(L"AllowProviders", s.allow, sizeof s.allow);
    return s;
}

bool Settings::serves(CREDENTIAL_PROVIDER_USAGE_SCENARIO scenario) const {
    if (!armed || disabled || (rdp_only && !is_remote_session())) return false;
    if (scenario == CPUS_LOGON) return scenarios & 1;
    if (scenario == CPUS_UNLOCK_WORKSTATION) return scenarios & 2;
    return scenario == CPUS_CREDUI && (scenarios & 4) && is_system_process();
}

bool Settings::allows(const CLSID &provider) const {
    CLSID listed;
    for (const wchar_t *one = allow; *one; one += wcslen(one) + 1)
        if (SUCCEEDED(CLSIDFromString(one, &listed)) && IsEqualCLSID(listed, provider)) return true;
    return false;
}

/* SM_REMOTESESSION alone does not do: it is 0 in a remote session with a virtual graphics card (learn.microsoft.com, Detecting the Terminal
 * Services environment). What is not the session of the machine's own screen, or cannot be told, counts as remote. */
bool is_remote_session() {
    DWORD own = 0;
    return GetSystemMetrics(SM_REMOTESESSION) != 0 || !ProcessIdToSessionId(GetCurrentProcessId(), &own) || own != WTSGetActiveConsoleSessionId();
}

/* A process that cannot read its own token counts as the system's: the door behind the tile opens to nobody else anyway. */
bool is_system_process() {
    HANDLE token = nullptr;
    BYTE room[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
    DWORD used = 0;
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token)) return true;
    bool read = GetTokenInformation(token, TokenUser, room, sizeof room, &used);
    CloseHandle(token);
    return !read || IsWellKnownSid(reinterpret_cast<TOKEN_USER *>(room)->User.Sid, WinLocalSystemSid);
}

} // namespace sallyport
