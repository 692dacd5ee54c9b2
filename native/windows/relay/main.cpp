/* The service: owns the agent's pipes and relays their bytes (Node's own pipes cannot be closed to other accounts), keeps the agent running,
 * and has Windows check passwords. Usage: sallyport-relay.exe AGENT.EXE [ARGUMENT…]; or `keys`, for the agent that has started it so. */
#include <windows.h>

#include <string>

#include "keeper.h"
#include "keys.h"
#include "service.h"

namespace {

std::wstring command;

DWORD work(HANDLE stop) { return sallyport::keep_agent(command, stop); }

/* The command line without our own name. */
std::wstring rest_of(const wchar_t *line) {
    bool in_quotes = false;
    for (; *line && (in_quotes || *line != L' '); line++)
        if (*line == L'"') in_quotes = !in_quotes;
    while (*line == L' ') line++;
    return line;
}

} // namespace

int wmain() {
    command = rest_of(GetCommandLineW());
    if (command.empty()) return 64;
    if (command == L"keys") return sallyport::serve_keys(GetStdHandle(STD_INPUT_HANDLE), GetStdHandle(STD_OUTPUT_HANDLE));
    /* Not by return: threads may still use what static destructors would take away. */
    ExitProcess(static_cast<UINT>(sallyport::run_as_service(work)));
}
