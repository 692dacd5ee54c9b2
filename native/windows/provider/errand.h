/* One wait for Windows' or the agent's word, off LogonUI's own thread. The tile looks at nothing of it before it is done. */
#pragma once

#include <windows.h>

#include <credentialprovider.h>

#include <memory>
#include <string>

#include "bell.h"
#include "logon.h"

namespace sallyport {

class Errand final : public Patience, public Counted<Errand> {
  public:
    explicit Errand(Bell *bell);

    /* What is to be done with the logon, and what that needs. The tile's until it starts. */
    enum { begin, answer, cancel, report } task = begin;
    std::unique_ptr<Logon> logon;
    Secret password;
    const char *proof = ""; /* `verified` or `handed-over` */
    Values values;
    std::string status, sub_status, after;

    /* On a thread of its own; rings when the agent has told something, and at the end. */
    void start();
    /* On the caller's thread, which Windows made for waiting: `query` says whether the person is still there. */
    void run(IQueryContinueWithStatus *query);
    /* The person went: the logon ends, and nobody comes back for it. */
    void abandon() { InterlockedExchange(&left_, 1); }

    bool done() { return InterlockedCompareExchange(&done_, 0, 0) != 0; }
    /* What the agent told while it waits. */
    std::wstring told();
    /* When it is done: what it came to, and since when, in ticks. */
    Step step() const { return step_; }
    ULONGLONG ended() const { return ended_; }

    bool goes_on() override;
    void tell(const std::wstring &text) override;

  private:
    friend class Counted<Errand>;
    ~Errand();
    Step work();

    Bell *bell_;
    IQueryContinueWithStatus *query_ = nullptr;
    Step step_ = Step::refused;
    LONG left_ = 0, done_ = 0;
    ULONGLONG ended_ = 0;
    CRITICAL_SECTION lock_;
    std::wstring told_;
};

} // namespace sallyport
