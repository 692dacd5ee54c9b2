/* Asks Windows which machine and domain this is, and which package of LSA serves. */
#include "account.h"

#include <lm.h>
#include <ntsecapi.h>
#define SECURITY_WIN32
#include <security.h>

namespace sallyport {

namespace {

std::wstring computer_name() {
    wchar_t name[MAX_COMPUTERNAME_LENGTH + 1];
    DWORD size = MAX_COMPUTERNAME_LENGTH + 1;
    return GetComputerNameW(name, &size) ? std::wstring(name, size) : std::wstring();
}

std::wstring joined_domain() {
    wchar_t *name = nullptr;
    NETSETUP_JOIN_STATUS status = NetSetupUnknownStatus;
    std::wstring domain;
    if (NetGetJoinInformation(nullptr, &name, &status) == NERR_Success && status == NetSetupDomainName) domain = name;
    if (name) NetApiBufferFree(name);
    return domain;
}

} // namespace

Name read_name(const std::wstring &typed) {
    Name name = {typed, L"", L""};
    const size_t slash = typed.find(L'\\');
    const bool whole = slash == std::wstring::npos && typed.find(L'@') != std::wstring::npos;
    if (whole) return name;
    const std::wstring own = computer_name();
    name.domain = slash == std::wstring::npos ? joined_domain() : typed.substr(0, slash);
    if (slash != std::wstring::npos) name.user = typed.substr(slash + 1);
    if (name.domain == L"." || _wcsicmp(name.domain.c_str(), own.c_str()) == 0) name.domain.clear();
    name.logon_domain = name.domain;
    if (name.domain.empty() && name.user.find(L'@') == std::wstring::npos) name.logon_domain = own;
    return name;
}

/* Negotiate serves accounts of the machine and of a domain. Where LSA has no such package the next one is asked for: LSA judges either way. */
bool authentication_package(ULONG &package) {
    static const char *const names[] = {NEGOSSP_NAME_A, MICROSOFT_KERBEROS_NAME_A, MSV1_0_PACKAGE_NAME};
    HANDLE lsa = nullptr;
    bool found = false;
    if (LsaConnectUntrusted(&lsa) != 0) return false;
    for (const char *name : names) {
        USHORT length = static_cast<USHORT>(strlen(name));
        LSA_STRING text = {length, length, const_cast<char *>(name)};
        found = LsaLookupAuthenticationPackage(lsa, &text, &package) == 0;
        if (found) break;
    }
    LsaDeregisterLogonProcess(lsa);
    return found;
}

} // namespace sallyport
