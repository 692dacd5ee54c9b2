/* Does what was ordered, and says when it is done. */
#include "errand.h"

namespace sallyport {

Errand::Errand(Bell *bell) : bell_(bell) {
    InitializeCriticalSection(&lock_);
    bell_->hold();
}

Errand::~Errand() {
    for (auto &[id, value] : values) wipe(value);
    bell_->let_go();
    DeleteCriticalSection(&lock_);
}

void Errand::start() {
    auto on_thread = [](void *given) {
        auto *self = static_cast<Errand *>(given);
        self->run(nullptr);
        if (self->goes_on()) self->bell_->ring();
        self->let_go();
    };
    hold();
    /* Without a thread LogonUI's own waits: slow, but the logon is judged as any other. */
    if (!start_thread(on_thread, this)) on_thread(this);
}

void Errand::run(IQueryContinueWithStatus *query) {
    query_ = query;
    step_ = work();
    query_ = nullptr;
    ended_ = GetTickCount64();
    InterlockedExchange(&done_, 1);
}

Step Errand::work() {
    switch (task) {
    case begin: return logon->begin(password, proof, this);
    case answer: return logon->answer(values, this);
    case report: return logon->report("machine", status, sub_status, after, this);
    default: return logon->cancel("logon.cancelled");
    }
}

bool Errand::goes_on() { return !InterlockedCompareExchange(&left_, 0, 0) && (!query_ || query_->QueryContinue() == S_OK); }

void Errand::tell(const std::wstring &text) {
    if (query_) {
        query_->SetStatusMessage(text.c_str());
        return;
    }
    {
        Locked locked(lock_);
        told_ = text;
    }
    bell_->ring();
}

std::wstring Errand::told() {
    Locked locked(lock_);
    return told_;
}

} // namespace sallyport
