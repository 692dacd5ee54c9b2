/* What LogonUI does with a credential provider, for a story: finds it in the registry, loads it, asks its filter, draws its tile as JSON lines,
 * and does what the lines on standard input say: `type FIELD TEXT`, `select FIELD ITEM`, `click FIELD`, `submit`, `leave` (while it
 * waits), `deselect`, `report STATUS SUBSTATUS` (hexadecimal), `picture FILE`, `many COUNT USER PASSWORD CODE`, `quit`. Where the provider
 * rings, tile and provider are asked anew, and Windows goes on by itself if they say so.
 * Options: `--unlock`, `--credui`, `--change`, `--plap`; `--system` (the program counts as the system's), `--remote` (a remote session),
 * `--unsaid` (one that Windows calls local);
 * `--late` (half a minute and more goes by before Windows fetches an answer), `--direct` (no Connect), `--hasty` (leaves at the first word that the waiting tile tells), `--handed DOMAIN USER PASSWORD`. */
#include "tile_session.h"

namespace {

std::string ms_text(ULONGLONG us) {
    char text[32];
    snprintf(text, sizeof text, "%llu.%03llu", us / 1000, us % 1000);
    return text;
}

/* On a thread of its own, as LogonUI does it; the person may leave meanwhile. `began`: when the tile was called, ours and not Windows' time from there on. */
std::string connect_tile(ULONGLONG &began) {
    Waiting waiting;
    waiting.hasty = hasty;
    if (direct || tile->QueryInterface(__uuidof(IConnectableCredentialProviderCredential), reinterpret_cast<void **>(&waiting.tile)) != S_OK)
        return "";
    HANDLE thread = CreateThread(nullptr, 0, connect, &waiting, 0, nullptr);
    while (WaitForSingleObject(thread, 20) == WAIT_TIMEOUT)
        if (person.leaves()) waiting.left = 1;
    CloseHandle(thread);
    waiting.tile->Release();
    began = waiting.called;
    must("Connect", waiting.result);
    std::string text = ",\"told\":[";
    for (size_t i = 0; i < waiting.told.size(); i++) text += (i ? "," : "") + json(waiting.told[i].c_str());
    return text + "]";
}

/* What Windows asks for after Enter, and by itself where the tile says so. Answers whether there was a credential. */
bool submit(bool quiet = false) {
    static const char *const responses[] = {"not-finished", "nothing", "credential", "nothing"};
    CREDENTIAL_PROVIDER_GET_SERIALIZATION_RESPONSE response = CPGSR_NO_CREDENTIAL_NOT_FINISHED;
    CREDENTIAL_PROVIDER_CREDENTIAL_SERIALIZATION credential = {};
    CREDENTIAL_PROVIDER_STATUS_ICON icon = CPSI_NONE;
    LPWSTR text = nullptr;
    ULONGLONG began = now_us();
    std::string told = connect_tile(began);
    if (dawdles) skipped += 31'000;
    ULONGLONG called = now_us();
    must("GetSerialization", tile->GetSerialization(&response, &credential, &text, &icon));
    ULONGLONG now = now_us();
    std::string line = std::string("{\"response\":") + quoted(responses[response]) + ",\"text\":" + json(text) + ",\"icon\":" +
                       std::to_string(icon) + told + ",\"ms\":" + ms_text(now - began) + ",\"held\":" + ms_text(now - called);
    bool given = credential.rgbSerialization != nullptr;
    if (given) line += describe_credential(credential);
    if (!quiet) say(line + ",\"screen\":" + describe_screen() + "}");
    CoTaskMemFree(credential.rgbSerialization);
    CoTaskMemFree(text);
    return given;
}

/* The provider rang: everything is asked anew. */
void take_up_again() {
    put_down();
    if (take_up()) submit();
    else say("{\"screen\":" + describe_screen() + "}");
}

void report(const std::string &rest) {
    char *sub = nullptr;
    LPWSTR text = nullptr;
    CREDENTIAL_PROVIDER_STATUS_ICON icon = CPSI_NONE;
    auto status = static_cast<NTSTATUS>(strtoul(rest.c_str(), &sub, 16));
    auto sub_status = static_cast<NTSTATUS>(strtoul(sub, nullptr, 16));
    ULONGLONG began = GetTickCount64();
    must("ReportResult", tile->ReportResult(status, sub_status, &text, &icon));
    say("{\"reported\":" + json(text) + ",\"icon\":" + std::to_string(icon) + ",\"held\":" + std::to_string(GetTickCount64() - began) + "}");
    CoTaskMemFree(text);
}

/* The picture of the tile as a BMP file of 32 bits, from above. */
void save_picture(const std::string &path) {
    HBITMAP bitmap = nullptr;
    DIBSECTION about = {};
    DWORD field = 0;
    while (screen.fields[field].type != CPFT_TILE_IMAGE) field++;
    must("GetBitmapValue", tile->GetBitmapValue(field, &bitmap));
    if (GetObjectW(bitmap, sizeof about, &about) != sizeof about) fail("no bitmap with its bits", E_FAIL);
    DWORD size = static_cast<DWORD>(about.dsBm.bmWidthBytes * about.dsBm.bmHeight);
    BITMAPFILEHEADER head = {0x4d42, static_cast<DWORD>(sizeof head + sizeof about.dsBmih) + size, 0, 0, sizeof head + sizeof about.dsBmih};
    about.dsBmih.biHeight = -about.dsBm.bmHeight;
    FILE *file = fopen(path.c_str(), "wb");
    bool ok = file && fwrite(&head, sizeof head, 1, file) == 1 && fwrite(&about.dsBmih, sizeof about.dsBmih, 1, file) == 1 &&
              fwrite(about.dsBm.bmBits, 1, size, file) == size;
    if (!file || fclose(file) != 0 || !ok) fail("the picture cannot be written", E_FAIL);
    std::wstring size_told = size_of(bitmap);
    DeleteObject(bitmap);
    say("{\"picture\":" + json(size_told.c_str()) + "}");
}

DWORD shown(CREDENTIAL_PROVIDER_FIELD_TYPE type) {
    for (DWORD id = 0; id < screen.fields.size(); id++)
        if (screen.fields[id].type == type && screen.fields[id].state != CPFS_HIDDEN) return id;
    fail("a field is not there", E_FAIL);
}

/* Logons in a row, each to its credential; what the process holds after the first hundred, and at the end. */
void log_on_often(const std::string &rest) {
    char user[64], password[64], code[64];
    int count = 0;
    Held early;
    if (sscanf(rest.c_str(), "%d %63s %63s %63s", &count, user, password, code) != 4) fail("many COUNT USER PASSWORD CODE", E_FAIL);
    ULONGLONG began = GetTickCount64();
    for (int i = 0; i < count; i++) {
        if (i == 100) early = what_is_held();
        must("SetStringValue", tile->SetStringValue(shown(CPFT_EDIT_TEXT), to_wide(user).c_str()));
        must("SetStringValue", tile->SetStringValue(shown(CPFT_PASSWORD_TEXT), to_wide(password).c_str()));
        if (submit(true)) fail("let in without a code", E_FAIL);
        must("SetStringValue", tile->SetStringValue(shown(CPFT_EDIT_TEXT), to_wide(code).c_str()));
        if (!submit(true)) fail("not let in", E_FAIL);
    }
    ULONGLONG took = GetTickCount64() - began;
    Held late = what_is_held();
    say("{\"logons\":" + std::to_string(count) + ",\"ms\":" + std::to_string(took) + ",\"early\":" + early.json() + ",\"late\":" + late.json() + "}");
}

void act(const std::string &line) {
    size_t space = line.find(' '), second = space == std::string::npos ? space : line.find(' ', space + 1);
    std::string word = line.substr(0, space), rest = space == std::string::npos ? "" : line.substr(space + 1);
    std::string last = second == std::string::npos ? "" : line.substr(second + 1);
    auto field = static_cast<DWORD>(strtoul(rest.c_str(), nullptr, 10));
    if (word == "type") must("SetStringValue", tile->SetStringValue(field, to_wide(last).c_str()));
    else if (word == "select") must("SetComboBoxSelectedValue", tile->SetComboBoxSelectedValue(field, static_cast<DWORD>(strtoul(last.c_str(), nullptr, 10))));
    else if (word == "click") {
        must("CommandLinkClicked", tile->CommandLinkClicked(field));
        if (WaitForSingleObject(bells.rung, 0) == WAIT_OBJECT_0) take_up_again();
        else say("{\"screen\":" + describe_screen() + "}");
    } else if (word == "submit") submit();
    else if (word == "report") report(rest);
    else if (word == "picture") save_picture(rest);
    else if (word == "many") log_on_often(rest);
    else if (word == "deselect") {
        must("SetDeselected", tile->SetDeselected());
        say("{\"screen\":" + describe_screen() + "}");
    }
}

/* As Windows does with what came through network level authentication: the filter may make another provider's of it. */
void hand_over(wchar_t **from) {
    CREDENTIAL_PROVIDER_CREDENTIAL_SERIALIZATION handed = {}, ours = {};
    CLSIDFromString(OTHERS[0], &handed.clsidCredentialProvider);
    if (!pack(from[0], from[1], from[2], false, &handed.rgbSerialization, &handed.cbSerialization)) fail("it cannot be packed", E_FAIL);
    must("UpdateRemoteCredential", filter->UpdateRemoteCredential(&handed, &ours));
    CoTaskMemFree(handed.rgbSerialization);
    must("SetSerialization", provider->SetSerialization(&ours));
    CoTaskMemFree(ours.rgbSerialization);
}

bool unsaid = false; /* Windows calls the remote session a local one */

wchar_t **read_options(int argc, wchar_t **argv, bool &system, bool &remote) {
    static const struct {
        const wchar_t *name;
        CREDENTIAL_PROVIDER_USAGE_SCENARIO is;
    } scenarios[] = {{L"--unlock", CPUS_UNLOCK_WORKSTATION}, {L"--credui", CPUS_CREDUI}, {L"--change", CPUS_CHANGE_PASSWORD}, {L"--plap", CPUS_PLAP}};
    wchar_t **handed = nullptr;
    for (int i = 1; i < argc; i++) {
        for (const auto &[name, is] : scenarios)
            if (wcscmp(argv[i], name) == 0) scenario = is;
        direct = direct || wcscmp(argv[i], L"--direct") == 0;
        dawdles = dawdles || wcscmp(argv[i], L"--late") == 0;
        hasty = hasty || wcscmp(argv[i], L"--hasty") == 0;
        system = system || wcscmp(argv[i], L"--system") == 0;
        remote = remote || wcscmp(argv[i], L"--remote") == 0;
        unsaid = unsaid || wcscmp(argv[i], L"--unsaid") == 0;
        if (wcscmp(argv[i], L"--handed") == 0 && i + 3 < argc) handed = argv + i + 1;
    }
    return handed;
}

} // namespace

int wmain(int argc, wchar_t **argv) {
    bool system = false, remote = false;
    wchar_t **handed = read_options(argc, argv, system, remote);
    must("CoInitializeEx", CoInitializeEx(nullptr, COINIT_APARTMENTTHREADED));
    std::wstring ours = load(L"Credential Providers", __uuidof(ICredentialProvider), reinterpret_cast<void **>(&provider));
    load(L"Credential Provider Filters", __uuidof(ICredentialProviderFilter), reinterpret_cast<void **>(&filter));
    if (system) pretend("GetTokenInformation", reinterpret_cast<const void *>(&token_of_the_system));
    if (remote) pretend("GetSystemMetrics", reinterpret_cast<const void *>(&metrics_of_a_remote_session));
    if (dawdles) pretend("GetTickCount64", reinterpret_cast<const void *>(&ticks_later));
    if (unsaid) pretend("WTSGetActiveConsoleSessionId", reinterpret_cast<const void *>(&another_session_at_the_screen));
    say("{\"provider\":" + json(ours.c_str()) + "}");
    std::string left = ask_filter(ours);
    HRESULT served = provider->SetUsageScenario(scenario, 0);
    if (served != S_OK && served != E_NOTIMPL) fail("SetUsageScenario", served);
    bool entered = false;
    if (handed) hand_over(handed);
    if (served == S_OK) {
        must("Advise", provider->Advise(&bells, Bells::CONTEXT));
        entered = take_up();
    }
    say(std::string("{\"served\":") + (tile ? "true" : "false") + ",\"left\":" + left + ",\"autoLogon\":" + (entered ? "true" : "false") +
        ",\"screen\":" + describe_screen() + "}");
    person.listen();
    for (std::string line; (line = person.next(bells.rung)) != "quit";) {
        if (line.empty()) take_up_again();
        else if (tile) act(line);
    }
    if (tile) put_down();
    must("UnAdvise", provider->UnAdvise());
    bool all_gone = (filter->Release() | provider->Release()) == 0 && screen.count == 1 && bells.are_let_go();
    say(std::string("{\"released\":") + (all_gone ? "true" : "false") + "}");
    ExitProcess(all_gone ? 0 : 1);
}
