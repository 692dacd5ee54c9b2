/* Where this host's key lies: in the TPM if there is one, else in a blob that only this machine can open. It is never seen outside. */
#pragma once

#include <windows.h>

#include <string>

#include "tpm.h"

namespace sallyport {

/* `kept`: `tpm` or `dpapi`. `handle`: name of the key in the TPM, or the blob. `point`: x and y of P-256, 32 bytes each. */
struct HostKey {
    const char *kept = "";
    Bytes handle, point;
};

/* False if neither can keep a key. */
bool make_host_key(HostKey &key);

/* ECDSA over a SHA-256: r and s, 32 bytes each. Answers Windows' number, 0 if it is signed. */
DWORD sign_with_host_key(const std::string &kept, const Bytes &handle, const Bytes &hash, Bytes &signature);

/* By the number of a failed signature: the key does not come back by trying again. */
bool is_lost(DWORD error);

} // namespace sallyport
