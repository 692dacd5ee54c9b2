/* The provider that Windows finds in its registry: one tile. */
#pragma once

#include <windows.h>

#include <credentialprovider.h>

#include <string>

#include "tile.h"

namespace sallyport {

class Provider final : public ICredentialProvider {
  public:
    Provider();
    HRESULT STDMETHODCALLTYPE QueryInterface(REFIID id, void **out) override;
    ULONG STDMETHODCALLTYPE AddRef() override;
    ULONG STDMETHODCALLTYPE Release() override;
    HRESULT STDMETHODCALLTYPE SetUsageScenario(CREDENTIAL_PROVIDER_USAGE_SCENARIO scenario, DWORD flags) override;
    HRESULT STDMETHODCALLTYPE SetSerialization(const CREDENTIAL_PROVIDER_CREDENTIAL_SERIALIZATION *handed) override;
    HRESULT STDMETHODCALLTYPE Advise(ICredentialProviderEvents *, UINT_PTR) override { return S_OK; }
    HRESULT STDMETHODCALLTYPE UnAdvise() override { return S_OK; }
    HRESULT STDMETHODCALLTYPE GetFieldDescriptorCount(DWORD *count) override;
    HRESULT STDMETHODCALLTYPE GetFieldDescriptorAt(DWORD field, CREDENTIAL_PROVIDER_FIELD_DESCRIPTOR **descriptor) override;
    HRESULT STDMETHODCALLTYPE GetCredentialCount(DWORD *count, DWORD *preferred, BOOL *auto_logon) override;
    HRESULT STDMETHODCALLTYPE GetCredentialAt(DWORD index, ICredentialProviderCredential **credential) override;

  private:
    ~Provider();
    LONG count_ = 1;
    bool unlock_ = false;
    std::wstring user_, password_; /* as a remote desktop client handed them over */
    Tile *tile_ = nullptr;
};

} // namespace sallyport
