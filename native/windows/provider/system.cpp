/* How the DLL is loaded and unloaded, its threads and memory; what it asks the registry, and writes down where nobody else saw it. */
#include "system.h"

#include <shlobj.h>

#include <cstdio>

#include "text.h"

namespace sallyport {

const CLSID CLSID_Sallyport = {0x696f6d96, 0xab3d, 0x4079, {0x81, 0x1d, 0x51, 0x5e, 0x4b, 0xf3, 0x86, 0xd1}};

namespace {

LONG in_use = 0;
HMODULE self = nullptr;
const LONGLONG ATTEMPTS_MAX = 1024 * 1024;

/* The policies' value wins, also where it is none that can be read. `room` in bytes. */
LSTATUS read_value(const wchar_t *name, DWORD type, void *value, DWORD room) {
    for (const wchar_t *key : {L"SOFTWARE\\Policies\\Sallyport\\Provider", L"SOFTWARE\\Sallyport\\Provider"}) {
        DWORD size = room;
        LSTATUS status = RegGetValueW(HKEY_LOCAL_MACHINE, key, name, type, nullptr, value, &size);
        if (status != ERROR_FILE_NOT_FOUND) return status;
    }
    return ERROR_FILE_NOT_FOUND;
}

DWORD number(const wchar_t *name, DWORD secure) {
    DWORD value = 0;
    return read_value(name, RRF_RT_REG_DWORD, &value, sizeof value) == ERROR_SUCCESS ? value : secure;
}

std::wstring path_of_attempts() {
    wchar_t *known = nullptr;
    bool found = SUCCEEDED(SHGetKnownFolderPath(FOLDERID_ProgramData, 0, nullptr, &known));
    std::wstring path = found ? std::wstring(known) + L"\\Sallyport\\attempts.jsonl" : L"";
    CoTaskMemFree(known);
    return path;
}

std::string now() {
    SYSTEMTIME t;
    char text[32];
    GetSystemTime(&t);
    snprintf(text, sizeof text, "%04u-%02u-%02uT%02u:%02u:%02uZ", t.wYear, t.wMonth, t.wDay, t.wHour, t.wMinute, t.wSecond);
    return text;
}

} // namespace

void dll_lock() { InterlockedIncrement(&in_use); }
void dll_unlock() { InterlockedDecrement(&in_use); }

bool start_thread(LPTHREAD_START_ROUTINE run, void *given) {
    HMODULE held = nullptr;
    if (!GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, reinterpret_cast<LPCWSTR>(&in_use), &held)) return false;
    HANDLE thread = CreateThread(nullptr, 0, run, given, 0, nullptr);
    if (thread) CloseHandle(thread);
    else FreeLibrary(held);
    return thread != nullptr;
}

void end_thread() { FreeLibraryAndExitThread(self, 0); }

/* __fastfail (learn.microsoft.com): no handler is asked. */
void end_process() {
    asm volatile("int $0x29" : : "c"(FAST_FAIL_FATAL_APP_EXIT));
    __builtin_unreachable();
}

void *allocate(size_t size) {
    void *room = CoTaskMemAlloc(size);
    if (!room) end_process();
    return room;
}

LPWSTR copy_text(const std::wstring &text) {
    const size_t size = (text.size() + 1) * sizeof(wchar_t);
    return static_cast<LPWSTR>(memcpy(allocate(size), text.c_str(), size));
}

bool serves(Scenario scenario) {
    if (number(L"Armed", 1) == 0 || number(L"Disable", 0) == 1 || (number(L"RdpOnly", 0) == 1 && !is_remote_session())) return false;
    const DWORD scenarios = number(L"Scenarios", 7);
    if (scenario == CPUS_LOGON) return scenarios & 1;
    if (scenario == CPUS_UNLOCK_WORKSTATION) return scenarios & 2;
    return scenario == CPUS_CREDUI && (scenarios & 4) && is_system_process();
}

bool hides_others() { return number(L"Filter", 1) != 0; }

bool allows(const CLSID &provider) {
    wchar_t list[4096]; /* each ends with a NUL, and the list with one more: RegGetValue sees to it */
    CLSID listed;
    if (read_value(L"AllowProviders", RRF_RT_REG_MULTI_SZ, list, sizeof list) != ERROR_SUCCESS) return false;
    for (const wchar_t *one = list; *one; one += wcslen(one) + 1)
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

void keep_attempt(const std::string &username, const char *service, const std::string &reference, const char *cause, const char *why) {
    const std::pair<const char *, std::string> members[] = {{"time", now()},    {"reference", reference}, {"username", username},
                                                            {"service", service}, {"result", "deny"},       {"cause", cause},
                                                            {"evidence", why}};
    std::string line = "{";
    for (const auto &[name, value] : members) add_member(line, name, value);
    line += "}\n";
    /* Shared in every way: the agent takes the file away by renaming it. */
    const DWORD share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    HANDLE file = CreateFileW(path_of_attempts().c_str(), FILE_APPEND_DATA | FILE_READ_ATTRIBUTES, share, nullptr, OPEN_ALWAYS,
                              FILE_ATTRIBUTE_NORMAL | FILE_FLAG_OPEN_REPARSE_POINT, nullptr);
    if (file == INVALID_HANDLE_VALUE) return;
    LARGE_INTEGER size = {};
    DWORD written = 0;
    if (GetFileSizeEx(file, &size) && size.QuadPart + static_cast<LONGLONG>(line.size()) <= ATTEMPTS_MAX)
        WriteFile(file, line.data(), static_cast<DWORD>(line.size()), &written, nullptr);
    CloseHandle(file);
}

} // namespace sallyport

extern "C" {

/* Stands in the place of the C++ library's own (see the Makefile), which throws where there is no memory: nothing is thrown across COM. */
[[noreturn]] void __wrap___cxa_throw(void *, void *, void (*)(void *)) { sallyport::end_process(); }

BOOL WINAPI DllMain(HINSTANCE module, DWORD reason, LPVOID) {
    sallyport::self = module;
    if (reason == DLL_PROCESS_ATTACH) DisableThreadLibraryCalls(module);
    return TRUE;
}

STDAPI DllCanUnloadNow() { return sallyport::in_use == 0 ? S_OK : S_FALSE; }
}
