/* PowerShell as a story has it, since Wine has none: what collect.ps1 would have collected lies in a file of the story's. `-Out FILE` is the last
 * of its arguments, as the agent's setup gives them. */
#include <windows.h>

int wmain(int count, wchar_t **arguments) {
    if (count < 3 || wcscmp(arguments[count - 2], L"-Out") != 0) return 2;
    return CopyFileW(L"C:\\facts.json", arguments[count - 1], TRUE) ? 0 : 1;
}
