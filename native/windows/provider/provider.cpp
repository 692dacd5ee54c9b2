/* Says to Windows which fields and tiles there are. */
#include "provider.h"

#include <new>

#include "serialization.h"
#include "settings.h"

namespace sallyport {

Provider::~Provider() {
    if (tile_) tile_->retire();
}

/* A change of password and a logon before the network are Windows' own. */
HRESULT Provider::SetUsageScenario(CREDENTIAL_PROVIDER_USAGE_SCENARIO scenario, DWORD) {
    if (tile_) tile_->retire();
    tile_ = nullptr;
    if (!read_settings().serves(scenario)) return E_NOTIMPL;
    Bell *bell = new (std::nothrow) Bell();
    if (bell) tile_ = new (std::nothrow) Tile(scenario, bell);
    if (bell) bell->let_go();
    return tile_ ? S_OK : E_OUTOFMEMORY;
}

/* What network level authentication took in: only what our own filter marked as ours is meant for us. */
HRESULT Provider::SetSerialization(const CREDENTIAL_PROVIDER_CREDENTIAL_SERIALIZATION *handed) {
    Handed taken;
    if (!tile_) return E_UNEXPECTED;
    if (!handed || !IsEqualCLSID(handed->clsidCredentialProvider, CLSID_Sallyport)) return E_INVALIDARG;
    if (!unpack(handed->rgbSerialization, handed->cbSerialization, taken)) return E_INVALIDARG;
    return tile_->take_over(taken) ? S_OK : E_NOTIMPL;
}

HRESULT Provider::Advise(ICredentialProviderEvents *events, UINT_PTR context) {
    if (tile_) tile_->bell().hang(events, context);
    return S_OK;
}

HRESULT Provider::UnAdvise() {
    if (tile_) tile_->bell().hang(nullptr, 0);
    return S_OK;
}

HRESULT Provider::GetFieldDescriptorCount(DWORD *count) {
    if (!count) return E_POINTER;
    *count = FIELDS;
    return S_OK;
}

HRESULT Provider::GetFieldDescriptorAt(DWORD field, CREDENTIAL_PROVIDER_FIELD_DESCRIPTOR **descriptor) {
    if (!descriptor) return E_POINTER;
    *descriptor = nullptr;
    if (field >= FIELDS) return E_INVALIDARG;
    auto *made = static_cast<CREDENTIAL_PROVIDER_FIELD_DESCRIPTOR *>(CoTaskMemAlloc(sizeof **descriptor));
    LPWSTR label = copy_text(label_of(field));
    if (!made || !label) {
        CoTaskMemFree(made);
        CoTaskMemFree(label);
        return E_OUTOFMEMORY;
    }
    *made = {field, type_of(field), label, {}};
    *descriptor = made;
    return S_OK;
}

HRESULT Provider::GetCredentialCount(DWORD *count, DWORD *preferred, BOOL *auto_logon) {
    if (!count || !preferred || !auto_logon) return E_POINTER;
    *count = tile_ ? 1 : 0;
    *preferred = tile_ ? 0 : CREDENTIAL_PROVIDER_NO_DEFAULT;
    *auto_logon = tile_ && tile_->goes_on_by_itself();
    return S_OK;
}

HRESULT Provider::GetCredentialAt(DWORD index, ICredentialProviderCredential **credential) {
    if (!credential) return E_POINTER;
    *credential = nullptr;
    if (index != 0 || !tile_) return E_INVALIDARG;
    return tile_->QueryInterface(__uuidof(ICredentialProviderCredential), reinterpret_cast<void **>(credential));
}

} // namespace sallyport
