/* What an administrator set for the provider in the registry, and when it serves. */
#pragma once

#include <windows.h>

#include <credentialprovider.h>

namespace sallyport {

/* `HKLM\SOFTWARE\Sallyport\Provider`, over it the policies' `HKLM\SOFTWARE\Policies\Sallyport\Provider`. What is missing, of another
 * type or unreadable has its secure reading, which stands here. */
struct Settings {
    bool armed = true, disabled = false; /* `Armed` 0: nothing of ours acts. `Disable` 1: the way back in, the same by hand */
    bool filter = true;                  /* `Filter` 0: other providers stay beside ours */
    bool rdp_only = false;               /* `RdpOnly` 1: only sessions of remote desktop */
    DWORD scenarios = 7;                 /* `Scenarios`: 1 logon, 2 unlock, 4 elevation */
    wchar_t allow[4096] = L"";           /* `AllowProviders`: class ids that the filter leaves, each ended by a NUL; nobody */

    /* True where our tile is shown: only there may others be hidden. */
    bool serves(CREDENTIAL_PROVIDER_USAGE_SCENARIO scenario) const;
    bool allows(const CLSID &provider) const;
};

Settings read_settings();

/* True for LogonUI and consent.exe; any other program asks for credentials that are not this machine's business. */
bool is_system_process();

/* False only at the machine's own screen. */
bool is_remote_session();

} // namespace sallyport
