/* What the installer does with the system's rights. No program that it starts has a window: any user may begin a repair, and a console of the
 * system on their desktop would be theirs. What a program says goes into the installer's log, which none has a way into by itself. */
#include <windows.h>

#include <msi.h>
#include <msiquery.h>

#include <string>

#include "../provider/text.h"

namespace {

const size_t OUTPUT_MAX = 64 * 1024;
const DWORD LOOK_MS = 50;
/* For what no machine waits for to be enrolled. */
const DWORD RUN_MS = 5 * 60 * 1000;
/* No exit code of a program of ours. */
const DWORD NOT_STARTED = 0xE0000001;
/* Of `setup`: a step failed on a machine that is enrolled, or was not told how to; and it did not understand what it was told. */
const DWORD SOME_STEP_FAILED = 1, NOT_UNDERSTOOD = 64;

/* A program's output: its end of the pipe is for the program alone. */
struct Pipe {
    HANDLE ours = nullptr, theirs = nullptr;
    std::string text;

    Pipe() = default;
    Pipe(const Pipe &) = delete;
    Pipe &operator=(const Pipe &) = delete;
    ~Pipe() {
        give();
        if (ours) CloseHandle(ours);
    }
    bool open() {
        SECURITY_ATTRIBUTES inherited = {sizeof inherited, nullptr, TRUE};
        return CreatePipe(&ours, &theirs, &inherited, 0) && SetHandleInformation(ours, HANDLE_FLAG_INHERIT, 0);
    }
    void give() {
        if (theirs) CloseHandle(theirs);
        theirs = nullptr;
    }
    /* Takes what is there and never waits: a program may leave another one behind that holds the pipe open. */
    void take() {
        char bytes[4096];
        DWORD there = 0, got = 0;
        for (size_t looks = 0; looks < OUTPUT_MAX / sizeof bytes; looks++) {
            if (!PeekNamedPipe(ours, nullptr, 0, nullptr, &there, nullptr) || there == 0) return;
            if (!ReadFile(ours, bytes, sizeof bytes, &got, nullptr)) return;
            if (text.size() < OUTPUT_MAX) text.append(bytes, got);
        }
    }
};

/* Answers the exit code, WAIT_TIMEOUT for a program that was ended; `said` and `complained` are standard output and error. */
DWORD run(std::wstring command, DWORD longest_ms, std::string &said, std::string &complained) {
    Pipe out, err;
    if (!out.open() || !err.open()) return NOT_STARTED;
    STARTUPINFOW start = {};
    start.cb = sizeof start;
    start.dwFlags = STARTF_USESTDHANDLES;
    start.hStdOutput = out.theirs;
    start.hStdError = err.theirs;
    PROCESS_INFORMATION process = {};
    if (!CreateProcessW(nullptr, command.data(), nullptr, nullptr, TRUE, CREATE_NO_WINDOW, nullptr, nullptr, &start, &process)) {
        complained = "the program did not start, error " + std::to_string(GetLastError());
        return NOT_STARTED;
    }
    CloseHandle(process.hThread);
    out.give();
    err.give();
    ULONGLONG end = GetTickCount64() + longest_ms;
    bool over = false;
    while (!over && WaitForSingleObject(process.hProcess, LOOK_MS) == WAIT_TIMEOUT) {
        out.take();
        err.take();
        over = GetTickCount64() > end;
    }
    DWORD code = WAIT_TIMEOUT;
    if (over) TerminateProcess(process.hProcess, WAIT_TIMEOUT);
    else GetExitCodeProcess(process.hProcess, &code);
    CloseHandle(process.hProcess);
    out.take();
    err.take();
    said = out.text;
    complained = over ? "it took too long and was ended. " + err.text : err.text;
    return code;
}

std::wstring property(MSIHANDLE install, const wchar_t *name) {
    DWORD length = 0;
    wchar_t none[1] = L"";
    if (MsiGetPropertyW(install, name, none, &length) != ERROR_MORE_DATA) return L"";
    std::wstring value(++length, L'\0');
    if (MsiGetPropertyW(install, name, value.data(), &length) != ERROR_SUCCESS) return L"";
    value.resize(length);
    return value;
}

/* A message is a format: what stands in brackets would be read as the name of a property (learn.microsoft.com, Formatted). */
std::wstring as_it_is(const std::wstring &text) {
    std::wstring out;
    for (wchar_t one : text) {
        if (wcschr(L"[]{}", one)) out += std::wstring(L"[\\") + one + L"]";
        else out += one;
    }
    return out;
}

void tell(MSIHANDLE install, INSTALLMESSAGE how, const std::string &text) {
    MSIHANDLE record = MsiCreateRecord(0);
    MsiRecordSetStringW(record, 0, as_it_is(sallyport::to_wide("Sallyport setup: " + text)).c_str());
    MsiProcessMessage(install, how, record);
    MsiCloseHandle(record);
}

/* Up to the next bar, which it takes away. */
std::wstring cut(std::wstring &data) {
    size_t bar = data.find(L'|');
    if (bar == std::wstring::npos) return L"";
    std::wstring part = data.substr(0, bar);
    data.erase(0, bar + 1);
    return part;
}

/* By the file that an enrolment writes last. */
bool is_enrolled(const std::wstring &folder) {
    return GetFileAttributesW((folder + L"\\agent.json").c_str()) != INVALID_FILE_ATTRIBUTES;
}

} // namespace

/*
 * `CustomActionData`, with a bar between two: `required` or `later`, the seconds that the setup may take, the agent's folder, and the command.
 * Where enrolling is required, only an enrolled machine is installed; what fails after it leaves the installation whole and the machine disarmed.
 */
extern "C" __declspec(dllexport) UINT __stdcall SetUp(MSIHANDLE install) {
    std::wstring data = property(install, L"CustomActionData");
    bool required = cut(data) == L"required";
    DWORD seconds = wcstoul(cut(data).c_str(), nullptr, 10);
    std::wstring folder = cut(data);
    if (folder.empty() || seconds == 0) return ERROR_INSTALL_FAILURE;
    std::string said, complained;
    DWORD code = run(data, seconds * 1000, said, complained);
    if (!said.empty()) tell(install, INSTALLMESSAGE_INFO, said);
    if (code == 0) return ERROR_SUCCESS;
    if (complained.empty()) complained = "it ended with " + std::to_string(code);
    /* What ran and was ended, or broke, may have enrolled before: the code is used up and the org knows the machine. */
    bool ran = code != NOT_STARTED && code != NOT_UNDERSTOOD;
    if (!required || code == SOME_STEP_FAILED || (ran && is_enrolled(folder))) {
        tell(install, INSTALLMESSAGE_INFO, complained);
        return ERROR_SUCCESS;
    }
    tell(install, static_cast<INSTALLMESSAGE>(INSTALLMESSAGE_ERROR | MB_OK), complained);
    return ERROR_INSTALL_FAILURE;
}

/* `CustomActionData`: the command. What comes of it ends no installation. */
extern "C" __declspec(dllexport) UINT __stdcall Run(MSIHANDLE install) {
    std::string said, complained;
    DWORD code = run(property(install, L"CustomActionData"), RUN_MS, said, complained);
    if (!said.empty()) tell(install, INSTALLMESSAGE_INFO, said);
    if (code != 0) tell(install, INSTALLMESSAGE_INFO, complained.empty() ? "it ended with " + std::to_string(code) : complained);
    return ERROR_SUCCESS;
}

/* A service that crashed is started again; also one that stopped by itself with an error: a pipe of its name that somebody else had made keeps
 * it from its work, and an armed machine without it lets nobody in. */
extern "C" __declspec(dllexport) UINT __stdcall Recover(MSIHANDLE install) {
    SC_ACTION again[] = {{SC_ACTION_RESTART, 5000}, {SC_ACTION_RESTART, 15000}, {SC_ACTION_RESTART, 60000}};
    SERVICE_FAILURE_ACTIONSW actions = {86400, nullptr, nullptr, 3, again};
    SERVICE_FAILURE_ACTIONS_FLAG also_errors = {TRUE};
    SC_HANDLE manager = OpenSCManagerW(nullptr, nullptr, SC_MANAGER_CONNECT);
    /* To have it restarted, one must be allowed to start it. */
    SC_HANDLE service = manager ? OpenServiceW(manager, L"Sallyport", SERVICE_CHANGE_CONFIG | SERVICE_START) : nullptr;
    bool done = service && ChangeServiceConfig2W(service, SERVICE_CONFIG_FAILURE_ACTIONS, &actions) &&
                ChangeServiceConfig2W(service, SERVICE_CONFIG_FAILURE_ACTIONS_FLAG, &also_errors);
    DWORD error = GetLastError();
    if (service) CloseServiceHandle(service);
    if (manager) CloseServiceHandle(manager);
    std::string failed = "that the service is started again when it fails was not set, error " + std::to_string(error);
    tell(install, INSTALLMESSAGE_INFO, done ? "the service is started again 5, 15 and 60 seconds after it fails" : failed);
    return ERROR_SUCCESS;
}
