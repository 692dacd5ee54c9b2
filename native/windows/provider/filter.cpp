/* Hides, and never shows again what another filter hid. */
#include "filter.h"

#include "serialization.h"
#include "settings.h"

namespace sallyport {

/* Where our own tile is not shown nothing is hidden: nobody could sign in. */
HRESULT ProviderFilter::Filter(CREDENTIAL_PROVIDER_USAGE_SCENARIO scenario, DWORD, GUID *providers, BOOL *allowed, DWORD count) {
    if (count > 0 && (!providers || !allowed)) return E_INVALIDARG;
    Settings settings = read_settings();
    if (!settings.filter || !settings.serves(scenario)) return S_OK;
    for (DWORD i = 0; i < count; i++)
        if (!IsEqualCLSID(providers[i], CLSID_Sallyport) && !settings.allows(providers[i])) allowed[i] = FALSE;
    return S_OK;
}

/* Name and password of a remote desktop client become our provider's. A card, or what this machine hands to another one (in a program that
 * is not the system's), is left alone. */
HRESULT ProviderFilter::UpdateRemoteCredential(const CREDENTIAL_PROVIDER_CREDENTIAL_SERIALIZATION *from,
                                               CREDENTIAL_PROVIDER_CREDENTIAL_SERIALIZATION *to) {
    if (!from || !to) return E_INVALIDARG;
    Settings settings = read_settings();
    bool ours = is_system_process() && (settings.serves(CPUS_LOGON) || settings.serves(CPUS_UNLOCK_WORKSTATION));
    Handed handed;
    if (!ours || !unpack(from->rgbSerialization, from->cbSerialization, handed)) return E_NOTIMPL;
    BYTE *copy = static_cast<BYTE *>(CoTaskMemAlloc(from->cbSerialization));
    if (!copy) return E_OUTOFMEMORY;
    memcpy(copy, from->rgbSerialization, from->cbSerialization);
    *to = {from->ulAuthenticationPackage, CLSID_Sallyport, from->cbSerialization, copy};
    return S_OK;
}

} // namespace sallyport
