/* Tries a password with Windows once, and says what came of it. */
#include "password.h"

namespace sallyport {

namespace {

const DWORD NO_SUCH_USER = 0xC0000064; /* NTSTATUS, which LogonUser does not tell apart from a wrong password */

/* Whoever has the right password and no right to this kind of logon: LSA asks for the right only when the password is proved. */
bool has_no_right(const LogonTry &tried) { return tried.error == ERROR_LOGON_TYPE_NOT_GRANTED; }

/* Windows itself asks for the new password, when the second factor is proved. */
bool must_be_changed(DWORD error) { return error == ERROR_PASSWORD_EXPIRED || error == ERROR_PASSWORD_MUST_CHANGE; }

bool is_wrong(DWORD error) { return error == ERROR_LOGON_FAILURE || error == ERROR_NO_SUCH_USER || error == ERROR_WRONG_PASSWORD; }

/* Interactive: it works with the domain controller away (cached logons), and where the network logon is denied to local accounts, as on
 * hardened machines. A remote desktop's user may have no right to sit at the machine itself: the network logon then gives the token, and
 * where that is denied as well, the first one has proved the password. */
LogonTry try_password(Machine &windows, const Asked &asked, bool remote) {
    LogonTry tried = windows.log_on(asked.domain, asked.user, asked.password, LOGON32_LOGON_INTERACTIVE);
    if (!remote || !has_no_right(tried)) return tried;
    tried = windows.log_on(asked.domain, asked.user, asked.password, LOGON32_LOGON_NETWORK);
    if (has_no_right(tried)) tried.error = 0;
    return tried;
}

} // namespace

Judged judge_password(Machine &windows, const Asked &asked) {
    Judged judged = {"failed"};
    judged.place = windows.place_of(asked.session);
    judged.account = try_password(windows, asked, judged.place.remote);
    const DWORD error = judged.account.error;
    judged.status = error;
    bool found = true;
    if (error || judged.account.sid.empty()) found = windows.find_account(asked.domain, asked.user, judged.account.sid);
    if (error == 0 || must_be_changed(error)) judged.result = "right";
    else if (is_wrong(error)) judged.result = "wrong";
    if (is_wrong(error) && !found) judged.sub_status = NO_SUCH_USER;
    return judged;
}

} // namespace sallyport
