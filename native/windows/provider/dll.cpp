/* The DLL's own doors: class factory, registration, memory. */
#include "dll.h"

#include <initguid.h>
#include <objbase.h>
#include <olectl.h>

#include <memory>
#include <new>

#include "filter.h"
#include "provider.h"

namespace sallyport {

const CLSID CLSID_Sallyport = {0x696f6d96, 0xab3d, 0x4079, {0x81, 0x1d, 0x51, 0x5e, 0x4b, 0xf3, 0x86, 0xd1}};

namespace {

LONG in_use = 0;
HMODULE self = nullptr;
const wchar_t NAME[] = L"Sallyport";
#define OURS L"{696F6D96-AB3D-4079-811D-515E4BF386D1}"
#define AUTHENTICATION L"SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Authentication\\"
const wchar_t CLASS_KEY[] = L"SOFTWARE\\Classes\\CLSID\\" OURS;
const wchar_t SERVER_KEY[] = L"SOFTWARE\\Classes\\CLSID\\" OURS L"\\InprocServer32";
const wchar_t PROVIDER_KEY[] = AUTHENTICATION L"Credential Providers\\" OURS;
const wchar_t FILTER_KEY[] = AUTHENTICATION L"Credential Provider Filters\\" OURS;

template <class Made> HRESULT make(REFIID id, void **out) {
    Made *made = new (std::nothrow) Made();
    if (!made) return E_OUTOFMEMORY;
    HRESULT result = made->QueryInterface(id, out);
    made->Release();
    return result;
}

/* Lives as long as the DLL. */
class Factory final : public IClassFactory {
  public:
    HRESULT STDMETHODCALLTYPE QueryInterface(REFIID id, void **out) override {
        if (!out) return E_POINTER;
        bool known = IsEqualIID(id, __uuidof(IUnknown)) || IsEqualIID(id, __uuidof(IClassFactory));
        *out = known ? this : nullptr;
        return known ? S_OK : E_NOINTERFACE;
    }
    ULONG STDMETHODCALLTYPE AddRef() override { return 2; }
    ULONG STDMETHODCALLTYPE Release() override { return 1; }
    HRESULT STDMETHODCALLTYPE CreateInstance(IUnknown *outer, REFIID id, void **out) override {
        if (!out) return E_POINTER;
        *out = nullptr;
        if (outer) return CLASS_E_NOAGGREGATION;
        return IsEqualIID(id, __uuidof(ICredentialProviderFilter)) ? make<ProviderFilter>(id, out) : make<Provider>(id, out);
    }
    HRESULT STDMETHODCALLTYPE LockServer(BOOL lock) override {
        lock ? dll_lock() : dll_unlock();
        return S_OK;
    }
};

bool set_value(const wchar_t *key, const wchar_t *name, const std::wstring &value) {
    DWORD size = static_cast<DWORD>((value.size() + 1) * sizeof(wchar_t));
    return RegSetKeyValueW(HKEY_LOCAL_MACHINE, key, name, REG_SZ, value.c_str(), size) == ERROR_SUCCESS;
}

struct Work {
    void (*run)(void *);
    void *given;
};

DWORD WINAPI run_thread(void *given) {
    std::unique_ptr<Work> work(static_cast<Work *>(given));
    work->run(work->given);
    work.reset();
    FreeLibraryAndExitThread(self, 0);
}

} // namespace

void dll_lock() { InterlockedIncrement(&in_use); }
void dll_unlock() { InterlockedDecrement(&in_use); }

bool start_thread(void (*run)(void *), void *given) {
    std::unique_ptr<Work> work(new (std::nothrow) Work{run, given});
    HMODULE held = nullptr;
    const auto *here = reinterpret_cast<LPCWSTR>(&run_thread);
    if (!work || !GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, here, &held)) return false;
    HANDLE thread = CreateThread(nullptr, 0, run_thread, work.get(), 0, nullptr);
    if (!thread) return FreeLibrary(held), false;
    CloseHandle(thread);
    work.release(); /* the thread's */
    return true;
}

LPWSTR copy_text(const std::wstring &text) {
    size_t size = (text.size() + 1) * sizeof(wchar_t);
    auto *copy = static_cast<LPWSTR>(CoTaskMemAlloc(size));
    if (copy) memcpy(copy, text.c_str(), size);
    return copy;
}

void free_text(LPWSTR text) {
    if (!text) return;
    SecureZeroMemory(text, wcslen(text) * sizeof(wchar_t));
    CoTaskMemFree(text);
}

} // namespace sallyport

using namespace sallyport;

extern "C" {

BOOL WINAPI DllMain(HINSTANCE module, DWORD reason, LPVOID) {
    if (reason == DLL_PROCESS_ATTACH) {
        self = module;
        DisableThreadLibraryCalls(module);
    }
    return TRUE;
}

STDAPI DllCanUnloadNow() { return in_use == 0 ? S_OK : S_FALSE; }

STDAPI DllGetClassObject(REFCLSID wanted, REFIID id, LPVOID *out) {
    static Factory factory;
    if (!out) return E_POINTER;
    *out = nullptr;
    return IsEqualCLSID(wanted, CLSID_Sallyport) ? factory.QueryInterface(id, out) : CLASS_E_CLASSNOTAVAILABLE;
}

STDAPI DllUnregisterServer() {
    for (const wchar_t *key : {FILTER_KEY, PROVIDER_KEY, CLASS_KEY}) RegDeleteTreeW(HKEY_LOCAL_MACHINE, key);
    return S_OK;
}

/* The class first: Windows must find a DLL behind every provider that it lists. The filter last: it must not hide others without our own. */
STDAPI DllRegisterServer() {
    wchar_t path[MAX_PATH];
    DWORD length = GetModuleFileNameW(self, path, MAX_PATH);
    bool ok = length > 0 && length < MAX_PATH && set_value(CLASS_KEY, nullptr, NAME) && set_value(SERVER_KEY, nullptr, path) &&
              set_value(SERVER_KEY, L"ThreadingModel", L"Apartment") && set_value(PROVIDER_KEY, nullptr, NAME) &&
              set_value(FILTER_KEY, nullptr, NAME);
    if (ok) return S_OK;
    DllUnregisterServer();
    return SELFREG_E_CLASS;
}
}
