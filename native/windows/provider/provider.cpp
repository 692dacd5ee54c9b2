/* What Windows finds in its registry: the provider with its one tile, and the filter that hides others where it serves. */
#include "tile.h"

namespace sallyport {

namespace {

class Provider final : public Object<Provider, ICredentialProvider> {
  public:
    /* A change of password and a logon before the network are Windows' own. */
    STDMETHODIMP SetUsageScenario(Scenario scenario, DWORD) override {
        if (tile_) tile_->retire();
        tile_ = serves(scenario) ? new Tile(scenario) : nullptr;
        return tile_ ? S_OK : E_NOTIMPL;
    }

    /* What network level authentication took in: only what our own filter marked as ours is meant for us. */
    STDMETHODIMP SetSerialization(const Credential *handed) override {
        Handed taken;
        if (!tile_) return E_UNEXPECTED;
        bool ours = handed && IsEqualCLSID(handed->clsidCredentialProvider, CLSID_Sallyport);
        if (!ours || !unpack(handed->rgbSerialization, handed->cbSerialization, taken)) return E_INVALIDARG;
        return tile_->take_over(taken) ? S_OK : E_NOTIMPL;
    }

    STDMETHODIMP Advise(ICredentialProviderEvents *events, UINT_PTR context) override {
        if (tile_) tile_->bell().hang(events, context);
        return S_OK;
    }
    STDMETHODIMP UnAdvise() override { return Advise(nullptr, 0); }

    STDMETHODIMP GetFieldDescriptorCount(DWORD *count) override {
        if (!count) return E_POINTER;
        *count = FIELDS;
        return S_OK;
    }

    STDMETHODIMP GetFieldDescriptorAt(DWORD field, CREDENTIAL_PROVIDER_FIELD_DESCRIPTOR **descriptor) override {
        if (!descriptor) return E_POINTER;
        *descriptor = nullptr;
        if (field >= FIELDS) return E_INVALIDARG;
        *descriptor = static_cast<CREDENTIAL_PROVIDER_FIELD_DESCRIPTOR *>(allocate(sizeof **descriptor));
        **descriptor = {field, type_of(field), copy_text(label_of(field)), {}};
        return S_OK;
    }

    STDMETHODIMP GetCredentialCount(DWORD *count, DWORD *preferred, BOOL *auto_logon) override {
        if (!count || !preferred || !auto_logon) return E_POINTER;
        *count = tile_ ? 1 : 0;
        *preferred = tile_ ? 0 : CREDENTIAL_PROVIDER_NO_DEFAULT;
        *auto_logon = tile_ && tile_->goes_on_by_itself();
        return S_OK;
    }

    STDMETHODIMP GetCredentialAt(DWORD index, ICredentialProviderCredential **credential) override {
        if (!credential) return E_POINTER;
        *credential = nullptr;
        if (index != 0 || !tile_) return E_INVALIDARG;
        return tile_->QueryInterface(__uuidof(ICredentialProviderCredential), reinterpret_cast<void **>(credential));
    }

  private:
    friend class Counted<Provider>;
    ~Provider() {
        if (tile_) tile_->retire();
    }
    Tile *tile_ = nullptr; /* none: this scenario is not served */
};

class ProviderFilter final : public Object<ProviderFilter, ICredentialProviderFilter> {
  public:
    /* Where our own tile is not shown nothing is hidden: nobody could sign in. What another filter hid is never shown again. */
    STDMETHODIMP Filter(Scenario scenario, DWORD, GUID *providers, BOOL *allowed, DWORD count) override {
        if (count > 0 && (!providers || !allowed)) return E_INVALIDARG;
        if (!hides_others() || !serves(scenario)) return S_OK;
        for (DWORD i = 0; i < count; i++)
            if (!IsEqualCLSID(providers[i], CLSID_Sallyport) && !allows(providers[i])) allowed[i] = FALSE;
        return S_OK;
    }

    /* Name and password of a remote desktop client become our provider's. A card, or what this machine hands to another one (in a program
     * that is not the system's), is left alone. */
    STDMETHODIMP UpdateRemoteCredential(const Credential *from, Credential *to) override {
        if (!from || !to) return E_INVALIDARG;
        bool ours = is_system_process() && (serves(CPUS_LOGON) || serves(CPUS_UNLOCK_WORKSTATION));
        Handed handed;
        if (!ours || !unpack(from->rgbSerialization, from->cbSerialization, handed)) return E_NOTIMPL;
        const ULONG size = from->cbSerialization;
        *to = {from->ulAuthenticationPackage, CLSID_Sallyport, size, static_cast<BYTE *>(allocate(size))};
        memcpy(to->rgbSerialization, from->rgbSerialization, size);
        return S_OK;
    }
};

template <class Made> HRESULT make(REFIID id, void **out) {
    auto *made = new Made();
    HRESULT result = made->QueryInterface(id, out);
    made->Release();
    return result;
}

class Factory final : public Object<Factory, IClassFactory> {
  public:
    STDMETHODIMP CreateInstance(IUnknown *outer, REFIID id, void **out) override {
        if (!out) return E_POINTER;
        *out = nullptr;
        if (outer) return CLASS_E_NOAGGREGATION;
        return IsEqualIID(id, __uuidof(ICredentialProviderFilter)) ? make<ProviderFilter>(id, out) : make<Provider>(id, out);
    }
    STDMETHODIMP LockServer(BOOL lock) override {
        lock ? dll_lock() : dll_unlock();
        return S_OK;
    }
};

} // namespace

} // namespace sallyport

STDAPI DllGetClassObject(REFCLSID wanted, REFIID id, LPVOID *out) {
    if (!out) return E_POINTER;
    *out = nullptr;
    return IsEqualCLSID(wanted, sallyport::CLSID_Sallyport) ? sallyport::make<sallyport::Factory>(id, out) : CLASS_E_CLASSNOTAVAILABLE;
}
