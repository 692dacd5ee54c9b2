/* What the tile does when the person submits, and what it hands to Windows. */
#include "tile.h"

#include <algorithm>
#include <cstdio>

#include "dll.h"
#include "serialization.h"

namespace sallyport {

namespace {

/* The person's patience as Windows knows it. */
class Query final : public Patience {
  public:
    explicit Query(IQueryContinueWithStatus *query) : query_(query) {}
    bool goes_on() override { return query_->QueryContinue() == S_OK; }
    void tell(const std::wstring &text) override { query_->SetStatusMessage(text.c_str()); }

  private:
    IQueryContinueWithStatus *query_;
};

std::string hex(DWORD status) {
    char text[16];
    snprintf(text, sizeof text, "0x%08lX", static_cast<unsigned long>(status));
    return text;
}

/* Digits alone, spaces taken out; true if it can be a code of this many digits. */
bool shaped_like_code(std::wstring &text, long long digits) {
    text.erase(std::remove(text.begin(), text.end(), L' '), text.end());
    for (wchar_t c : text)
        if (c < L'0' || c > L'9') return false;
    long long length = static_cast<long long>(text.size());
    return digits ? length == digits : length >= 6 && length <= 8;
}

} // namespace

Tile::Tile(bool unlock, const std::wstring &user, const std::wstring &handed_password)
    : unlock_(unlock), handed_over_(!handed_password.empty()), password_(handed_password) {
    values_[USER] = user;
    dll_lock();
}

Tile::~Tile() {
    wipe(password_);
    for (std::wstring &value : values_) wipe(value);
    dll_unlock();
}

/* LogonUI calls this on a thread of its own where it knows the interface, and lets the person leave meanwhile. */
HRESULT Tile::Connect(IQueryContinueWithStatus *query) {
    Query patience(query);
    advance(&patience);
    advanced_ = true;
    return S_OK;
}

void Tile::leave() {
    if (logon_) logon_->cancel("logon.cancelled");
    settle(Step::refused);
}

void Tile::advance(Patience *patience) {
    status_.clear();
    if (allowed_) return;
    if (asking_) settle(go_on(patience));
    else if (values_[USER].empty() || (!handed_over_ && values_[PASSWORD].empty())) status_ = L"Type your user name and your password.";
    else settle(start(patience));
}

/* Freezes account and password, has Windows check the password, and asks the agent. */
Step Tile::start(Patience *patience) {
    Account account = account_of(values_[USER]);
    Scene scene = look_around(unlock_);
    if (handed_over_) {
        logon_ = std::make_unique<Logon>(account, scene);
        return logon_->begin("handed-over", patience);
    }
    wipe(password_);
    password_ = values_[PASSWORD];
    Checked checked;
    Fault fault;
    bool answered = check_password(account, password_, unlock_ ? "unlock" : "logon", patience, checked, fault);
    account.sid = checked.sid;
    account.groups = checked.groups;
    logon_ = std::make_unique<Logon>(account, scene);
    if (!answered) return logon_->fail(fault);
    bool right = checked.result == Password::right;
    return right ? logon_->begin("verified", patience) : logon_->report("password", checked.status, checked.sub_status, "");
}

/* What is not an answer to the question stays here: the person is asked again, and the agent hears nothing. */
Step Tile::go_on(Patience *patience) {
    Values values;
    const auto &fields = logon_->show().fields;
    values.reserve(fields.size()); /* what moves to a greater room leaves short texts behind in the old one */
    bool filled = true;
    if (pressed_ != FIELDS) values.emplace_back(fields[row_of(pressed_)].id, "pressed");
    else
        for (DWORD row = 0; row < fields.size() && filled; row++) filled = fill(row, values);
    Step step = filled ? logon_->answer(values, patience) : Step::asking;
    for (auto &[id, value] : values) wipe(value);
    return step;
}

bool Tile::fill(DWORD row, Values &values) {
    const Field &field = logon_->show().fields[row];
    if (field.kind == "button" || field.kind == "link" || field.kind == "qr") return true;
    if (field.kind == "choice") {
        if (chosen_[row] >= field.choices.size()) return false;
        values.emplace_back(field.id, field.choices[chosen_[row]].value);
        return true;
    }
    std::wstring &text = values_[cell(row, field.kind == "secret" ? SECRET : EDIT)];
    bool is_code = field.kind == "code";
    /* The password typed where something else was asked must not leave this tile. */
    bool fits = (text.empty() || text != password_) && (!is_code || shaped_like_code(text, field.digits));
    if (fits) values.emplace_back(field.id, to_utf8(text));
    else status_ = is_code ? L"That is not a code." : L"That is not an answer to this question.";
    wipe(text);
    return fits;
}

/* After a refusal nothing of this logon is left but what the person is told. */
void Tile::settle(Step step) {
    asking_ = step == Step::asking;
    allowed_ = step == Step::allowed;
    pressed_ = FIELDS;
    if (asking_) return;
    if (logon_) {
        status_ = logon_->told();
        last_reference_ = allowed_ ? logon_->reference() : "";
        last_ = logon_->account();
    }
    logon_.reset();
    for (DWORD field = PASSWORD; field < FIELDS; field++) wipe(values_[field]);
    if (allowed_) return;
    wipe(password_);
    handed_over_ = false;
}

HRESULT Tile::GetSerialization(CREDENTIAL_PROVIDER_GET_SERIALIZATION_RESPONSE *response,
                               CREDENTIAL_PROVIDER_CREDENTIAL_SERIALIZATION *credential, LPWSTR *text, CREDENTIAL_PROVIDER_STATUS_ICON *icon) {
    *response = CPGSR_NO_CREDENTIAL_NOT_FINISHED;
    *credential = {};
    *text = nullptr;
    *icon = CPSI_NONE;
    if (!advanced_) advance(nullptr);
    advanced_ = false;
    HRESULT result = allowed_ ? hand_over(credential) : S_OK;
    if (credential->rgbSerialization) *response = CPGSR_RETURN_CREDENTIAL_FINISHED;
    if (FAILED(result)) status_ = L"You cannot sign in right now. Contact support.";
    redraw();
    if (!status_.empty()) {
        *text = copy_text(status_);
        *icon = credential->rgbSerialization ? CPSI_SUCCESS : CPSI_ERROR;
    }
    return S_OK;
}

/* The frozen account and password, once: a second call finds nothing. */
HRESULT Tile::hand_over(CREDENTIAL_PROVIDER_CREDENTIAL_SERIALIZATION *credential) {
    allowed_ = false;
    ULONG package = 0;
    bool ok = authentication_package(package) && pack(windows_domain(last_), last_.user, password_, unlock_, &credential->rgbSerialization,
                                                      &credential->cbSerialization);
    wipe(password_);
    handed_over_ = false;
    if (!ok) return E_FAIL;
    credential->ulAuthenticationPackage = package;
    credential->clsidCredentialProvider = CLSID_Sallyport;
    return S_OK;
}

/* What Windows made of the credential: a refusal is told to the agent, under a reference of its own. */
HRESULT Tile::ReportResult(NTSTATUS status, NTSTATUS sub_status, LPWSTR *text, CREDENTIAL_PROVIDER_STATUS_ICON *icon) {
    *text = nullptr;
    *icon = CPSI_NONE;
    if (status >= 0 || last_reference_.empty()) return S_OK;
    Logon refused(last_, look_around(unlock_));
    refused.report("machine", hex(static_cast<DWORD>(status)), hex(static_cast<DWORD>(sub_status)), last_reference_);
    last_reference_.clear();
    *text = copy_text(refused.told());
    *icon = CPSI_ERROR;
    return S_OK;
}

} // namespace sallyport
