/* The keys of this machine's TPM. */
#pragma once

#include <windows.h>

#include <string>

namespace sallyport {

using Bytes = std::basic_string<BYTE>;

/* Each answers Windows' number, 0 if it is done. What becomes of a failure is the key store's. */
class Tpm {
  public:
    /* A key of P-256 that cannot be exported and stays. */
    virtual DWORD make(const std::wstring &name) = 0;
    /* x and y, 32 bytes each. */
    virtual DWORD point_of(const std::wstring &name, Bytes &point) = 0;
    /* r and s, 32 bytes each. */
    virtual DWORD sign(const std::wstring &name, const Bytes &hash, Bytes &signature) = 0;
    virtual DWORD forget(const std::wstring &name) = 0;

  protected:
    ~Tpm() = default;
};

/* Through CNG's platform provider (learn.microsoft.com, CNG key storage providers). */
Tpm &windows_tpm();

} // namespace sallyport
