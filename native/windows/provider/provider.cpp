/* Says to Windows which fields and tiles there are. */
#include "provider.h"

#include "dll.h"
#include "serialization.h"

namespace sallyport {

Provider::Provider() { dll_lock(); }

Provider::~Provider() {
    if (tile_) tile_->Release();
    wipe(password_);
    dll_unlock();
}

HRESULT Provider::QueryInterface(REFIID id, void **out) {
    bool known = IsEqualIID(id, __uuidof(IUnknown)) || IsEqualIID(id, __uuidof(ICredentialProvider));
    *out = known ? this : nullptr;
    if (known) AddRef();
    return known ? S_OK : E_NOINTERFACE;
}

ULONG Provider::AddRef() { return static_cast<ULONG>(InterlockedIncrement(&count_)); }

ULONG Provider::Release() {
    LONG left = InterlockedDecrement(&count_);
    if (left == 0) delete this;
    return static_cast<ULONG>(left);
}

HRESULT Provider::SetUsageScenario(CREDENTIAL_PROVIDER_USAGE_SCENARIO scenario, DWORD) {
    unlock_ = scenario == CPUS_UNLOCK_WORKSTATION;
    return scenario == CPUS_LOGON || unlock_ ? S_OK : E_NOTIMPL;
}

/* Network level authentication has checked this password already: the tile asks for the second factor alone. */
HRESULT Provider::SetSerialization(const CREDENTIAL_PROVIDER_CREDENTIAL_SERIALIZATION *handed) {
    std::wstring domain, user, password;
    if (!handed || !unpack(handed->rgbSerialization, handed->cbSerialization, domain, user, password)) return E_INVALIDARG;
    user_ = domain.empty() ? user : domain + L"\\" + user;
    wipe(password_);
    password_ = password;
    wipe(password);
    return S_OK;
}

HRESULT Provider::GetFieldDescriptorCount(DWORD *count) {
    *count = FIELDS;
    return S_OK;
}

HRESULT Provider::GetFieldDescriptorAt(DWORD field, CREDENTIAL_PROVIDER_FIELD_DESCRIPTOR **descriptor) {
    if (field >= FIELDS) return E_INVALIDARG;
    auto *made = static_cast<CREDENTIAL_PROVIDER_FIELD_DESCRIPTOR *>(CoTaskMemAlloc(sizeof **descriptor));
    if (!made) return E_OUTOFMEMORY;
    *made = {};
    made->dwFieldID = field;
    made->cpft = type_of(field);
    made->pszLabel = copy_text(label_of(field));
    *descriptor = made;
    return S_OK;
}

HRESULT Provider::GetCredentialCount(DWORD *count, DWORD *preferred, BOOL *auto_logon) {
    *count = 1;
    *preferred = 0;
    *auto_logon = !password_.empty();
    return S_OK;
}

HRESULT Provider::GetCredentialAt(DWORD index, ICredentialProviderCredential **credential) {
    if (index != 0) return E_INVALIDARG;
    if (!tile_) tile_ = new Tile(unlock_, user_, password_);
    wipe(password_);
    return tile_->QueryInterface(__uuidof(ICredentialProviderCredential), reinterpret_cast<void **>(credential));
}

} // namespace sallyport
