/* The provider that Windows finds in its registry: one tile. */
#pragma once

#include <windows.h>

#include <credentialprovider.h>

#include "dll.h"
#include "tile.h"

namespace sallyport {

class Provider final : public Object<Provider, ICredentialProvider> {
  public:
    HRESULT STDMETHODCALLTYPE SetUsageScenario(CREDENTIAL_PROVIDER_USAGE_SCENARIO scenario, DWORD flags) override;
    HRESULT STDMETHODCALLTYPE SetSerialization(const CREDENTIAL_PROVIDER_CREDENTIAL_SERIALIZATION *handed) override;
    HRESULT STDMETHODCALLTYPE Advise(ICredentialProviderEvents *events, UINT_PTR context) override;
    HRESULT STDMETHODCALLTYPE UnAdvise() override;
    HRESULT STDMETHODCALLTYPE GetFieldDescriptorCount(DWORD *count) override;
    HRESULT STDMETHODCALLTYPE GetFieldDescriptorAt(DWORD field, CREDENTIAL_PROVIDER_FIELD_DESCRIPTOR **descriptor) override;
    HRESULT STDMETHODCALLTYPE GetCredentialCount(DWORD *count, DWORD *preferred, BOOL *auto_logon) override;
    HRESULT STDMETHODCALLTYPE GetCredentialAt(DWORD index, ICredentialProviderCredential **credential) override;

  private:
    friend class Counted<Provider>;
    ~Provider();
    Tile *tile_ = nullptr; /* none: this scenario is not served */
};

} // namespace sallyport
