/* What the parts of the DLL share with COM: the class ids, reference counts, memory. */
#pragma once

#include <windows.h>

#include <unknwn.h>

#include <string>

namespace sallyport {

/* {696F6D96-AB3D-4079-811D-515E4BF386D1}: provider and filter, one class id as Windows' own have. */
extern const CLSID CLSID_Sallyport;

/* While something of ours is in use the DLL must not be unloaded. */
void dll_lock();
void dll_unlock();

/* Starts `run` on a thread that holds the DLL until its last instruction. False if there is no thread to be had. */
bool start_thread(void (*run)(void *), void *given);

/* In memory of the COM task allocator; null if there is none. */
LPWSTR copy_text(const std::wstring &text);
/* Wipes and frees what `copy_text` made. */
void free_text(LPWSTR text);

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
    HRESULT STDMETHODCALLTYPE QueryInterface(REFIID id, void **out) override {
        if (!out) return E_POINTER;
        bool known = IsEqualIID(id, __uuidof(IUnknown)) || IsEqualIID(id, __uuidof(Face)) || (IsEqualIID(id, __uuidof(Bases)) || ...);
        *out = known ? static_cast<Face *>(this) : nullptr;
        if (known) AddRef();
        return known ? S_OK : E_NOINTERFACE;
    }
    ULONG STDMETHODCALLTYPE AddRef() override { return this->hold(); }
    ULONG STDMETHODCALLTYPE Release() override { return this->let_go(); }

  protected:
    Object() { dll_lock(); }
    ~Object() { dll_unlock(); }
};

/* Holds a lock for as long as it stands. The lock may be taken again by its own thread. */
class Locked {
  public:
    explicit Locked(CRITICAL_SECTION &lock) : lock_(lock) { EnterCriticalSection(&lock_); }
    ~Locked() { LeaveCriticalSection(&lock_); }
    Locked(const Locked &) = delete;
    Locked &operator=(const Locked &) = delete;

  private:
    CRITICAL_SECTION &lock_;
};

} // namespace sallyport
