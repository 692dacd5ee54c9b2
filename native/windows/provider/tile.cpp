/* What the tile does when the person submits, and what it hands to Windows. */
#include "tile.h"

#include <algorithm>
#include <cstdio>

namespace sallyport {

namespace {

/* Characters without hyphens and spaces: of a recovery code, bypass code, ticket or answer; of the code that the page of a link shows. */
const int LONG_CODE = 20, LINK_CODE = 9;
const wchar_t NO_ANSWER[] = L"That is not an answer to this question.";
/* LogonUI fetches a yes at once. One that it did not hear of must not let in whoever presses Enter later. */
const ULONGLONG FETCH_MS = 30'000;

std::string hex(NTSTATUS status) {
    char text[16];
    snprintf(text, sizeof text, "0x%08lX", static_cast<unsigned long>(status));
    return text;
}

/* Digits as many as are expected; or Crockford's base32 as people type it: either case, I, L and O for the digits that they look like. */
bool is_shaped_like_a_code(const std::wstring &text, long long expected) {
    int digits = 0, letters = 0;
    for (wchar_t c : text) {
        if (c == L'-') continue;
        if (c >= L'0' && c <= L'9') digits++;
        else if (((c | 0x20) >= L'a' && (c | 0x20) <= L'z') && (c | 0x20) != L'u') letters++;
        else return false;
    }
    int length = digits + letters;
    if (letters == 0 && (expected ? length == expected : length >= 6 && length <= 8)) return true;
    return length == LONG_CODE || (!expected && length == LINK_CODE);
}

} // namespace

Tile::~Tile() {
    leave();
    for (std::wstring &value : values_) wipe(value);
    wipe(pictured_);
    if (events_) events_->Release();
    if (picture_) DeleteObject(picture_);
    bell_->let_go();
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
    return pressed_ != FIELDS || (handed_over_ && !logon_);
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
        if (!query || waiting() || !(errand = prepare())) return S_OK;
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

/* The org and the agent's record hear of it, also where there was a yes that Windows did not fetch; nobody waits for that. */
void Tile::leave() {
    if (errand_ && errand_->abandon()) collect();
    forget_errand();
    if (logon_) {
        auto *cancel = new Errand(bell_);
        cancel->task = Errand::cancel;
        cancel->logon = std::move(logon_);
        cancel->abandon();
        cancel->start();
        cancel->let_go();
    }
    settle(Step::refused);
    status_.clear();
}

/* The next errand of this logon; null if there is nothing to send. */
Errand *Tile::prepare() {
    forget_errand();
    status_.clear();
    notice_.clear();
    auto *made = new Errand(bell_);
    if (logon_ ? fill_all(*made) : freeze(*made)) return errand_ = made;
    made->let_go();
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
    const char *scenario = scenario_ == CPUS_CREDUI ? "elevate" : scenario_ == CPUS_LOGON ? "logon" : "unlock";
    errand.logon.reset(new Logon(values_[USER], scenario));
    return true;
}

/* What is not an answer to the question stays here: the person is asked again, and the agent hears nothing. */
bool Tile::fill_all(Errand &errand) {
    errand.task = Errand::answer;
    const auto &fields = logon_->show().fields;
    errand.values.reserve(fields.size()); /* what moves to a greater room leaves short texts behind in the old one */
    const Field *button = pressed_ == FIELDS ? nullptr : field_of(pressed_);
    pressed_ = FIELDS;
    if (button) errand.values.emplace_back(button->id, button->value.empty() ? "pressed" : button->value);
    else
        for (DWORD row = 0; row < fields.size(); row++)
            if (!fill(row, errand.values)) return false;
    errand.logon = std::move(logon_);
    return true;
}

bool Tile::fill(DWORD row, Values &values) {
    const Field &field = logon_->show().fields[row];
    const DWORD input = input_of(field);
    if (input == LABEL || input == LINK) return true;
    if (input == CHOICE) {
        bool listed = chosen_[row] < field.choices.size();
        if (listed) values.emplace_back(field.id, field.choices[chosen_[row]].value);
        else status_ = NO_ANSWER;
        return listed;
    }
    std::wstring &text = values_[cell(row, input)];
    /* The password typed where something else was asked must not leave this tile. A long code may: what is asked again tells nothing. */
    const bool is_code = field.kind == "code";
    if (is_code) text.erase(std::remove(text.begin(), text.end(), L' '), text.end());
    bool shaped = !is_code || is_shaped_like_a_code(text, field.digits);
    bool fits = shaped && (text.empty() || text != password_.text);
    if (fits) values.emplace_back(field.id, to_utf8(text));
    else status_ = is_code ? L"That is not a code." : NO_ANSWER;
    wipe(text);
    return fits;
}

/* Takes the errand's end over. True if the logon was let through: it then waits to be handed to Windows. */
bool Tile::collect() {
    if (!errand_ || !errand_->done()) return false;
    const bool reported = reporting_;
    const Step step = errand_->step;
    const bool late = step == Step::allowed && GetTickCount64() - errand_->ended > FETCH_MS;
    logon_ = std::move(errand_->logon);
    forget_errand();
    if (late) leave();
    else settle(step);
    if (late) status_ = L"That took too long. Sign in again.";
    if (reported) {
        notice_.swap(status_);
        status_.clear();
    }
    return step == Step::allowed && !late;
}

/* After a refusal nothing of this logon is left but what the person is told. */
void Tile::settle(Step step) {
    pressed_ = FIELDS;
    for (DWORD &chosen : chosen_) chosen = 0;
    for (DWORD field = step == Step::asking ? FIRST_ROW : PASSWORD; field < FIELDS; field++) wipe(values_[field]);
    if (step == Step::asking) return;
    if (logon_) {
        status_ = logon_->told();
        passed_.reset();
    }
    if (step == Step::allowed) return;
    logon_.reset();
    wipe(password_.text);
    handed_over_ = false;
}

HRESULT Tile::GetSerialization(Response *response, Credential *credential, LPWSTR *text, Icon *icon) {
    if (!response || !credential || !text || !icon) return E_POINTER;
    *credential = {};
    *text = nullptr;
    Locked locked(lock_);
    if (waiting() || advanced_) {
        if (collect()) hand_over(*credential);
    } else if (Errand *errand = prepare()) errand->start();
    advanced_ = false;
    const bool given = credential->rgbSerialization != nullptr;
    redraw();
    *response = given ? CPGSR_RETURN_CREDENTIAL_FINISHED : CPGSR_NO_CREDENTIAL_NOT_FINISHED;
    *icon = status_.empty() ? CPSI_NONE : given ? CPSI_SUCCESS : CPSI_ERROR;
    if (!status_.empty()) *text = copy_text(status_);
    status_.clear();
    return S_OK;
}

/* The frozen account and password, once: a second call finds nothing. */
void Tile::hand_over(Credential &credential) {
    const Account &account = logon_->account();
    const bool unlock = scenario_ == CPUS_UNLOCK_WORKSTATION;
    const std::wstring domain = to_wide(account.logon_domain), user = to_wide(account.user);
    if (!pack(domain, user, password_.text, unlock, &credential.rgbSerialization, &credential.cbSerialization)) {
        leave();
        status_ = L"You cannot sign in right now. Contact support.";
        return;
    }
    credential.ulAuthenticationPackage = logon_->package();
    credential.clsidCredentialProvider = CLSID_Sallyport;
    passed_ = std::move(logon_);
    settle(Step::refused);
}

/* What Windows made of the credential: a refusal is told to the agent, under a reference of its own, which then stands on the tile. */
HRESULT Tile::ReportResult(NTSTATUS status, NTSTATUS sub_status, LPWSTR *text, Icon *icon) {
    if (!text || !icon) return E_POINTER;
    *text = nullptr;
    *icon = CPSI_NONE;
    Locked locked(lock_);
    if (status >= 0 || !passed_ || errand_ || logon_) return S_OK;
    reporting_ = true;
    errand_ = new Errand(bell_);
    errand_->task = Errand::report;
    errand_->logon = std::move(passed_);
    errand_->status = hex(status);
    errand_->sub_status = hex(sub_status);
    errand_->start();
    return S_OK;
}

} // namespace sallyport
