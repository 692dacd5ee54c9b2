/* What LogonUI does with a credential provider, for a story: finds it in the registry, loads it, draws its tile as JSON lines, and does what the
 * lines on standard input say: `type FIELD TEXT`, `select FIELD ITEM`, `click FIELD`, `submit`, `leave` (while it waits), `deselect`,
 * `report STATUS SUBSTATUS` (hexadecimal), `quit`. Options: `--unlock`, `--direct` (no Connect), `--hasty` (leaves at the first word that
 * the waiting tile tells), `--handed DOMAIN USER PASSWORD`. */
#include <windows.h>

#include <credentialprovider.h>

#include <cstdio>
#include <string>
#include <vector>

#include "../../native/windows/provider/serialization.h"
#include "../../native/windows/provider/text.h"
#include "screen.h"

using namespace sallyport;

namespace {

const wchar_t PROVIDERS[] = L"SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Authentication\\Credential Providers";

std::string json(const wchar_t *text) { return quoted(to_utf8(text ? text : L"")); }

void say(const std::string &line) {
    fputs((line + "\n").c_str(), stdout);
    fflush(stdout);
}

[[noreturn]] void fail(const char *what, HRESULT result) {
    char code[16];
    snprintf(code, sizeof code, "0x%08lX", static_cast<unsigned long>(result));
    say(std::string("{\"fault\":") + quoted(what) + ",\"result\":\"" + code + "\"}");
    ExitProcess(1);
}

void must(const char *what, HRESULT result) {
    if (result != S_OK) fail(what, result);
}

/* What Windows hands to Connect. */
class Waiting final : public IQueryContinueWithStatus {
  public:
    volatile LONG left = 0;
    bool hasty = false;
    std::vector<std::wstring> told;
    HRESULT STDMETHODCALLTYPE QueryInterface(REFIID, void **out) override { return *out = this, S_OK; }
    ULONG STDMETHODCALLTYPE AddRef() override { return 2; }
    ULONG STDMETHODCALLTYPE Release() override { return 1; }
    HRESULT STDMETHODCALLTYPE QueryContinue() override { return left ? S_FALSE : S_OK; }
    HRESULT STDMETHODCALLTYPE SetStatusMessage(LPCWSTR text) override {
        told.emplace_back(text);
        if (hasty) left = 1;
        return S_OK;
    }
    IConnectableCredentialProviderCredential *tile = nullptr;
    HRESULT result = E_PENDING;
};

DWORD WINAPI connect(void *given) {
    auto *waiting = static_cast<Waiting *>(given);
    waiting->result = waiting->tile->Connect(waiting);
    return 0;
}

ICredentialProvider *provider;
ICredentialProviderCredential *tile;
Screen screen;
Person person;
bool direct, hasty;

std::string describe(DWORD id, const Drawn &one) {
    static const char *const types[] = {"", "large-text", "small-text", "link", "edit", "password", "image", "checkbox", "choice", "submit"};
    std::string text = "{\"field\":" + std::to_string(id) + ",\"type\":" + quoted(types[one.type]) + ",\"label\":" + json(one.label.c_str()) +
                       ",\"value\":" + json(one.value.c_str()) + ",\"focused\":" + (one.focused ? "true" : "false");
    if (one.type != CPFT_COMBOBOX) return text + "}";
    text += ",\"items\":[";
    for (size_t i = 0; i < one.items.size(); i++) text += (i ? "," : "") + json(one.items[i].c_str());
    return text + "]}";
}

std::string describe_screen() {
    std::string text = "[";
    for (DWORD id = 0; id < screen.fields.size(); id++) {
        const Drawn &one = screen.fields[id];
        bool seen = one.state != CPFS_HIDDEN && !(one.value.empty() && (one.type == CPFT_SMALL_TEXT || one.type == CPFT_LARGE_TEXT));
        if (seen) text += (text.size() > 1 ? "," : "") + describe(id, one);
    }
    return text + "],\"besideSubmit\":" + std::to_string(screen.beside_submit);
}

/* The first provider of the registry that is a COM class with a DLL, as Windows finds it. */
void load() {
    HKEY key;
    wchar_t name[64];
    DWORD size = 64;
    CLSID id;
    if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, PROVIDERS, 0, KEY_READ, &key) != ERROR_SUCCESS) fail("no provider is registered", E_FAIL);
    if (RegEnumKeyExW(key, 0, name, &size, nullptr, nullptr, nullptr, nullptr) != ERROR_SUCCESS) fail("no provider is registered", E_FAIL);
    RegCloseKey(key);
    must("CLSIDFromString", CLSIDFromString(name, &id));
    must("CoCreateInstance", CoCreateInstance(id, nullptr, CLSCTX_INPROC_SERVER, __uuidof(ICredentialProvider), reinterpret_cast<void **>(&provider)));
    say("{\"provider\":" + json(name) + "}");
}

void read_fields() {
    DWORD count = 0;
    must("GetFieldDescriptorCount", provider->GetFieldDescriptorCount(&count));
    screen.fields.resize(count);
    for (DWORD id = 0; id < count; id++) {
        CREDENTIAL_PROVIDER_FIELD_DESCRIPTOR *descriptor = nullptr;
        CREDENTIAL_PROVIDER_FIELD_INTERACTIVE_STATE interactive;
        LPWSTR text = nullptr;
        must("GetFieldDescriptorAt", provider->GetFieldDescriptorAt(id, &descriptor));
        Drawn &one = screen.fields[id];
        one.type = descriptor->cpft;
        one.label = descriptor->pszLabel;
        must("GetFieldState", tile->GetFieldState(id, &one.state, &interactive));
        one.focused = interactive == CPFIS_FOCUSED;
        if (one.type != CPFT_COMBOBOX && one.type != CPFT_SUBMIT_BUTTON) {
            must("GetStringValue", tile->GetStringValue(id, &text));
            one.value = text;
        }
        if (one.type == CPFT_SUBMIT_BUTTON) must("GetSubmitButtonValue", tile->GetSubmitButtonValue(id, &screen.beside_submit));
        CoTaskMemFree(text);
        CoTaskMemFree(descriptor->pszLabel);
        CoTaskMemFree(descriptor);
    }
}

std::string submit_through_connect() {
    Waiting waiting;
    waiting.hasty = hasty;
    if (direct || tile->QueryInterface(__uuidof(IConnectableCredentialProviderCredential), reinterpret_cast<void **>(&waiting.tile)) != S_OK)
        return "";
    HANDLE thread = CreateThread(nullptr, 0, connect, &waiting, 0, nullptr);
    while (WaitForSingleObject(thread, 20) == WAIT_TIMEOUT)
        if (person.leaves()) waiting.left = 1;
    CloseHandle(thread);
    waiting.tile->Release();
    must("Connect", waiting.result);
    std::string text = ",\"told\":[";
    for (size_t i = 0; i < waiting.told.size(); i++) text += (i ? "," : "") + json(waiting.told[i].c_str());
    return text + "]";
}

std::string describe_credential(const CREDENTIAL_PROVIDER_CREDENTIAL_SERIALIZATION &credential) {
    static const char digits[] = "0123456789abcdef";
    wchar_t clsid[64];
    std::string bytes;
    for (DWORD i = 0; i < credential.cbSerialization; i++) {
        bytes += digits[credential.rgbSerialization[i] >> 4];
        bytes += digits[credential.rgbSerialization[i] & 15];
    }
    StringFromGUID2(credential.clsidCredentialProvider, clsid, 64);
    return ",\"credential\":{\"package\":" + std::to_string(credential.ulAuthenticationPackage) + ",\"provider\":" + json(clsid) +
           ",\"bytes\":\"" + bytes + "\"}";
}

void submit() {
    static const char *const responses[] = {"not-finished", "nothing", "credential", "nothing"};
    CREDENTIAL_PROVIDER_GET_SERIALIZATION_RESPONSE response = CPGSR_NO_CREDENTIAL_NOT_FINISHED;
    CREDENTIAL_PROVIDER_CREDENTIAL_SERIALIZATION credential = {};
    CREDENTIAL_PROVIDER_STATUS_ICON icon = CPSI_NONE;
    LPWSTR text = nullptr;
    ULONGLONG began = GetTickCount64();
    std::string told = submit_through_connect();
    must("GetSerialization", tile->GetSerialization(&response, &credential, &text, &icon));
    std::string line = std::string("{\"response\":") + quoted(responses[response]) + ",\"text\":" + json(text) + ",\"icon\":" +
                       std::to_string(icon) + told + ",\"ms\":" + std::to_string(GetTickCount64() - began);
    if (credential.rgbSerialization) line += describe_credential(credential);
    say(line + ",\"screen\":" + describe_screen() + "}");
    CoTaskMemFree(credential.rgbSerialization);
    CoTaskMemFree(text);
}

void report(const std::string &rest) {
    char *sub = nullptr;
    LPWSTR text = nullptr;
    CREDENTIAL_PROVIDER_STATUS_ICON icon = CPSI_NONE;
    auto status = static_cast<NTSTATUS>(strtoul(rest.c_str(), &sub, 16));
    auto sub_status = static_cast<NTSTATUS>(strtoul(sub, nullptr, 16));
    must("ReportResult", tile->ReportResult(status, sub_status, &text, &icon));
    say("{\"reported\":" + json(text) + ",\"icon\":" + std::to_string(icon) + "}");
    CoTaskMemFree(text);
}

void act(const std::string &line) {
    size_t space = line.find(' '), second = space == std::string::npos ? space : line.find(' ', space + 1);
    std::string word = line.substr(0, space), rest = space == std::string::npos ? "" : line.substr(space + 1);
    std::string last = second == std::string::npos ? "" : line.substr(second + 1);
    auto field = static_cast<DWORD>(strtoul(rest.c_str(), nullptr, 10));
    if (word == "type") must("SetStringValue", tile->SetStringValue(field, to_wide(last).c_str()));
    else if (word == "select") must("SetComboBoxSelectedValue", tile->SetComboBoxSelectedValue(field, static_cast<DWORD>(strtoul(last.c_str(), nullptr, 10))));
    else if (word == "click") must("CommandLinkClicked", tile->CommandLinkClicked(field));
    else if (word == "submit") submit();
    else if (word == "report") report(rest);
    else if (word == "deselect") {
        must("SetDeselected", tile->SetDeselected());
        say("{\"screen\":" + describe_screen() + "}");
    }
}

} // namespace

int wmain(int argc, wchar_t **argv) {
    CREDENTIAL_PROVIDER_USAGE_SCENARIO scenario = CPUS_LOGON;
    CREDENTIAL_PROVIDER_CREDENTIAL_SERIALIZATION handed = {};
    for (int i = 1; i < argc; i++) {
        if (wcscmp(argv[i], L"--unlock") == 0) scenario = CPUS_UNLOCK_WORKSTATION;
        if (wcscmp(argv[i], L"--direct") == 0) direct = true;
        if (wcscmp(argv[i], L"--hasty") == 0) hasty = true;
        if (wcscmp(argv[i], L"--handed") == 0 && i + 3 < argc)
            pack(argv[i + 1], argv[i + 2], argv[i + 3], false, &handed.rgbSerialization, &handed.cbSerialization);
    }
    DWORD count = 0, preferred = 0;
    BOOL auto_logon = FALSE, selected_logon = FALSE;
    must("CoInitializeEx", CoInitializeEx(nullptr, COINIT_APARTMENTTHREADED));
    load();
    if (provider->SetUsageScenario(CPUS_CREDUI, 0) != E_NOTIMPL) fail("it takes a scenario that it does not serve", E_FAIL);
    must("SetUsageScenario", provider->SetUsageScenario(scenario, 0));
    if (handed.rgbSerialization) must("SetSerialization", provider->SetSerialization(&handed));
    must("Advise", provider->Advise(nullptr, 0));
    must("GetCredentialCount", provider->GetCredentialCount(&count, &preferred, &auto_logon));
    must("GetCredentialAt", provider->GetCredentialAt(preferred, &tile));
    read_fields();
    must("Advise", tile->Advise(&screen));
    must("SetSelected", tile->SetSelected(&selected_logon));
    say("{\"tiles\":" + std::to_string(count) + ",\"autoLogon\":" + (auto_logon && selected_logon ? "true" : "false") + ",\"screen\":" + describe_screen() + "}");
    person.listen();
    for (std::string line = person.next(); line != "quit"; line = person.next()) act(line);
    must("UnAdvise", tile->UnAdvise());
    tile->Release();
    must("UnAdvise", provider->UnAdvise());
    bool all_gone = provider->Release() == 0 && screen.count == 1;
    say(std::string("{\"released\":") + (all_gone ? "true" : "false") + "}");
    ExitProcess(all_gone ? 0 : 1);
}
