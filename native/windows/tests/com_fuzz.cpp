/* Calls every method of provider, tile, filter and class factory in odd orders, with null, garbage and the right things, and holds them to: no
 * crash, no handle for a failure, one credential at most for each yes, everything released at the end.
 * Usage: com_fuzz.exe DLL SEEDS [FIRST [HOW]]. Says how many calls it made; 1 with seed and call if something is wrong. HOW: `stranger`: the
 * pipes are no service's; `starving`: memory comes to an end. */
#include <windows.h>

#include <credentialprovider.h>
#include <ntsecapi.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "../../../e2e/wine/pretend.h"
#include "fuzz_door.h"

namespace {

const CLSID OURS = {0x696f6d96, 0xab3d, 0x4079, {0x81, 0x1d, 0x51, 0x5e, 0x4b, 0xf3, 0x86, 0xd1}};
const DWORD PAGE = 4096;

uint64_t state;
unsigned long seed;
long calls;
const char *now = "";

uint64_t next() {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}
DWORD below(DWORD limit) { return static_cast<DWORD>(next() % limit); }
bool rarely() { return below(8) == 0; }

[[noreturn]] void wrong(const char *what) {
    printf("seed %lu, call %ld, %s: %s\n", seed, calls, now, what);
    fflush(stdout);
    ExitProcess(1);
}

LONG WINAPI crashed(EXCEPTION_POINTERS *at) {
    char text[64];
    snprintf(text, sizeof text, "exception 0x%08lX", at->ExceptionRecord->ExceptionCode);
    wrong(text);
}

void check(bool holds, const char *what) {
    if (!holds) wrong(what);
}

/* Null now and then. */
template <class T> T *maybe(T *right) { return rarely() ? nullptr : right; }

/* Bytes whose end is the end of what may be read. */
class Edge {
  public:
    Edge() {
        pages_ = static_cast<BYTE *>(VirtualAlloc(nullptr, 2 * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE));
        DWORD before = 0;
        check(pages_ && VirtualProtect(pages_ + PAGE, PAGE, PAGE_NOACCESS, &before), "no pages");
    }
    BYTE *put(const BYTE *bytes, DWORD size) { return static_cast<BYTE *>(memcpy(pages_ + PAGE - size, bytes, size)); }

  private:
    BYTE *pages_;
};

/* A credential as a remote client hands it over: right, cut, or with lengths and offsets of anybody's choice. */
void make_credential(CREDENTIAL_PROVIDER_CREDENTIAL_SERIALIZATION &made, Edge &edge) {
    static const wchar_t *const texts[] = {L"", L"alice", L"CORP", L"secret", L"@@Dprotected", L"a\xd800z"};
    BYTE bytes[1024] = {};
    auto *head = reinterpret_cast<KERB_INTERACTIVE_UNLOCK_LOGON *>(bytes);
    DWORD size = sizeof *head;
    head->Logon.MessageType = below(6) ? KerbInteractiveLogon : static_cast<KERB_LOGON_SUBMIT_TYPE>(below(20));
    for (UNICODE_STRING *one : {&head->Logon.LogonDomainName, &head->Logon.UserName, &head->Logon.Password}) {
        const wchar_t *text = texts[below(6)];
        one->Length = one->MaximumLength = static_cast<USHORT>(wcslen(text) * sizeof(wchar_t));
        one->Buffer = reinterpret_cast<wchar_t *>(static_cast<ULONG_PTR>(size));
        memcpy(bytes + size, text, one->Length);
        size += one->Length;
        if (rarely()) one->Length = static_cast<USHORT>(next());
        if (rarely()) one->Buffer = reinterpret_cast<wchar_t *>(next() >> below(64));
    }
    if (rarely()) size = below(size + 1);
    if (rarely()) bytes[below(sizeof *head)] = static_cast<BYTE>(next());
    made = {below(4), rarely() ? GUID{} : OURS, size, rarely() ? nullptr : edge.put(bytes, size)};
    if (!made.rgbSerialization && rarely()) made.cbSerialization = 0;
}

/* Windows' side: counts its references, takes everything. */
class Events final : public ICredentialProviderCredentialEvents, public ICredentialProviderEvents {
  public:
    LONG count = 1;
    HRESULT STDMETHODCALLTYPE QueryInterface(REFIID, void **out) override { return *out = nullptr, E_NOINTERFACE; }
    ULONG STDMETHODCALLTYPE AddRef() override { return static_cast<ULONG>(InterlockedIncrement(&count)); }
    ULONG STDMETHODCALLTYPE Release() override { return static_cast<ULONG>(InterlockedDecrement(&count)); }
    HRESULT STDMETHODCALLTYPE CredentialsChanged(UINT_PTR) override { return S_OK; }
    HRESULT STDMETHODCALLTYPE SetFieldState(ICredentialProviderCredential *, DWORD, CREDENTIAL_PROVIDER_FIELD_STATE) override { return S_OK; }
    HRESULT STDMETHODCALLTYPE SetFieldInteractiveState(ICredentialProviderCredential *, DWORD, CREDENTIAL_PROVIDER_FIELD_INTERACTIVE_STATE) override { return S_OK; }
    HRESULT STDMETHODCALLTYPE SetFieldString(ICredentialProviderCredential *, DWORD, LPCWSTR text) override { return check(text, "a null text"), S_OK; }
    HRESULT STDMETHODCALLTYPE SetFieldCheckbox(ICredentialProviderCredential *, DWORD, BOOL, LPCWSTR) override { return S_OK; }
    HRESULT STDMETHODCALLTYPE SetFieldBitmap(ICredentialProviderCredential *, DWORD, HBITMAP) override { return S_OK; }
    HRESULT STDMETHODCALLTYPE SetFieldComboBoxSelectedItem(ICredentialProviderCredential *, DWORD, DWORD) override { return S_OK; }
    HRESULT STDMETHODCALLTYPE DeleteFieldComboBoxItem(ICredentialProviderCredential *, DWORD, DWORD) override { return S_OK; }
    HRESULT STDMETHODCALLTYPE AppendFieldComboBoxItem(ICredentialProviderCredential *, DWORD, LPCWSTR) override { return S_OK; }
    HRESULT STDMETHODCALLTYPE SetFieldSubmitButton(ICredentialProviderCredential *, DWORD, DWORD) override { return S_OK; }
    HRESULT STDMETHODCALLTYPE OnCreatingWindow(HWND *) override { return E_NOTIMPL; }
};

class Query final : public IQueryContinueWithStatus {
  public:
    HRESULT STDMETHODCALLTYPE QueryInterface(REFIID, void **out) override { return *out = nullptr, E_NOINTERFACE; }
    ULONG STDMETHODCALLTYPE AddRef() override { return 2; }
    ULONG STDMETHODCALLTYPE Release() override { return 1; }
    HRESULT STDMETHODCALLTYPE QueryContinue() override { return below(4) ? S_OK : S_FALSE; }
    HRESULT STDMETHODCALLTYPE SetStatusMessage(LPCWSTR) override { return S_OK; }
};

Events events;
Query query;
Edge edge;
DWORD fields, name_field, password_field;
long let_in;
bool connected;
ULONGLONG most_held, most_waited;
const char *held_in = "nothing", *waited_in = "nothing";

DWORD any_field() { return rarely() ? static_cast<DWORD>(next()) : below(fields + 2); }

const wchar_t *any_text() {
    static wchar_t longest[5000];
    static const wchar_t *const texts[] = {L"", L"alice", L"CORP\\alice", L".\\", L"\\", L"@", L"123456", L"a\xd800z", L"\x202e", longest};
    wmemset(longest, L'x', 4999);
    return texts[below(10)];
}

void text_is(HRESULT result, LPWSTR text) {
    check(SUCCEEDED(result) || !text, "a text beside a failure");
    CoTaskMemFree(text);
}

/* Takes what GetSerialization gives, and holds it to the agent's word. */
void take_credential(IConnectableCredentialProviderCredential *tile, bool right) {
    CREDENTIAL_PROVIDER_STATUS_ICON icon;
    CREDENTIAL_PROVIDER_GET_SERIALIZATION_RESPONSE response;
    CREDENTIAL_PROVIDER_CREDENTIAL_SERIALIZATION credential = {};
    LPWSTR text = nullptr;
    now = "GetSerialization";
    auto some = [right](auto *one) { return right ? one : maybe(one); };
    HRESULT result = tile->GetSerialization(some(&response), some(&credential), some(&text), some(&icon));
    if (credential.rgbSerialization) check(++let_in <= yes_said && response == CPGSR_RETURN_CREDENTIAL_FINISHED, "let in, and nobody said yes");
    CoTaskMemFree(credential.rgbSerialization);
    text_is(result, text);
}

/* Name and password as a person types them, and what Windows does then. */
void log_on(IConnectableCredentialProviderCredential *tile) {
    now = "a logon";
    tile->SetStringValue(name_field, L"alice");
    tile->SetStringValue(password_field, L"secret");
    connected = below(4) != 0;
    if (connected) tile->Connect(&query);
    take_credential(tile, true);
}

void call_tile(IConnectableCredentialProviderCredential *tile) {
    DWORD number = 0, other = 0;
    LPWSTR text = nullptr;
    BOOL flag = FALSE;
    CREDENTIAL_PROVIDER_FIELD_STATE shown;
    CREDENTIAL_PROVIDER_FIELD_INTERACTIVE_STATE interactive;
    CREDENTIAL_PROVIDER_STATUS_ICON icon;
    HBITMAP bitmap = nullptr;
    HRESULT result;
    IUnknown *as = nullptr;
    GUID id = rarely() ? GUID{} : __uuidof(ICredentialProviderCredential);
    switch (below(21)) {
    case 0: now = "QueryInterface"; if (tile->QueryInterface(id, reinterpret_cast<void **>(maybe(&as))) == S_OK && as) as->Release(); break;
    case 1: now = "Advise"; tile->Advise(maybe(static_cast<ICredentialProviderCredentialEvents *>(&events))); break;
    case 2: now = "UnAdvise"; tile->UnAdvise(); break;
    case 3: now = "SetSelected"; tile->SetSelected(maybe(&flag)); break;
    case 4: now = "SetDeselected"; tile->SetDeselected(); break;
    case 5: now = "GetFieldState"; tile->GetFieldState(any_field(), maybe(&shown), maybe(&interactive)); break;
    case 6: now = "GetStringValue"; result = tile->GetStringValue(any_field(), maybe(&text)); text_is(result, text); break;
    case 7: now = "GetBitmapValue"; if (tile->GetBitmapValue(any_field(), maybe(&bitmap)) == S_OK) check(DeleteObject(bitmap), "no bitmap"); break;
    case 8: now = "GetCheckboxValue"; tile->GetCheckboxValue(any_field(), maybe(&flag), maybe(&text)); break;
    case 9: now = "GetSubmitButtonValue"; tile->GetSubmitButtonValue(any_field(), maybe(&number)); break;
    case 10: now = "GetComboBoxValueCount"; tile->GetComboBoxValueCount(any_field(), maybe(&number), maybe(&other)); break;
    case 11: now = "GetComboBoxValueAt"; result = tile->GetComboBoxValueAt(any_field(), any_field(), maybe(&text)); text_is(result, text); break;
    case 12: case 13: now = "SetStringValue"; tile->SetStringValue(any_field(), maybe(any_text())); break;
    case 14: now = "SetCheckboxValue"; tile->SetCheckboxValue(any_field(), rarely()); break;
    case 15: now = "SetComboBoxSelectedValue"; tile->SetComboBoxSelectedValue(any_field(), any_field()); break;
    case 16: now = "CommandLinkClicked"; tile->CommandLinkClicked(any_field()); break;
    case 17: now = "Connect"; tile->Connect(maybe(static_cast<IQueryContinueWithStatus *>(&query))); tile->Disconnect(); break;
    case 18: take_credential(tile, false); break;
    case 19: log_on(tile); break;
    default:
        now = "ReportResult";
        result = tile->ReportResult(static_cast<NTSTATUS>(next()), static_cast<NTSTATUS>(next()), maybe(&text), maybe(&icon));
        text_is(result, text);
    }
}

void call_provider(ICredentialProvider *provider) {
    DWORD number = 0, other = 0;
    BOOL flag = FALSE;
    CREDENTIAL_PROVIDER_FIELD_DESCRIPTOR *descriptor = nullptr;
    CREDENTIAL_PROVIDER_CREDENTIAL_SERIALIZATION handed;
    ICredentialProviderCredential *tile = nullptr;
    switch (below(8)) {
    case 0: now = "SetUsageScenario"; provider->SetUsageScenario(static_cast<CREDENTIAL_PROVIDER_USAGE_SCENARIO>(below(8)), below(3)); break;
    case 1: now = "SetSerialization"; make_credential(handed, edge); provider->SetSerialization(maybe(&handed)); break;
    case 2: now = "Advise"; provider->Advise(maybe(static_cast<ICredentialProviderEvents *>(&events)), 1); break;
    case 3: now = "UnAdvise"; provider->UnAdvise(); break;
    case 4: now = "GetFieldDescriptorCount"; provider->GetFieldDescriptorCount(maybe(&number)); break;
    case 5:
        now = "GetFieldDescriptorAt";
        if (provider->GetFieldDescriptorAt(any_field(), maybe(&descriptor)) == S_OK) CoTaskMemFree(descriptor->pszLabel), CoTaskMemFree(descriptor);
        break;
    case 6: now = "GetCredentialCount"; provider->GetCredentialCount(maybe(&number), maybe(&other), maybe(&flag)); break;
    default: now = "GetCredentialAt"; if (provider->GetCredentialAt(below(3), maybe(&tile)) == S_OK) tile->Release();
    }
}

void call_filter(ICredentialProviderFilter *filter) {
    GUID all[] = {OURS, GUID{1, 2, 3, {4}}, GUID{}};
    BOOL allowed[] = {TRUE, FALSE, TRUE};
    CREDENTIAL_PROVIDER_CREDENTIAL_SERIALIZATION from, to = {};
    if (rarely()) {
        now = "Filter";
        filter->Filter(static_cast<CREDENTIAL_PROVIDER_USAGE_SCENARIO>(below(8)), below(3), maybe(all), maybe(allowed), below(4));
        check(!allowed[1], "shown again");
        return;
    }
    now = "UpdateRemoteCredential";
    make_credential(from, edge);
    HRESULT result = filter->UpdateRemoteCredential(maybe(&from), maybe(&to));
    check((result == S_OK) == (to.rgbSerialization != nullptr), "a credential beside a failure");
    CoTaskMemFree(to.rgbSerialization);
}

void call_factory(IClassFactory *factory) {
    static const GUID ids[] = {__uuidof(IUnknown), __uuidof(ICredentialProvider), __uuidof(ICredentialProviderFilter), GUID{}};
    IUnknown *made = nullptr;
    now = "CreateInstance";
    IUnknown *outer = rarely() ? static_cast<IUnknown *>(static_cast<ICredentialProviderEvents *>(&events)) : nullptr;
    if (factory->CreateInstance(outer, ids[below(4)], reinterpret_cast<void **>(maybe(&made))) == S_OK) made->Release();
    now = "LockServer";
    factory->LockServer(TRUE);
    factory->LockServer(FALSE);
}

template <class T> T *make(IClassFactory *factory) {
    T *made = nullptr;
    check(factory->CreateInstance(nullptr, __uuidof(T), reinterpret_cast<void **>(&made)) == S_OK, "it is not made");
    return made;
}

/* The first that takes a text, and the first that hides it. */
void find_fields(ICredentialProvider *provider) {
    provider->GetFieldDescriptorCount(&fields);
    name_field = password_field = fields;
    for (DWORD i = fields; i-- > 0;) {
        CREDENTIAL_PROVIDER_FIELD_DESCRIPTOR *one = nullptr;
        check(provider->GetFieldDescriptorAt(i, &one) == S_OK && one->dwFieldID == i, "a field is not there");
        if (one->cpft == CPFT_EDIT_TEXT) name_field = i;
        if (one->cpft == CPFT_PASSWORD_TEXT) password_field = i;
        CoTaskMemFree(one->pszLabel);
        CoTaskMemFree(one);
    }
}

void run_seed(IClassFactory *factory) {
    auto *provider = make<ICredentialProvider>(factory);
    auto *filter = make<ICredentialProviderFilter>(factory);
    ICredentialProviderCredential *tile = nullptr;
    /* A tile outlives its provider, and stays when another takes its place. */
    provider->SetUsageScenario(below(4) ? CPUS_LOGON : CPUS_UNLOCK_WORKSTATION, 0);
    find_fields(provider);
    provider->GetCredentialAt(0, &tile);
    IConnectableCredentialProviderCredential *wide = nullptr;
    if (tile) tile->QueryInterface(__uuidof(IConnectableCredentialProviderCredential), reinterpret_cast<void **>(&wide));
    bool early = rarely();
    for (int i = static_cast<int>(below(80)); i >= 0; i--, calls++) {
        DWORD which = below(16);
        ULONGLONG began = GetTickCount64();
        if (which == 0) call_factory(factory);
        else if (which < 3) call_filter(filter);
        else if (which < 7 && provider) call_provider(provider);
        else if (wide) call_tile(wide);
        ULONGLONG took = GetTickCount64() - began;
        /* Connect is made for waiting; everything else holds LogonUI. */
        bool may_wait = strcmp(now, "Connect") == 0 || connected;
        if (took > (may_wait ? most_waited : most_held)) (may_wait ? most_waited : most_held) = took, (may_wait ? waited_in : held_in) = now;
        connected = false;
        if (i == 10 && early && provider) provider->Release(), provider = nullptr;
    }
    now = "Release";
    if (wide) wide->UnAdvise(), wide->Release();
    if (provider) provider->UnAdvise(), provider->Release();
    if (tile) tile->Release();
    check(filter->Release() == 0, "a filter is left");
}

/* What the DLL has of memory after some thousand pieces. */
void *starving_malloc(size_t size) {
    static LONG left = 5000;
    return InterlockedDecrement(&left) > 0 ? malloc(size) : nullptr;
}

void answer_for_windows(HMODULE dll, const char *how) {
    auto play = [dll](const char *name, const void *answer) { check(answer_import(dll, name, answer), name); };
    if (strcmp(how, "stranger") != 0) play("QueryServiceStatusEx", reinterpret_cast<const void *>(&service_is_this_process));
    if (strcmp(how, "starving") == 0) play("malloc", reinterpret_cast<const void *>(&starving_malloc));
}

} // namespace

int main(int argc, char **argv) {
    HRESULT(WINAPI *get_class)(REFCLSID, REFIID, void **) = nullptr;
    HRESULT(WINAPI *can_unload)() = nullptr;
    IClassFactory *factory = nullptr;
    unsigned long first = argc > 3 ? strtoul(argv[3], nullptr, 10) : 1, seeds = argc > 2 ? strtoul(argv[2], nullptr, 10) : 0;
    HMODULE dll = argc > 2 ? LoadLibraryA(argv[1]) : nullptr;
    SetUnhandledExceptionFilter(crashed);
    CoInitializeEx(nullptr, COINIT_APARTMENTTHREADED);
    check(dll && seeds > 0, "com_fuzz.exe DLL SEEDS [FIRST]");
    get_class = reinterpret_cast<decltype(get_class)>(GetProcAddress(dll, "DllGetClassObject"));
    can_unload = reinterpret_cast<decltype(can_unload)>(GetProcAddress(dll, "DllCanUnloadNow"));
    check(get_class && can_unload && get_class(OURS, __uuidof(IClassFactory), nullptr) == E_POINTER, "no doors");
    check(get_class(OURS, __uuidof(IClassFactory), reinterpret_cast<void **>(&factory)) == S_OK, "no factory");
    answer_for_windows(dll, argc > 4 ? argv[4] : "");
    start_fuzz_door();
    for (seed = first; seed < first + seeds; seed++) {
        state = 0x5a11f0a7 + seed * 0x9e3779b97f4a7c15;
        run_seed(factory);
    }
    now = "the end";
    check(factory->Release() == 0, "a factory is left");
    /* Errands that were left end by themselves. */
    for (int waited = 0; can_unload() != S_OK && waited < 600; waited++) Sleep(100);
    check(can_unload() == S_OK && events.count == 1, "something is still held");
    printf("the longest call: %llu ms in %s, %llu ms where a person waits, in %s\n", most_held, held_in, most_waited, waited_in);
    printf("%lu seeds, %ld calls, %ld let in of %ld that the agent said yes to\n", seeds, calls, let_in, static_cast<long>(yes_said));
    printf("%ld bytes heard\n", static_cast<long>(heard_in_all));
    fflush(stdout);
    ExitProcess(0);
}
