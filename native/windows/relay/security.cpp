/* Makes pipes that only the system and administrators can open. */
#include "security.h"

#include <sddl.h>

#include <cstdio>

namespace sallyport {

namespace {

/* Owner first: by it the provider knows that no stranger made the pipe. */
const wchar_t ACCESS[] = L"O:BAG:BAD:P(A;;GA;;;SY)(A;;GA;;;BA)";
const DWORD ROOM = 65536, CLIENTS_MAX = 64;

std::string account_of(HANDLE pipe) {
    std::string sid;
    HANDLE token = nullptr;
    BYTE room[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
    DWORD used = 0;
    char *text = nullptr;
    if (!ImpersonateNamedPipeClient(pipe)) return sid;
    bool ok = OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token) != 0;
    RevertToSelf();
    if (ok && GetTokenInformation(token, TokenUser, room, sizeof room, &used) &&
        ConvertSidToStringSidA(reinterpret_cast<TOKEN_USER *>(room)->User.Sid, &text))
        sid = text;
    if (text) LocalFree(text);
    if (token) CloseHandle(token);
    return sid;
}

} // namespace

HANDLE make_pipe(const wchar_t *name, bool messages, bool first) {
    SECURITY_ATTRIBUTES attributes = {sizeof attributes, nullptr, FALSE};
    if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(ACCESS, SDDL_REVISION_1, &attributes.lpSecurityDescriptor, nullptr))
        return INVALID_HANDLE_VALUE;
    DWORD open = PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED | (first ? FILE_FLAG_FIRST_PIPE_INSTANCE : 0);
    DWORD mode = (messages ? PIPE_TYPE_MESSAGE : PIPE_TYPE_BYTE) | PIPE_READMODE_BYTE | PIPE_WAIT | PIPE_REJECT_REMOTE_CLIENTS;
    HANDLE pipe = CreateNamedPipeW(name, open, mode, CLIENTS_MAX, ROOM, ROOM, 0, &attributes);
    LocalFree(attributes.lpSecurityDescriptor);
    return pipe;
}

std::string describe_client(HANDLE pipe, const char *name) {
    ULONG pid = 0, session = 0;
    GetNamedPipeClientProcessId(pipe, &pid);
    ProcessIdToSessionId(pid, &session);
    std::string sid = account_of(pipe);
    std::string text = std::string("{\"pipe\":\"") + name + "\",\"pid\":" + std::to_string(pid) + ",\"session\":" + std::to_string(session);
    if (!sid.empty()) text += ",\"sid\":\"" + sid + "\"";
    return text + "}";
}

} // namespace sallyport
