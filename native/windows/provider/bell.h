/* Tells Windows that the tile has changed by itself: it then asks provider and tile anew, and goes on by itself if they say so. */
#pragma once

#include <windows.h>

#include <credentialprovider.h>

#include "dll.h"

namespace sallyport {

class Bell final : public Counted<Bell> {
  public:
    Bell() { InitializeCriticalSection(&lock_); }

    /* What Windows wants to be told by; null takes it away. */
    void hang(ICredentialProviderEvents *events, UINT_PTR context) {
        Locked locked(lock_);
        if (events) events->AddRef();
        if (events_) events_->Release();
        events_ = events;
        context_ = context;
    }

    /* From any thread. Not under the lock: Windows may be taking the bell away meanwhile, on the thread that it answers with. */
    void ring() {
        EnterCriticalSection(&lock_);
        ICredentialProviderEvents *events = events_;
        UINT_PTR context = context_;
        if (events) {
            events->AddRef();
            InterlockedIncrement(&owed_);
        }
        LeaveCriticalSection(&lock_);
        if (!events) return;
        events->CredentialsChanged(context);
        events->Release();
    }

    /* Between ring and answer Windows puts the tile down and takes it up again, which is not the person's leaving. One ring more may come
     * before the first was answered, so they are counted; what a person does settles all. */
    bool is_rung() { return InterlockedCompareExchange(&owed_, 0, 0) > 0; }
    void answered() {
        if (InterlockedDecrement(&owed_) < 0) settled();
    }
    void settled() { InterlockedExchange(&owed_, 0); }

  private:
    friend class Counted<Bell>;
    ~Bell() {
        hang(nullptr, 0);
        DeleteCriticalSection(&lock_);
    }
    CRITICAL_SECTION lock_;
    ICredentialProviderEvents *events_ = nullptr;
    UINT_PTR context_ = 0;
    LONG owed_ = 0;
};

} // namespace sallyport
