/* What the parts of the DLL share of Windows: COM with its counts, threads, locks; what the registry says, and where refusals are kept. */
#pragma once

#include <windows.h>

#include <credentialprovider.h>

#include <string>

namespace sallyport {

using Credential = CREDENTIAL_PROVIDER_CREDENTIAL_SERIALIZATION;
using FieldType = CREDENTIAL_PROVIDER_FIELD_TYPE;
using Icon = CREDENTIAL_PROVIDER_STATUS_ICON;
using Response = CREDENTIAL_PROVIDER_GET_SERIALIZATION_RESPONSE;
using Scenario = CREDENTIAL_PROVIDER_USAGE_SCENARIO;

/* {696F6D96-AB3D-4079-811D-515E4BF386D1}: provider and filter, one class id as Windows' own have. */
extern const CLSID CLSID_Sallyport;

/* While something of ours is in use the DLL must not be unloaded. */
void dll_lock();
void dll_unlock();

/* Starts a thread that holds the DLL; the last that it does is `end_thread`. False if there is no thread to be had. */
bool start_thread(LPTHREAD_START_ROUTINE run, void *given);
[[noreturn]] void end_thread();

/* For want of memory: Windows starts LogonUI anew, and nobody was let in. */
[[noreturn]] void end_process();

/* Of the COM task allocator, for Windows to free. Never null. */
void *allocate(size_t size);
LPWSTR copy_text(const std::wstring &text);

/* Counts references. `Self` is deleted with the last one. */
template <class Self> class Counted {
  public:
    ULONG hold() { return static_cast<ULONG>(InterlockedIncrement(&count_)); }
    ULONG let_go() {
        LONG left = InterlockedDecrement(&count_);
        if (left == 0) delete static_cast<Self *>(this);
        return static_cast<ULONG>(left);
    }

  private:
    LONG count_ = 1;
};

/* A COM object of ours. `Face` is its interface, `Bases` what else that interface is. */
template <class Self, class Face, class... Bases> class Object : public Face, public Counted<Self> {
  public:
    STDMETHODIMP QueryInterface(REFIID id, void **out) override {
        if (!out) return E_POINTER;
        bool known = IsEqualIID(id, __uuidof(IUnknown)) || IsEqualIID(id, __uuidof(Face)) || (IsEqualIID(id, __uuidof(Bases)) || ...);
        *out = known ? static_cast<Face *>(this) : nullptr;
        if (known) AddRef();
        return known ? S_OK : E_NOINTERFACE;
    }
    STDMETHODIMP_(ULONG) AddRef() override { return this->hold(); }
    STDMETHODIMP_(ULONG) Release() override { return this->let_go(); }

  protected:
    Object() { dll_lock(); }
    ~Object() { dll_unlock(); }
};

/* May be taken again by the thread that has it. */
struct Lock : CRITICAL_SECTION {
    Lock() { InitializeCriticalSection(this); }
    ~Lock() { DeleteCriticalSection(this); }
};

/* Holds a lock for as long as it stands. */
class Locked {
  public:
    explicit Locked(Lock &lock) : lock_(lock) { EnterCriticalSection(&lock_); }
    ~Locked() { LeaveCriticalSection(&lock_); }

  private:
    Lock &lock_;
};

/* What stands below is asked of the registry each time, so that a change counts at the next logon screen: `HKLM\SOFTWARE\Sallyport\Provider`,
 * over it the policies' `HKLM\SOFTWARE\Policies\Sallyport\Provider`. What is missing, of another type or unreadable has its secure reading. */

/* True where our tile is shown: only there may others be hidden. `Armed` 0: nothing of ours acts. `Disable` 1: the way back in, the same by
 * hand. `RdpOnly` 1: only sessions of remote desktop. `Scenarios`: 1 logon, 2 unlock, 4 elevation; all. */
bool serves(Scenario scenario);

/* `Filter` 0: other providers stay beside ours. */
bool hides_others();

/* `AllowProviders`: class ids that the filter leaves; nobody. */
bool allows(const CLSID &provider);

/* True for LogonUI and consent.exe; any other program asks for credentials that are not this machine's business. */
bool is_system_process();

/* False only at the machine's own screen. */
bool is_remote_session();

/* Writes down a refusal that no agent saw, for the agent to pick up: one line of attempts.jsonl. `service`: `rdp` or `console`. */
void keep_attempt(const std::string &username, const char *service, const std::string &reference, const char *cause, const char *why);

} // namespace sallyport
