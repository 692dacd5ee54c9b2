/* Makes and uses the host's key: CNG's platform provider is the TPM's; DPAPI with the machine's key where there is none. */
#include "key_store.h"

#include <ncrypt.h>
#include <ntsecapi.h>
#include <wincrypt.h>

namespace sallyport {

namespace {

const DWORD POINT = 64, SIGNATURE = 64;
/* Of each kind of blob: magic and length of a coordinate, then x and y, then d. */
const DWORD HEAD = sizeof(BCRYPT_ECCKEY_BLOB), PUBLIC_BLOB = HEAD + 64, PRIVATE_BLOB = HEAD + 96;
const DWORD P256_BITS = 256;
BYTE PURPOSE[] = "Sallyport host key";

class Tpm {
  public:
    ~Tpm() {
        if (key_) NCryptFreeObject(key_);
        if (provider_) NCryptFreeObject(provider_);
    }
    bool open() { return NCryptOpenStorageProvider(&provider_, MS_PLATFORM_CRYPTO_PROVIDER, 0) == ERROR_SUCCESS; }
    /* Not exportable, as every key of this provider. */
    bool make(const std::wstring &name, Bytes &point) {
        BYTE blob[PUBLIC_BLOB] = {};
        DWORD size = 0;
        bool ok = NCryptCreatePersistedKey(provider_, &key_, BCRYPT_ECDSA_P256_ALGORITHM, name.c_str(), 0, NCRYPT_MACHINE_KEY_FLAG) == 0 &&
                  NCryptFinalizeKey(key_, 0) == 0 &&
                  NCryptExportKey(key_, 0, BCRYPT_ECCPUBLIC_BLOB, nullptr, blob, sizeof blob, &size, 0) == 0 && size == sizeof blob;
        if (ok) point.assign(blob + HEAD, POINT);
        return ok;
    }
    SECURITY_STATUS sign(const std::wstring &name, Bytes hash, BYTE *signature, DWORD &size) {
        SECURITY_STATUS status = NCryptOpenKey(provider_, &key_, name.c_str(), 0, NCRYPT_MACHINE_KEY_FLAG);
        if (status) return status;
        return NCryptSignHash(key_, nullptr, hash.data(), static_cast<DWORD>(hash.size()), signature, SIGNATURE, &size, 0);
    }

  private:
    NCRYPT_PROV_HANDLE provider_ = 0;
    NCRYPT_KEY_HANDLE key_ = 0;
};

std::wstring name_of(const Bytes &handle) { return {handle.begin(), handle.end()}; }

bool make_in_tpm(HostKey &made) {
    static const char letters[] = "0123456789abcdef";
    BYTE random[16] = {};
    Tpm tpm;
    if (!tpm.open() || !RtlGenRandom(random, sizeof random)) return false;
    made = {"tpm", Bytes(PURPOSE, sizeof PURPOSE - 1), {}};
    made.handle += ' ';
    for (BYTE one : random) made.handle += static_cast<BYTE>(letters[one & 15]);
    return tpm.make(name_of(made.handle), made.point);
}

BCRYPT_ALG_HANDLE p256() {
    static BCRYPT_ALG_HANDLE algorithm = nullptr;
    if (!algorithm) BCryptOpenAlgorithmProvider(&algorithm, BCRYPT_ECDSA_P256_ALGORITHM, nullptr, 0);
    return algorithm;
}

/* With the machine's key: the agent runs as the system, and an administrator enrols. Who may read the blob is a matter of its folder. */
bool seal(BYTE *plain, DWORD size, Bytes &blob) {
    DATA_BLOB in = {size, plain}, out = {}, purpose = {sizeof PURPOSE, PURPOSE};
    if (!CryptProtectData(&in, nullptr, &purpose, nullptr, nullptr, CRYPTPROTECT_LOCAL_MACHINE | CRYPTPROTECT_UI_FORBIDDEN, &out)) return false;
    blob.assign(out.pbData, out.cbData);
    LocalFree(out.pbData);
    return true;
}

bool make_sealed(HostKey &made) {
    BCRYPT_KEY_HANDLE key = nullptr;
    BYTE blob[PRIVATE_BLOB] = {};
    DWORD size = 0;
    bool ok = p256() && BCryptGenerateKeyPair(p256(), &key, P256_BITS, 0) == 0 && BCryptFinalizeKeyPair(key, 0) == 0 &&
              BCryptExportKey(key, nullptr, BCRYPT_ECCPRIVATE_BLOB, blob, sizeof blob, &size, 0) == 0 && size == sizeof blob;
    made = {"dpapi", {}, Bytes(blob + HEAD, POINT)};
    ok = ok && seal(blob, sizeof blob, made.handle);
    SecureZeroMemory(blob, sizeof blob);
    if (key) BCryptDestroyKey(key);
    return ok;
}

/* The key that was opened last stays open: an agent has one. */
DWORD open_sealed(const Bytes &handle, BCRYPT_KEY_HANDLE &key) {
    static Bytes opened;
    static BCRYPT_KEY_HANDLE kept = nullptr;
    Bytes blob = handle;
    DATA_BLOB in = {static_cast<DWORD>(blob.size()), blob.data()}, out = {}, purpose = {sizeof PURPOSE, PURPOSE};
    key = kept;
    if (kept && opened == handle) return 0;
    if (!CryptUnprotectData(&in, nullptr, &purpose, nullptr, nullptr, CRYPTPROTECT_UI_FORBIDDEN, &out)) return GetLastError();
    NTSTATUS status = BCryptImportKeyPair(p256(), nullptr, BCRYPT_ECCPRIVATE_BLOB, &key, out.pbData, out.cbData, 0);
    SecureZeroMemory(out.pbData, out.cbData);
    LocalFree(out.pbData);
    if (status) return static_cast<DWORD>(status);
    if (kept) BCryptDestroyKey(kept);
    kept = key;
    opened = handle;
    return 0;
}

} // namespace

bool make_host_key(HostKey &key) { return make_in_tpm(key) || make_sealed(key); }

bool sign_with_host_key(const std::string &kept, const Bytes &handle, const Bytes &hash, Bytes &signature, DWORD &error) {
    BYTE room[SIGNATURE];
    DWORD size = 0;
    if (kept == "tpm") {
        Tpm tpm;
        error = tpm.open() ? static_cast<DWORD>(tpm.sign(name_of(handle), hash, room, size)) : ERROR_NOT_FOUND;
    } else {
        Bytes digest = hash;
        BCRYPT_KEY_HANDLE key = nullptr;
        error = open_sealed(handle, key);
        if (!error) error = static_cast<DWORD>(BCryptSignHash(key, nullptr, digest.data(), static_cast<DWORD>(digest.size()), room, SIGNATURE, &size, 0));
    }
    if (error == 0 && size == SIGNATURE) signature.assign(room, SIGNATURE);
    return error == 0 && size == SIGNATURE;
}

} // namespace sallyport
