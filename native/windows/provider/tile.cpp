/* What the tile does when the person submits, and what it hands to Windows. */
#include "tile.h"

#include <algorithm>
#include <cstdio>
#include <new>

namespace sallyport {

namespace {

/* Characters without hyphens and spaces: of a recovery code, bypass code, ticket or answer; of the code that the page of a link shows. */
const int LONG_CODE = 20, LINK_CODE = 9;
const wchar_t NO_ANSWER[] = L"That is not an answer to this question.";
const wchar_t TOO_LATE[] = L"That took too long. Sign in again.";
/* LogonUI fetches a yes at once. One that it did not hear of must not let in whoever presses Enter later. */
const ULONGLONG FETCH_MS = 30'000;
const wchar_t CANNOT[] = L"You cannot sign in right now. Contact support.";

std::string hex(NTSTATUS status) {
    char text[16];
    snprintf(text, sizeof text, "0x%08lX", static_cast<unsigned long>(status));
    return text;
}

/* Crockford's base32 as people type it: either case, I, L and O for the digits that they look like. The agent and the org read it anew. */
bool shaped_like_letters(const std::wstring &text, int expected) {
    int length = 0;
    for (wchar_t c : text) {
        if (c == L'-' || c == L' ') continue;
        bool letter = (c >= L'A' && c <= L'Z') || (c >= L'a' && c <= L'z');
        if (c == L'U' || c == L'u' || !(letter || (c >= L'0' && c <= L'9')) || ++length > expected) return false;
    }
    return length == expected;
}

/* Digits alone, spaces taken out; true if it can be a code of this many digits. */
bool shaped_like_digits(std::wstring &text, long long digits) {
    std::wstring left = text;
    left.erase(std::remove(left.begin(), left.end(), L' '), left.end());
    long long length = static_cast<long long>(left.size());
    bool shaped = digits ? length == digits : length >= 6 && length <= 8;
    for (wchar_t c : left) shaped = shaped && c >= L'0' && c <= L'9';
    if (shaped) text.swap(left);
    wipe(left);
    return shaped;
}

} // namespace

Tile::Tile(CREDENTIAL_PROVIDER_USAGE_SCENARIO scenario, Bell *bell) : bell_(bell), scenario_(scenario) {
    InitializeCriticalSection(&lock_);
    bell_->hold();
}

Tile::~Tile() {
    for (std::wstring &value : values_) wipe(value);
    wipe(pictured_);
    if (events_) events_->Release();
    if (picture_) DeleteObject(picture_);
    forget_errand();
    bell_->let_go();
    DeleteCriticalSection(&lock_);
}

/* Who asks for an elevation is somebody at this screen, and types what they know. */
bool Tile::take_over(Handed &handed) {
    Locked locked(lock_);
    if (scenario_ == CPUS_CREDUI || errand_ || logon_) return false;
    values_[USER] = handed.domain.empty() ? handed.user : handed.domain + L"\\" + handed.user;
    wipe(password_.text);
    password_.text.swap(handed.password.text);
    handed_over_ = !password_.text.empty();
    return true;
}

bool Tile::goes_on_by_itself() {
    Locked locked(lock_);
    if (reporting_) collect();
    if (waiting()) return errand_->done();
    return allowed_ || pressed_ != FIELDS || (handed_over_ && !logon_);
}

void Tile::retire() {
    {
        Locked locked(lock_);
        leave();
        bell_->hang(nullptr, 0);
    }
    Release();
}

/* LogonUI calls this on a thread of its own where it knows the interface, and lets the person leave meanwhile. Where an errand is under way
 * already, GetSerialization looks for its end. */
HRESULT Tile::Connect(IQueryContinueWithStatus *query) {
    Errand *errand = nullptr;
    {
        Locked locked(lock_);
        advanced_ = true;
        if (!query || allowed_ || waiting() || !(errand = prepare())) return S_OK;
        errand->hold();
    }
    errand->run(query);
    errand->let_go();
    return S_OK;
}

void Tile::forget_errand() {
    if (errand_) {
        errand_->abandon();
        errand_->let_go();
    }
    errand_ = nullptr;
    reporting_ = false;
}

/* The org and the agent's record hear of it; nobody waits for that. */
void Tile::leave() {
    collect();
    forget_errand();
    Errand *cancel = logon_ ? new (std::nothrow) Errand(bell_) : nullptr;
    if (cancel) {
        cancel->task = Errand::cancel;
        cancel->logon = std::move(logon_);
        cancel->abandon();
        cancel->start();
        cancel->let_go();
    }
    settle(Step::refused);
    status_.clear();
}

std::unique_ptr<Logon> Tile::new_logon(const Account &account) const {
    const bool unlock = scenario_ == CPUS_UNLOCK_WORKSTATION;
    const char *scenario = unlock ? "unlock" : scenario_ == CPUS_CREDUI ? "elevate" : "logon";
    return std::unique_ptr<Logon>(new (std::nothrow) Logon(account, look_around(unlock), scenario));
}

/* The next errand of this logon; null if there is nothing to send. */
Errand *Tile::prepare() {
    forget_errand();
    status_.clear();
    notice_.clear();
    Errand *made = new (std::nothrow) Errand(bell_);
    bool ready = made && (logon_ ? fill_all(*made) : freeze(*made));
    if (ready && made->logon) return errand_ = made;
    if (made) made->let_go();
    if (status_.empty()) {
        settle(Step::refused);
        status_ = CANNOT;
    }
    return nullptr;
}

/* Account and password are what they are now, until Windows has them. */
bool Tile::freeze(Errand &errand) {
    if (values_[USER].empty() || (!handed_over_ && values_[PASSWORD].empty())) {
        status_ = L"Type your user name and your password.";
        return false;
    }
    if (!handed_over_) {
        wipe(password_.text);
        password_.text = values_[PASSWORD];
    }
    errand.proof = handed_over_ ? "handed-over" : "verified";
    errand.password.text = password_.text;
    errand.logon = new_logon(account_of(values_[USER]));
    return true;
}

/* What is not an answer to the question stays here: the person is asked again, and the agent hears nothing. */
bool Tile::fill_all(Errand &errand) {
    errand.task = Errand::answer;
    const auto &fields = logon_->show().fields;
    errand.values.reserve(fields.size()); /* what moves to a greater room leaves short texts behind in the old one */
    const Field *button = pressed_ == FIELDS ? nullptr : field_of(pressed_);
    pressed_ = FIELDS;
    if (button) errand.values.emplace_back(button->id, button->press);
    else
        for (DWORD row = 0; row < fields.size(); row++)
            if (!fill(row, errand.values)) return false;
    errand.logon = std::move(logon_);
    return true;
}

bool Tile::fill(DWORD row, Values &values) {
    const Field &field = logon_->show().fields[row];
    if (field.kind == "button" || field.kind == "link" || field.kind == "qr") return true;
    bool is_code = field.kind == "code";
    if (field.kind == "choice" || (is_code && chosen_[row] > 0)) {
        bool listed = chosen_[row] < field.choices.size();
        if (listed) values.emplace_back(field.id, field.choices[chosen_[row]].value);
        else status_ = NO_ANSWER;
        return listed;
    }
    std::wstring &text = values_[cell(row, field.kind == "secret" ? SECRET : EDIT)];
    /* The password typed where something else was asked must not leave this tile. A long code may: what is asked again tells nothing. */
    bool shaped = !is_code || shaped_like_letters(text, LONG_CODE) || (logon_->show().linked && shaped_like_letters(text, LINK_CODE)) ||
                  shaped_like_digits(text, field.digits);
    bool fits = shaped && (text.empty() || text != password_.text);
    if (fits) values.emplace_back(field.id, to_utf8(text));
    else status_ = is_code ? L"That is not a code." : NO_ANSWER;
    wipe(text);
    return fits;
}

void Tile::collect() {
    if (!errand_ || !errand_->done()) return;
    bool reported = reporting_;
    Step step = errand_->step();
    const bool late = step == Step::allowed && GetTickCount64() - errand_->ended() > FETCH_MS;
    logon_ = std::move(errand_->logon);
    forget_errand();
    settle(late ? Step::refused : step);
    if (late) status_ = TOO_LATE;
    if (!reported) return;
    notice_.swap(status_);
    status_.clear();
}

/* After a refusal nothing of this logon is left but what the person is told. */
void Tile::settle(Step step) {
    allowed_ = step == Step::allowed;
    pressed_ = FIELDS;
    for (DWORD &chosen : chosen_) chosen = 0;
    for (DWORD field = step == Step::asking ? FIRST_ROW : PASSWORD; field < FIELDS; field++) wipe(values_[field]);
    if (step == Step::asking) return;
    if (logon_) {
        status_ = logon_->told();
        last_reference_ = allowed_ ? logon_->reference() : "";
        last_ = logon_->account();
    }
    logon_.reset();
    if (allowed_) return;
    wipe(password_.text);
    handed_over_ = false;
}

HRESULT Tile::GetSerialization(CREDENTIAL_PROVIDER_GET_SERIALIZATION_RESPONSE *response,
                               CREDENTIAL_PROVIDER_CREDENTIAL_SERIALIZATION *credential, LPWSTR *text, CREDENTIAL_PROVIDER_STATUS_ICON *icon) {
    if (!response || !credential || !text || !icon) return E_POINTER;
    *response = CPGSR_NO_CREDENTIAL_NOT_FINISHED;
    *credential = {};
    *text = nullptr;
    *icon = CPSI_NONE;
    Locked locked(lock_);
    if (waiting() || advanced_) collect();
    else if (!allowed_)
        if (Errand *errand = prepare()) errand->start();
    advanced_ = false;
    HRESULT result = allowed_ ? hand_over(credential) : S_OK;
    if (credential->rgbSerialization) *response = CPGSR_RETURN_CREDENTIAL_FINISHED;
    if (FAILED(result)) status_ = CANNOT;
    redraw();
    if (!status_.empty()) {
        *text = copy_text(status_);
        *icon = credential->rgbSerialization ? CPSI_SUCCESS : CPSI_ERROR;
    }
    status_.clear();
    return S_OK;
}

/* The frozen account and password, once: a second call finds nothing. */
HRESULT Tile::hand_over(CREDENTIAL_PROVIDER_CREDENTIAL_SERIALIZATION *credential) {
    allowed_ = false;
    ULONG package = 0;
    bool ok = authentication_package(package) && pack(windows_domain(last_), last_.user, password_.text, scenario_ == CPUS_UNLOCK_WORKSTATION,
                                                      &credential->rgbSerialization, &credential->cbSerialization);
    wipe(password_.text);
    handed_over_ = false;
    if (!ok) return E_FAIL;
    credential->ulAuthenticationPackage = package;
    credential->clsidCredentialProvider = CLSID_Sallyport;
    return S_OK;
}

/* What Windows made of the credential: a refusal is told to the agent, under a reference of its own, which then stands on the tile. */
HRESULT Tile::ReportResult(NTSTATUS status, NTSTATUS sub_status, LPWSTR *text, CREDENTIAL_PROVIDER_STATUS_ICON *icon) {
    if (!text || !icon) return E_POINTER;
    *text = nullptr;
    *icon = CPSI_NONE;
    Locked locked(lock_);
    if (status >= 0 || last_reference_.empty() || errand_ || logon_) return S_OK;
    errand_ = new (std::nothrow) Errand(bell_);
    if (!errand_) return S_OK;
    errand_->task = Errand::report;
    errand_->logon = new_logon(last_);
    errand_->status = hex(status);
    errand_->sub_status = hex(sub_status);
    errand_->after.swap(last_reference_);
    reporting_ = true;
    if (errand_->logon) errand_->start();
    else forget_errand();
    return S_OK;
}

} // namespace sallyport
