/* How the tile draws a show: which fields are seen, what stands in them, and what the person typed. */
#include "picture.h"
#include "tile.h"

namespace sallyport {

HRESULT Tile::Advise(ICredentialProviderCredentialEvents *events) {
    Locked locked(lock_);
    if (events) events->AddRef();
    if (events_) events_->Release();
    events_ = events;
    return S_OK;
}

HRESULT Tile::UnAdvise() { return Advise(nullptr); }

HRESULT Tile::SetSelected(BOOL *auto_logon) {
    if (!auto_logon) return E_POINTER;
    bell_->answered();
    *auto_logon = goes_on_by_itself();
    return S_OK;
}

/* The person went elsewhere: the logon ends, and what was typed is wiped. */
HRESULT Tile::SetDeselected() {
    Locked locked(lock_);
    /* Windows may pass over a tile before it selects it: what was handed over must still be there then. */
    if (bell_->is_rung() || (!logon_ && !errand_ && handed_over_)) return S_OK;
    leave();
    wipe(values_[USER]);
    redraw();
    return S_OK;
}

/* The field of the agent's show that stands in this row; null if there is none. */
const Field *Tile::field_of(DWORD field) const {
    const Show *now = show();
    return now && is_cell(field) && row_of(field) < now->fields.size() ? &now->fields[row_of(field)] : nullptr;
}

/* A kind that nobody knows is drawn as text. */
bool Tile::shown(DWORD field) const {
    if (field == NUMBER || field == CANCEL) return waiting();
    if (field == USER || field == PASSWORD) return !waiting() && !logon_ && !(handed_over_ && field == PASSWORD);
    if (field == SUBMIT) return !waiting();
    if (!is_cell(field)) return true;
    const Field *from = field_of(field);
    if (!from) return false;
    const std::string &kind = from->kind;
    bool told = kind == "link" || kind == "qr";
    switch (which_of(field)) {
    case LINK: return kind == "button";
    case LABEL: return kind != "button";
    case SECRET: return kind == "secret";
    case CHOICE: return kind == "choice" || (kind == "code" && !from->choices.empty());
    default: return kind != "secret" && kind != "choice" && kind != "button" && !told;
    }
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
    if (!state || !interactive) return E_POINTER;
    if (field >= FIELDS) return E_INVALIDARG;
    Locked locked(lock_);
    bool always = field == TITLE || field == IMAGE;
    *state = !shown(field) ? CPFS_HIDDEN : always ? CPFS_DISPLAY_IN_BOTH : CPFS_DISPLAY_IN_SELECTED_TILE;
    *interactive = shown(field) && field == last_input() ? CPFIS_FOCUSED : CPFIS_NONE;
    return S_OK;
}

/* The code that stands in the picture; empty if there is none. */
std::wstring Tile::code_shown() const {
    if (show())
        for (const Field &field : show()->fields)
            if (field.kind == "qr" && is_code(field.drawn)) return field.drawn;
    return L"";
}

std::wstring Tile::text_of(DWORD field) const {
    const Show *now = show();
    if (field == TITLE) return now && !now->title.empty() ? now->title : L"Sallyport";
    if (field == CANCEL) return label_of(CANCEL);
    if (field == NUMBER && waiting()) return errand_->told().empty() ? L"One moment, please." : errand_->told();
    if (is_text(field)) {
        std::wstring text = field == TEXT && !now && !waiting() ? notice_ : L"";
        for (size_t i = field - TEXT; now && i < now->lines.size() && (i == field - TEXT || field == USER - 1); i++)
            text += (text.empty() ? L"" : L" ") + now->lines[i];
        return text;
    }
    const Field *from = field_of(field);
    if (!from || (which_of(field) != LABEL && which_of(field) != LINK)) return values_[field];
    bool picture = which_of(field) == LINK || from->value.empty() || (from->kind == "qr" && is_code(from->drawn));
    return picture ? from->label : from->label + L": " + from->value;
}

HRESULT Tile::GetStringValue(DWORD field, LPWSTR *value) {
    if (!value) return E_POINTER;
    *value = nullptr;
    if (field >= FIELDS) return E_INVALIDARG;
    Locked locked(lock_);
    std::wstring text = text_of(field);
    *value = copy_text(text);
    wipe(text);
    return *value ? S_OK : E_OUTOFMEMORY;
}

HRESULT Tile::GetBitmapValue(DWORD field, HBITMAP *bitmap) {
    if (!bitmap) return E_POINTER;
    *bitmap = nullptr;
    if (field != IMAGE) return E_INVALIDARG;
    Locked locked(lock_);
    *bitmap = draw_picture(code_shown());
    return *bitmap ? S_OK : E_OUTOFMEMORY;
}

HRESULT Tile::GetSubmitButtonValue(DWORD field, DWORD *adjacent) {
    if (!adjacent) return E_POINTER;
    if (field != SUBMIT) return E_INVALIDARG;
    Locked locked(lock_);
    *adjacent = last_input();
    return S_OK;
}

HRESULT Tile::GetComboBoxValueCount(DWORD field, DWORD *count, DWORD *selected) {
    if (!count || !selected) return E_POINTER;
    if (!is_cell(field) || type_of(field) != CPFT_COMBOBOX) return E_INVALIDARG;
    Locked locked(lock_);
    *count = shown(field) ? static_cast<DWORD>(field_of(field)->choices.size()) : 0;
    *selected = chosen_[row_of(field)];
    return S_OK;
}

HRESULT Tile::GetComboBoxValueAt(DWORD field, DWORD item, LPWSTR *value) {
    if (!value) return E_POINTER;
    *value = nullptr;
    Locked locked(lock_);
    DWORD count = 0, selected = 0;
    if (FAILED(GetComboBoxValueCount(field, &count, &selected)) || item >= count) return E_INVALIDARG;
    *value = copy_text(field_of(field)->choices[item].label);
    return *value ? S_OK : E_OUTOFMEMORY;
}

HRESULT Tile::SetStringValue(DWORD field, LPCWSTR value) {
    if (!value) return E_POINTER;
    if (field >= FIELDS || (type_of(field) != CPFT_EDIT_TEXT && type_of(field) != CPFT_PASSWORD_TEXT)) return E_INVALIDARG;
    Locked locked(lock_);
    bell_->settled();
    wipe(values_[field]);
    values_[field] = value;
    /* Another name than the one that was handed over needs a password of its own. */
    if (field == USER && handed_over_ && !logon_ && !errand_) {
        wipe(password_.text);
        handed_over_ = false;
    }
    return S_OK;
}

HRESULT Tile::SetComboBoxSelectedValue(DWORD field, DWORD item) {
    if (!is_cell(field) || type_of(field) != CPFT_COMBOBOX) return E_INVALIDARG;
    Locked locked(lock_);
    chosen_[row_of(field)] = item;
    return S_OK;
}

/* A button of the agent's is the whole answer: Windows is asked to go on as after a submit. */
HRESULT Tile::CommandLinkClicked(DWORD field) {
    {
        Locked locked(lock_);
        if (field >= FIELDS || type_of(field) != CPFT_COMMAND_LINK || !shown(field)) return E_INVALIDARG;
        if (field == CANCEL) {
            leave();
            redraw();
            return S_OK;
        }
        pressed_ = field;
    }
    bell_->ring();
    return S_OK;
}

void Tile::redraw_choices(DWORD row) {
    DWORD field = cell(row, CHOICE), count = 0, selected = 0;
    for (; drawn_choices_[row] > 0; drawn_choices_[row]--) events_->DeleteFieldComboBoxItem(this, field, 0);
    GetComboBoxValueCount(field, &count, &selected);
    for (DWORD item = 0; item < count; item++)
        events_->AppendFieldComboBoxItem(this, field, field_of(field)->choices[item].label.c_str());
    drawn_choices_[row] = count;
    if (count > 0) events_->SetFieldComboBoxSelectedItem(this, field, selected);
}

/* Windows keeps the handle that it was given, so the picture stays until the next one is drawn. */
void Tile::redraw_picture() {
    std::wstring code = code_shown();
    if (code == pictured_) return;
    HBITMAP drawn = draw_picture(code);
    events_->SetFieldBitmap(this, IMAGE, drawn);
    if (picture_) DeleteObject(picture_);
    picture_ = drawn;
    wipe(pictured_);
    pictured_.swap(code);
}

void Tile::redraw() {
    if (!events_) return;
    redraw_picture();
    for (DWORD field = TITLE; field < FIELDS; field++) {
        CREDENTIAL_PROVIDER_FIELD_STATE state = CPFS_HIDDEN;
        CREDENTIAL_PROVIDER_FIELD_INTERACTIVE_STATE interactive = CPFIS_NONE;
        LPWSTR text = nullptr;
        GetFieldState(field, &state, &interactive);
        events_->SetFieldState(this, field, state);
        if (type_of(field) == CPFT_COMBOBOX) redraw_choices(row_of(field));
        else if (field != SUBMIT && SUCCEEDED(GetStringValue(field, &text))) events_->SetFieldString(this, field, text);
        free_text(text);
        if (interactive == CPFIS_FOCUSED) events_->SetFieldInteractiveState(this, field, interactive);
    }
    events_->SetFieldSubmitButton(this, SUBMIT, last_input());
}

} // namespace sallyport
