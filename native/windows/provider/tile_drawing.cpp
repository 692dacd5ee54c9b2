/* How the tile draws a show: which fields are seen, what stands in them, and what the person typed. */
#include "dll.h"
#include "tile.h"

namespace sallyport {

HRESULT Tile::QueryInterface(REFIID id, void **out) {
    bool known = IsEqualIID(id, __uuidof(IUnknown)) || IsEqualIID(id, __uuidof(ICredentialProviderCredential)) ||
                 IsEqualIID(id, __uuidof(IConnectableCredentialProviderCredential));
    *out = known ? this : nullptr;
    if (known) AddRef();
    return known ? S_OK : E_NOINTERFACE;
}

ULONG Tile::AddRef() { return static_cast<ULONG>(InterlockedIncrement(&count_)); }

ULONG Tile::Release() {
    LONG left = InterlockedDecrement(&count_);
    if (left == 0) delete this;
    return static_cast<ULONG>(left);
}

HRESULT Tile::Advise(ICredentialProviderCredentialEvents *events) {
    UnAdvise();
    events_ = events;
    if (events_) events_->AddRef();
    return S_OK;
}

HRESULT Tile::UnAdvise() {
    if (events_) events_->Release();
    events_ = nullptr;
    return S_OK;
}

HRESULT Tile::SetSelected(BOOL *auto_logon) {
    *auto_logon = handed_over_;
    return S_OK;
}

/* The person went elsewhere: the logon ends, and what was typed is wiped. */
HRESULT Tile::SetDeselected() {
    /* Windows may pass over a tile before it selects it: what was handed over must still be there then. */
    if (!logon_ && handed_over_) return S_OK;
    leave();
    wipe(values_[USER]);
    redraw();
    return S_OK;
}

/* A kind that nobody knows is drawn as text. */
bool Tile::shown(DWORD field) const {
    if (field == USER || field == PASSWORD) return !asking_ && !(handed_over_ && field == PASSWORD);
    if (!is_cell(field)) return true;
    const Show *show = asking_ ? &logon_->show() : nullptr;
    if (!show || row_of(field) >= show->fields.size()) return false;
    const std::string &kind = show->fields[row_of(field)].kind;
    DWORD which = (field - FIRST_ROW) % CELLS;
    bool told = kind == "link" || kind == "qr";
    if (which == LINK) return kind == "button";
    if (which == LABEL) return kind != "button";
    if (which == SECRET) return kind == "secret";
    if (which == CHOICE) return kind == "choice";
    return kind != "secret" && kind != "choice" && kind != "button" && !told;
}

/* The submit button stands beside what was asked last. */
DWORD Tile::last_input() const {
    for (DWORD field = SUBMIT; field-- > USER;) {
        CREDENTIAL_PROVIDER_FIELD_TYPE type = type_of(field);
        if (shown(field) && (type == CPFT_EDIT_TEXT || type == CPFT_PASSWORD_TEXT || type == CPFT_COMBOBOX)) return field;
    }
    return TEXT;
}

HRESULT Tile::GetFieldState(DWORD field, CREDENTIAL_PROVIDER_FIELD_STATE *state, CREDENTIAL_PROVIDER_FIELD_INTERACTIVE_STATE *interactive) {
    if (field >= FIELDS) return E_INVALIDARG;
    *state = !shown(field) ? CPFS_HIDDEN : field == TITLE ? CPFS_DISPLAY_IN_BOTH : CPFS_DISPLAY_IN_SELECTED_TILE;
    *interactive = shown(field) && field == last_input() ? CPFIS_FOCUSED : CPFIS_NONE;
    return S_OK;
}

HRESULT Tile::GetStringValue(DWORD field, LPWSTR *value) {
    if (field >= FIELDS) return E_INVALIDARG;
    std::wstring text = values_[field];
    const Show *show = asking_ ? &logon_->show() : nullptr;
    if (field == TITLE) text = show && !show->title.empty() ? show->title : L"Sallyport";
    if (field == TEXT) text = show ? show->text : L"";
    if (is_cell(field) && show && row_of(field) < show->fields.size()) {
        const Field &from = show->fields[row_of(field)];
        DWORD which = (field - FIRST_ROW) % CELLS;
        if (which == LABEL) text = from.value.empty() ? from.label : from.label + L": " + from.value;
        if (which == LINK) text = from.label;
    }
    *value = copy_text(text);
    wipe(text);
    return *value ? S_OK : E_OUTOFMEMORY;
}

HRESULT Tile::GetSubmitButtonValue(DWORD field, DWORD *adjacent) {
    if (field != SUBMIT) return E_INVALIDARG;
    *adjacent = last_input();
    return S_OK;
}

HRESULT Tile::GetComboBoxValueCount(DWORD field, DWORD *count, DWORD *selected) {
    if (!is_cell(field) || type_of(field) != CPFT_COMBOBOX) return E_INVALIDARG;
    *count = shown(field) ? static_cast<DWORD>(logon_->show().fields[row_of(field)].choices.size()) : 0;
    *selected = chosen_[row_of(field)];
    return S_OK;
}

HRESULT Tile::GetComboBoxValueAt(DWORD field, DWORD item, LPWSTR *value) {
    DWORD count = 0, selected = 0;
    if (FAILED(GetComboBoxValueCount(field, &count, &selected)) || item >= count) return E_INVALIDARG;
    *value = copy_text(logon_->show().fields[row_of(field)].choices[item].label);
    return *value ? S_OK : E_OUTOFMEMORY;
}

HRESULT Tile::SetStringValue(DWORD field, LPCWSTR value) {
    if (field >= FIELDS || (type_of(field) != CPFT_EDIT_TEXT && type_of(field) != CPFT_PASSWORD_TEXT)) return E_INVALIDARG;
    wipe(values_[field]);
    values_[field] = value;
    /* Another name than the one that was handed over needs a password of its own. */
    if (field == USER && handed_over_ && !asking_) {
        wipe(password_);
        handed_over_ = false;
    }
    return S_OK;
}

HRESULT Tile::SetComboBoxSelectedValue(DWORD field, DWORD item) {
    if (!is_cell(field) || type_of(field) != CPFT_COMBOBOX) return E_INVALIDARG;
    chosen_[row_of(field)] = item;
    return S_OK;
}

/* A button of the agent's: the answer goes out when Windows asks for the credential, as after a submit. */
HRESULT Tile::CommandLinkClicked(DWORD field) {
    if (!shown(field) || type_of(field) != CPFT_COMMAND_LINK) return E_INVALIDARG;
    pressed_ = field;
    return S_OK;
}

void Tile::redraw_choices(DWORD row) {
    DWORD field = cell(row, CHOICE), count = 0, selected = 0;
    for (; drawn_choices_[row] > 0; drawn_choices_[row]--) events_->DeleteFieldComboBoxItem(this, field, 0);
    chosen_[row] = 0;
    GetComboBoxValueCount(field, &count, &selected);
    for (DWORD item = 0; item < count; item++)
        events_->AppendFieldComboBoxItem(this, field, logon_->show().fields[row].choices[item].label.c_str());
    drawn_choices_[row] = count;
    if (count > 0) events_->SetFieldComboBoxSelectedItem(this, field, 0);
}

void Tile::redraw() {
    if (!events_) return;
    for (DWORD field = 0; field < SUBMIT; field++) {
        CREDENTIAL_PROVIDER_FIELD_STATE state;
        CREDENTIAL_PROVIDER_FIELD_INTERACTIVE_STATE interactive;
        LPWSTR text = nullptr;
        GetFieldState(field, &state, &interactive);
        events_->SetFieldState(this, field, state);
        if (type_of(field) == CPFT_COMBOBOX) redraw_choices(row_of(field));
        else if (SUCCEEDED(GetStringValue(field, &text))) events_->SetFieldString(this, field, text);
        free_text(text);
        if (interactive == CPFIS_FOCUSED) events_->SetFieldInteractiveState(this, field, interactive);
    }
    events_->SetFieldSubmitButton(this, SUBMIT, last_input());
}

} // namespace sallyport
