/* Work off LogonUI's own thread: one wait for Windows' or the agent's word, and the bell that says when there is something new. */
#pragma once

#include <memory>

#include "logon.h"

namespace sallyport {

/* Tells Windows that the tile has changed by itself: it then asks provider and tile anew, and goes on by itself if they say so. */
class Bell final : public Counted<Bell> {
  public:
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
        ICredentialProviderEvents *events = nullptr;
        UINT_PTR context = 0;
        {
            Locked locked(lock_);
            if (!events_) return;
            events = events_;
            context = context_;
            events->AddRef();
            InterlockedIncrement(&owed_);
        }
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
    ~Bell() { hang(nullptr, 0); }
    Lock lock_;
    ICredentialProviderEvents *events_ = nullptr;
    UINT_PTR context_ = 0;
    LONG owed_ = 0;
};

/* The tile looks at nothing of it before it is done. */
class Errand final : public Patience, public Counted<Errand> {
  public:
    explicit Errand(Bell *bell) : bell_(bell) { bell_->hold(); }

    /* What is to be done with the logon, and what that needs. The tile's until it starts. */
    enum { begin, answer, cancel, report } task = begin;
    std::unique_ptr<Logon> logon;
    Secret password;
    const char *proof = ""; /* `verified` or `handed-over` */
    Values values;
    std::string status, sub_status;

    /* On a thread of its own; rings when the agent has told something, and at the end. */
    void start() {
        auto on_thread = [](void *self) -> DWORD {
            static_cast<Errand *>(self)->run_and_ring();
            end_thread();
        };
        hold();
        /* Without a thread LogonUI's own waits: slow, but the logon is judged as any other. */
        if (!start_thread(on_thread, this)) run_and_ring();
    }

    /* On the caller's thread, which Windows made for waiting: `query` says whether the person is still there.
     * A yes to whom the tile has left meanwhile is taken back here: nobody comes for it. */
    void run(IQueryContinueWithStatus *query) {
        query_ = query;
        const Step reached = work();
        query_ = nullptr;
        bool left;
        {
            Locked locked(lock_);
            step = reached;
            ended = GetTickCount64();
            done_ = true;
            left = left_;
        }
        if (left && reached == Step::allowed) logon->cancel();
    }

    /* The person went: the logon ends, and nobody comes back for it. True if it had come to its end before, which then is the tile's. */
    bool abandon() {
        Locked locked(lock_);
        left_ = true;
        return done_;
    }

    bool done() { return read(done_); }
    /* What the agent told while it waits. */
    std::wstring told() { return read(told_); }
    /* When it is done: what it came to, and since when, in ticks. */
    Step step = Step::refused;
    ULONGLONG ended = 0;

    /* Windows is not asked under the lock, which its own thread may be waiting for. */
    bool goes_on() override { return !read(left_) && (!query_ || query_->QueryContinue() == S_OK); }

    void tell(const std::wstring &text) override {
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

  private:
    friend class Counted<Errand>;
    ~Errand() {
        for (auto &[id, value] : values) wipe(value);
        bell_->let_go();
    }

    template <class One> One read(const One &one) {
        Locked locked(lock_);
        return one;
    }

    void run_and_ring() {
        run(nullptr);
        if (goes_on()) bell_->ring();
        let_go();
    }

    Step work() {
        switch (task) {
        case begin: return logon->begin(password, proof, this);
        case answer: return logon->answer(values, this);
        case report: return logon->report("machine", status, sub_status, this);
        default: return logon->cancel();
        }
    }

    Bell *bell_;
    IQueryContinueWithStatus *query_ = nullptr;
    Lock lock_;
    bool left_ = false, done_ = false;
    std::wstring told_;
};

} // namespace sallyport
