/* Asks Windows, and writes down what nobody else saw. */
#include "machine.h"

#include <lm.h>
#include <ntsecapi.h>
#define SECURITY_WIN32
#include <security.h>
#include <shlobj.h>
#include <wtsapi32.h>

#include <cstdio>

#include "settings.h"
#include "text.h"

namespace sallyport {

namespace {

const LONGLONG ATTEMPTS_MAX = 1024 * 1024;
const DWORD IPV4 = 2; /* AF_INET; winsock2.h must not come behind windows.h */

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

std::wstring folder() {
    wchar_t *known = nullptr;
    std::wstring path;
    if (SUCCEEDED(SHGetKnownFolderPath(FOLDERID_ProgramData, 0, nullptr, &known))) path = std::wstring(known) + L"\\Sallyport";
    CoTaskMemFree(known);
    return path;
}

/* What the remote desktop client says of itself (learn.microsoft.com, WTS_CLIENT_ADDRESS: the address begins at the third byte). */
std::wstring client_address() {
    wchar_t *room = nullptr, text[16] = L"";
    DWORD size = 0;
    if (!WTSQuerySessionInformationW(WTS_CURRENT_SERVER_HANDLE, WTS_CURRENT_SESSION, WTSClientAddress, &room, &size)) return L"";
    const auto *client = reinterpret_cast<const WTS_CLIENT_ADDRESS *>(room);
    const BYTE *a = client->Address + 2;
    if (size >= sizeof *client && client->AddressFamily == IPV4) swprintf(text, 16, L"%u.%u.%u.%u", a[0], a[1], a[2], a[3]);
    WTSFreeMemory(room);
    return text;
}

std::string now() {
    SYSTEMTIME t;
    char text[32];
    GetSystemTime(&t);
    snprintf(text, sizeof text, "%04u-%02u-%02uT%02u:%02u:%02uZ", t.wYear, t.wMonth, t.wDay, t.wHour, t.wMinute, t.wSecond);
    return text;
}

} // namespace

Account account_of(const std::wstring &typed) {
    size_t slash = typed.find(L'\\');
    if (slash == std::wstring::npos) return {typed, typed.find(L'@') == std::wstring::npos ? joined_domain() : L"", L""};
    std::wstring domain = typed.substr(0, slash);
    bool own = domain == L"." || _wcsicmp(domain.c_str(), computer_name().c_str()) == 0;
    return {typed.substr(slash + 1), own ? L"" : domain, L""};
}

std::wstring windows_domain(const Account &account) {
    if (!account.domain.empty() || account.user.find(L'@') != std::wstring::npos) return account.domain;
    return computer_name();
}

Scene look_around(bool unlock) {
    Scene scene;
    scene.unlock = unlock;
    scene.remote = is_remote_session();
    if (scene.remote) scene.address = client_address();
    return scene;
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

void keep_attempt(const Account &account, const Scene &scene, const std::string &reference, const char *cause, const char *why) {
    std::string line = "{";
    std::string name = to_utf8(account.user);
    add_member(line, "time", now());
    add_member(line, "reference", reference);
    add_member(line, "username", account.domain.empty() ? name : to_utf8(account.domain) + "\\" + name);
    add_member(line, "service", scene.remote ? "rdp" : "console");
    add_member(line, "result", "deny");
    add_member(line, "cause", cause);
    add_member(line, "evidence", why);
    line += "}\n";
    std::wstring path = folder() + L"\\attempts.jsonl";
    /* Shared in every way: the agent takes the file away by renaming it. */
    const DWORD share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    HANDLE file = CreateFileW(path.c_str(), FILE_APPEND_DATA | FILE_READ_ATTRIBUTES, share, nullptr, OPEN_ALWAYS,
                              FILE_ATTRIBUTE_NORMAL | FILE_FLAG_OPEN_REPARSE_POINT, nullptr);
    if (file == INVALID_HANDLE_VALUE) return;
    LARGE_INTEGER size = {};
    DWORD written = 0;
    if (GetFileSizeEx(file, &size) && size.QuadPart + static_cast<LONGLONG>(line.size()) <= ATTEMPTS_MAX)
        WriteFile(file, line.data(), static_cast<DWORD>(line.size()), &written, nullptr);
    CloseHandle(file);
}

} // namespace sallyport
