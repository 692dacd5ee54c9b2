/* Asks Windows: LogonUser, its token, the session, the event log. */
#include <windows.h>

#include <sddl.h>
#include <wtsapi32.h>

#include <cstdio>
#include <iterator>

#include "../provider/text.h"
#include "folder.h"
#include "machine.h"

namespace sallyport {

namespace {

const DWORD IPV4 = 2; /* AF_INET; winsock2.h must not come behind windows.h */
const wchar_t SOURCE[] = L"Sallyport";

std::string text_of(PSID sid) {
    char *text = nullptr;
    std::string out;
    if (ConvertSidToStringSidA(sid, &text)) out = text;
    if (text) LocalFree(text);
    return out;
}

/* Into the first somebody puts accounts, the others (Everyone, Interactive, the logon's own) are in every token alike: a rule that named
 * one of those would be a rule on everybody. S-1-12-1: groups of Entra ID. */
bool is_somebodys_group(const std::string &sid) {
    for (const char *start : {"S-1-5-21-", "S-1-5-32-", "S-1-12-1-"})
        if (sid.rfind(start, 0) == 0) return true;
    return false;
}

std::vector<BYTE> token_facts(HANDLE token, TOKEN_INFORMATION_CLASS what) {
    DWORD size = 0;
    GetTokenInformation(token, what, nullptr, 0, &size);
    std::vector<BYTE> room(size);
    if (size == 0 || !GetTokenInformation(token, what, room.data(), size, &size)) room.clear();
    return room;
}

/* Also groups that UAC has made *deny only*: the account is in them. */
void read_token(HANDLE token, LogonTry &account) {
    std::vector<BYTE> user = token_facts(token, TokenUser), groups = token_facts(token, TokenGroups);
    if (!user.empty()) account.sid = text_of(reinterpret_cast<TOKEN_USER *>(user.data())->User.Sid);
    auto *all = reinterpret_cast<TOKEN_GROUPS *>(groups.data());
    for (DWORD i = 0; !groups.empty() && i < all->GroupCount; i++) {
        std::string sid = text_of(all->Groups[i].Sid);
        if (is_somebodys_group(sid)) account.groups.push_back(sid);
    }
}

class Windows final : public Machine {
  public:
    LogonTry log_on(const std::wstring &domain, const std::wstring &user, const std::wstring &password, DWORD type) override {
        LogonTry tried;
        HANDLE token = nullptr;
        const wchar_t *where = domain.empty() ? nullptr : domain.c_str();
        if (!LogonUserW(user.c_str(), where, password.c_str(), type, LOGON32_PROVIDER_DEFAULT, &token)) {
            DWORD error = GetLastError();
            tried.error = error ? error : ERROR_LOGON_FAILURE;
            return tried;
        }
        read_token(token, tried);
        CloseHandle(token);
        return tried;
    }

    bool find_account(const std::wstring &domain, const std::wstring &user, std::string &sid) override {
        BYTE room[SECURITY_MAX_SID_SIZE];
        wchar_t found[256];
        DWORD size = sizeof room, length = static_cast<DWORD>(std::size(found));
        SID_NAME_USE use;
        std::wstring name = domain.empty() ? user : domain + L"\\" + user;
        if (!LookupAccountNameW(nullptr, name.c_str(), room, &size, found, &length, &use)) return GetLastError() != ERROR_NONE_MAPPED;
        sid = text_of(room);
        return true;
    }

    /* learn.microsoft.com, WTS_CLIENT_ADDRESS: an IPv4 address begins at the third byte; an IPv6 address does not fit in whole. */
    Place place_of(DWORD session) override {
        Place place;
        wchar_t *room = nullptr;
        DWORD size = 0;
        if (WTSQuerySessionInformationW(WTS_CURRENT_SERVER_HANDLE, session, WTSClientProtocolType, &room, &size)) {
            place.remote = size >= sizeof(USHORT) && *reinterpret_cast<USHORT *>(room) == WTS_PROTOCOL_TYPE_RDP;
            WTSFreeMemory(room);
        }
        if (!place.remote || !WTSQuerySessionInformationW(WTS_CURRENT_SERVER_HANDLE, session, WTSClientAddress, &room, &size)) return place;
        const auto *client = reinterpret_cast<const WTS_CLIENT_ADDRESS *>(room);
        const BYTE *a = client->Address + 2;
        char text[16] = "";
        if (size >= sizeof *client && client->AddressFamily == IPV4) snprintf(text, sizeof text, "%u.%u.%u.%u", a[0], a[1], a[2], a[3]);
        WTSFreeMemory(room);
        place.address = text;
        return place;
    }

    /* What Windows does not say is no: this opens. RemoteApp and virtual cards are remote sessions, too. */
    bool at_own_screen(DWORD session) override {
        wchar_t *room = nullptr;
        DWORD size = 0;
        if (session == 0 || session != WTSGetActiveConsoleSessionId() ||
            !WTSQuerySessionInformationW(WTS_CURRENT_SERVER_HANDLE, session, WTSClientProtocolType, &room, &size))
            return false;
        bool own = size >= sizeof(USHORT) && *reinterpret_cast<USHORT *>(room) == WTS_PROTOCOL_TYPE_CONSOLE;
        WTSFreeMemory(room);
        return own;
    }

    Tpm &tpm() override { return windows_tpm(); }

    std::string secure_folder(const std::wstring &path) override { return make_or_judge_folder(path); }

    void write_down(Note what, const std::string &detail) override {
        HANDLE log = RegisterEventSourceW(nullptr, SOURCE);
        if (!log) return;
        WORD kind = EVENTLOG_INFORMATION_TYPE;
        if (what == Note::restarted || what == Note::let_in || what == Note::kept_out) kind = EVENTLOG_WARNING_TYPE;
        if (what == Note::refused || what == Note::not_set_up) kind = EVENTLOG_ERROR_TYPE;
        std::wstring text = to_wide(detail);
        const wchar_t *texts[] = {text.c_str()};
        ReportEventW(log, kind, 0, static_cast<DWORD>(what), nullptr, 1, 0, texts, nullptr);
        DeregisterEventSource(log);
    }
};

} // namespace

Machine &machine() {
    static Windows windows;
    return windows;
}

} // namespace sallyport
