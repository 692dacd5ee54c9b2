/* Chooses where the host's key lies: in the TPM, else under DPAPI with the machine's key. */
#include "key_store.h"

#include <bcrypt.h>
#include <ntsecapi.h>
#include <wincrypt.h>

#include "machine.h"

namespace sallyport {

namespace {

const DWORD POINT = 64, SIGNATURE = 64;
/* Of each kind of blob: magic and length of a coordinate, then x and y, then d. */
const DWORD HEAD = sizeof(BCRYPT_ECCKEY_BLOB), PRIVATE_BLOB = HEAD + 96;
const DWORD P256_BITS = 256;
BYTE PURPOSE[] = "Sallyport host key";

std::wstring name_of(const Bytes &handle) { return {handle.begin(), handle.end()}; }

/* A TPM that makes a key and does not show it has not kept one for us. */
bool make_in_tpm(HostKey &made) {
    static const char letters[] = "0123456789abcdef";
    BYTE random[16] = {};
    if (!RtlGenRandom(random, sizeof random)) return false;
    made = {"tpm", Bytes(PURPOSE, sizeof PURPOSE - 1), {}};
    made.handle += ' ';
    for (BYTE one : random) made.handle += static_cast<BYTE>(letters[one & 15]);
    const std::wstring name = name_of(made.handle);
    Tpm &tpm = machine().tpm();
    if (tpm.make(name)) return false;
    if (tpm.point_of(name, made.point) == 0 && made.point.size() == POINT) return true;
    tpm.forget(name);
    return false;
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

DWORD sign_with_host_key(const std::string &kept, const Bytes &handle, const Bytes &hash, Bytes &signature) {
    if (kept == "tpm") return machine().tpm().sign(name_of(handle), hash, signature);
    BYTE room[SIGNATURE];
    DWORD size = 0;
    Bytes digest = hash;
    BCRYPT_KEY_HANDLE key = nullptr;
    DWORD error = open_sealed(handle, key);
    if (!error) error = static_cast<DWORD>(BCryptSignHash(key, nullptr, digest.data(), static_cast<DWORD>(digest.size()), room, SIGNATURE, &size, 0));
    if (!error && size != SIGNATURE) error = static_cast<DWORD>(NTE_FAIL);
    if (!error) signature.assign(room, SIGNATURE);
    return error;
}

/* winerror.h: what CNG and DPAPI say of a key that is gone, and the TPM's own numbers below its warnings (0x8028_0800 and on: busy, locked
 * out for a while), which speak of the key that it was asked for. Two of those pass with the next start of Windows: the TPM was not started yet,
 * or does nothing since a test of itself failed (TPM_20_E_INITIALIZE, TPM_20_E_FAILURE). */
bool is_lost(DWORD error) {
    const DWORD OF_TPM = 0x80280000, WARNINGS = 0x80280800, NOT_STARTED = 0x80280100, FAILED = 0x80280101;
    for (HRESULT gone : {NTE_BAD_KEYSET, NTE_NO_KEY, NTE_NOT_FOUND, NTE_BAD_KEY_STATE, NTE_BAD_DATA})
        if (error == static_cast<DWORD>(gone)) return true;
    return error == ERROR_INVALID_DATA || (error >= OF_TPM && error < WARNINGS && error != NOT_STARTED && error != FAILED);
}

} // namespace sallyport
