/* The filter: hides other providers where ours serves, and takes over what a remote desktop client handed in. */
#pragma once

#include <windows.h>

#include <credentialprovider.h>

#include "dll.h"

namespace sallyport {

class ProviderFilter final : public Object<ProviderFilter, ICredentialProviderFilter> {
  public:
    HRESULT STDMETHODCALLTYPE Filter(CREDENTIAL_PROVIDER_USAGE_SCENARIO scenario, DWORD flags, GUID *providers, BOOL *allowed,
                                     DWORD count) override;
    HRESULT STDMETHODCALLTYPE UpdateRemoteCredential(const CREDENTIAL_PROVIDER_CREDENTIAL_SERIALIZATION *from,
                                                     CREDENTIAL_PROVIDER_CREDENTIAL_SERIALIZATION *to) override;
};

} // namespace sallyport
