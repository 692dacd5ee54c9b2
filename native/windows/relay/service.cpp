/* Tells the service manager how the relay stands. */
#include "service.h"

namespace sallyport {

namespace {

wchar_t name[] = L"Sallyport";
DWORD (*work)(HANDLE stop);
HANDLE stop_event;
SERVICE_STATUS_HANDLE handle;

void report(DWORD state, DWORD exit_code) {
    SERVICE_STATUS status = {};
    status.dwServiceType = SERVICE_WIN32_OWN_PROCESS;
    status.dwCurrentState = state;
    status.dwControlsAccepted = state == SERVICE_RUNNING ? SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_SHUTDOWN : 0;
    status.dwWin32ExitCode = exit_code ? ERROR_SERVICE_SPECIFIC_ERROR : NO_ERROR;
    status.dwServiceSpecificExitCode = exit_code;
    status.dwWaitHint = 15000;
    if (handle) SetServiceStatus(handle, &status);
}

DWORD WINAPI control(DWORD asked, DWORD, void *, void *) {
    if (asked == SERVICE_CONTROL_INTERROGATE) return NO_ERROR;
    if (asked != SERVICE_CONTROL_STOP && asked != SERVICE_CONTROL_SHUTDOWN) return ERROR_CALL_NOT_IMPLEMENTED;
    report(SERVICE_STOP_PENDING, 0);
    SetEvent(stop_event);
    return NO_ERROR;
}

void WINAPI service_main(DWORD, wchar_t **) {
    handle = RegisterServiceCtrlHandlerExW(name, control, nullptr);
    report(SERVICE_START_PENDING, 0);
    report(SERVICE_STOPPED, work(stop_event));
}

BOOL WINAPI interrupted(DWORD) {
    SetEvent(stop_event);
    return TRUE;
}

} // namespace

void service_is_ready() { report(SERVICE_RUNNING, 0); }

int run_as_service(DWORD (*what)(HANDLE stop)) {
    work = what;
    stop_event = CreateEventW(nullptr, TRUE, FALSE, nullptr);
    SERVICE_TABLE_ENTRYW table[] = {{name, service_main}, {nullptr, nullptr}};
    if (StartServiceCtrlDispatcherW(table)) return 0;
    if (GetLastError() != ERROR_FAILED_SERVICE_CONTROLLER_CONNECT) return 1;
    SetConsoleCtrlHandler(interrupted, TRUE);
    return static_cast<int>(work(stop_event));
}

} // namespace sallyport
