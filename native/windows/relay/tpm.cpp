/* Asks CNG's platform provider, which is the TPM's. */
#include "tpm.h"

#include <ncrypt.h>

namespace sallyport {

namespace {

const DWORD HEAD = sizeof(BCRYPT_ECCKEY_BLOB), POINT = 64, SIGNATURE = 64;

/* The provider, and a key of it; both are let go of at the end. */
class Handles {
  public:
    ~Handles() {
        if (key) NCryptFreeObject(key);
        if (provider) NCryptFreeObject(provider);
    }
    DWORD open() { return static_cast<DWORD>(NCryptOpenStorageProvider(&provider, MS_PLATFORM_CRYPTO_PROVIDER, 0)); }
    DWORD open(const std::wstring &name) {
        DWORD error = open();
        return error ? error : static_cast<DWORD>(NCryptOpenKey(provider, &key, name.c_str(), 0, NCRYPT_MACHINE_KEY_FLAG));
    }
    NCRYPT_PROV_HANDLE provider = 0;
    NCRYPT_KEY_HANDLE key = 0;
};

class WindowsTpm final : public Tpm {
  public:
    DWORD make(const std::wstring &name) override {
        Handles at;
        DWORD error = at.open();
        if (!error)
            error = static_cast<DWORD>(
                NCryptCreatePersistedKey(at.provider, &at.key, BCRYPT_ECDSA_P256_ALGORITHM, name.c_str(), 0, NCRYPT_MACHINE_KEY_FLAG));
        return error ? error : static_cast<DWORD>(NCryptFinalizeKey(at.key, 0));
    }
    DWORD point_of(const std::wstring &name, Bytes &point) override {
        Handles at;
        BYTE blob[HEAD + POINT] = {};
        DWORD size = 0, error = at.open(name);
        if (!error) error = static_cast<DWORD>(NCryptExportKey(at.key, 0, BCRYPT_ECCPUBLIC_BLOB, nullptr, blob, sizeof blob, &size, 0));
        if (!error && size != sizeof blob) error = static_cast<DWORD>(NTE_FAIL);
        if (!error) point.assign(blob + HEAD, POINT);
        return error;
    }
    DWORD sign(const std::wstring &name, const Bytes &hash, Bytes &signature) override {
        Handles at;
        Bytes digest = hash;
        BYTE room[SIGNATURE];
        DWORD size = 0, error = at.open(name);
        if (!error)
            error = static_cast<DWORD>(
                NCryptSignHash(at.key, nullptr, digest.data(), static_cast<DWORD>(digest.size()), room, sizeof room, &size, 0));
        if (!error && size != sizeof room) error = static_cast<DWORD>(NTE_FAIL);
        if (!error) signature.assign(room, sizeof room);
        return error;
    }
    DWORD forget(const std::wstring &name) override {
        Handles at;
        DWORD error = at.open(name);
        if (error) return error;
        error = static_cast<DWORD>(NCryptDeleteKey(at.key, 0));
        if (!error) at.key = 0; /* the call has freed it */
        return error;
    }
};

} // namespace

Tpm &windows_tpm() {
    static WindowsTpm tpm;
    return tpm;
}

} // namespace sallyport
