/* What the installer runs when its files are in place: the agent's own setup, whose words go into the installer's log. A program that the
 * installer starts by itself has no way into that log, and its exit code ends an installation with nothing but a number. */
#include <windows.h>

#include <msi.h>
#include <msiquery.h>

#include <string>

#include "../provider/text.h"

namespace {

/* The agent gives up each of its own steps long before. */
const DWORD LONGEST_MS = 15 * 60 * 1000;
const size_t OUTPUT_MAX = 64 * 1024;
/* No exit code of a program of ours. */
const DWORD NOT_STARTED = 0xE0000001;
/* Of `setup`: a step failed on a machine that is enrolled, or was not told how to. */
const DWORD SOME_STEP_FAILED = 1;

struct Reader {
    HANDLE from;
    std::string text;
};

DWORD WINAPI read_all(void *argument) {
    auto *reader = static_cast<Reader *>(argument);
    char bytes[4096];
    DWORD got = 0;
    while (ReadFile(reader->from, bytes, sizeof bytes, &got, nullptr) && got > 0)
        if (reader->text.size() < OUTPUT_MAX) reader->text.append(bytes, got);
    return 0;
}

/* A program's output: its end of the pipe is for the program alone. */
struct Pipe {
    HANDLE ours = nullptr, theirs = nullptr;
    bool open() {
        SECURITY_ATTRIBUTES inherited = {sizeof inherited, nullptr, TRUE};
        return CreatePipe(&ours, &theirs, &inherited, 0) && SetHandleInformation(ours, HANDLE_FLAG_INHERIT, 0);
    }
};

/* Answers the exit code; `said` and `complained` are standard output and error. */
DWORD run(std::wstring command, std::string &said, std::string &complained) {
    Pipe out, err;
    if (!out.open() || !err.open()) return NOT_STARTED;
    STARTUPINFOW start = {};
    start.cb = sizeof start;
    start.dwFlags = STARTF_USESTDHANDLES;
    start.hStdOutput = out.theirs;
    start.hStdError = err.theirs;
    PROCESS_INFORMATION process = {};
    bool started = CreateProcessW(nullptr, command.data(), nullptr, nullptr, TRUE, CREATE_NO_WINDOW, nullptr, nullptr, &start, &process);
    DWORD error = GetLastError(), code = NOT_STARTED;
    CloseHandle(out.theirs);
    CloseHandle(err.theirs);
    if (started) {
        Reader readers[] = {{out.ours, ""}, {err.ours, ""}};
        HANDLE threads[] = {CreateThread(nullptr, 0, read_all, &readers[0], 0, nullptr), CreateThread(nullptr, 0, read_all, &readers[1], 0, nullptr)};
        if (WaitForSingleObject(process.hProcess, LONGEST_MS) != WAIT_OBJECT_0) TerminateProcess(process.hProcess, WAIT_TIMEOUT);
        WaitForMultipleObjects(2, threads, TRUE, 5000);
        GetExitCodeProcess(process.hProcess, &code);
        said = readers[0].text;
        complained = readers[1].text;
        for (HANDLE one : {threads[0], threads[1], process.hThread, process.hProcess}) CloseHandle(one);
    } else {
        complained = "the agent's program did not start, error " + std::to_string(error);
    }
    CloseHandle(out.ours);
    CloseHandle(err.ours);
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

} // namespace

/* `CustomActionData`: `required` or `later`, a bar, and the command. Where enrolling is required, only an enrolled machine is installed; what
 * fails after it leaves the installation whole and the machine disarmed. */
extern "C" __declspec(dllexport) UINT __stdcall SetUp(MSIHANDLE install) {
    std::wstring data = property(install, L"CustomActionData");
    size_t bar = data.find(L'|');
    if (bar == std::wstring::npos) return ERROR_INSTALL_FAILURE;
    bool required = data.substr(0, bar) == L"required";
    std::string said, complained;
    DWORD code = run(data.substr(bar + 1), said, complained);
    if (!said.empty()) tell(install, INSTALLMESSAGE_INFO, said);
    if (code == 0) return ERROR_SUCCESS;
    if (complained.empty()) complained = "it ended with " + std::to_string(code);
    if (!required || code == SOME_STEP_FAILED) {
        tell(install, INSTALLMESSAGE_INFO, complained);
        return ERROR_SUCCESS;
    }
    tell(install, static_cast<INSTALLMESSAGE>(INSTALLMESSAGE_ERROR | MB_OK), complained);
    return ERROR_INSTALL_FAILURE;
}
