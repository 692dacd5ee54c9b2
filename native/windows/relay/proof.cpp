/* Keeps whose password was right, never the password. */
#include "proof.h"

#include <algorithm>
#include <deque>

namespace sallyport {

namespace {

const ULONGLONG LIFE_MS = 60'000;
const size_t MOST = 64;

struct Proof {
    DWORD pid;
    std::string user, sid;
    ULONGLONG until;
};

SRWLOCK lock = SRWLOCK_INIT;
std::deque<Proof> proofs;

} // namespace

void remember_proof(DWORD pid, const std::string &user, const std::string &sid) {
    if (sid.empty() || pid == 0) return;
    AcquireSRWLockExclusive(&lock);
    if (proofs.size() >= MOST) proofs.pop_front();
    proofs.push_back({pid, user, sid, GetTickCount64() + LIFE_MS});
    ReleaseSRWLockExclusive(&lock);
}

bool take_proof(DWORD pid, const std::string &user, const std::string &sid) {
    AcquireSRWLockExclusive(&lock);
    const ULONGLONG now = GetTickCount64();
    auto found = std::find_if(proofs.begin(), proofs.end(), [&](const Proof &one) {
        return one.pid == pid && one.user == user && one.sid == sid && one.until > now;
    });
    bool there = found != proofs.end();
    if (there) proofs.erase(found);
    ReleaseSRWLockExclusive(&lock);
    return there;
}

} // namespace sallyport
