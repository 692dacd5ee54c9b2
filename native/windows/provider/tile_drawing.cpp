/* How the tile draws a show: which fields are seen, what stands in them, and what the person typed. */
#include "tile.h"

namespace sallyport {

namespace {

const size_t SIDE_MAX = 512, MODULES_MAX = 190, QUIET = 2; /* the agent leaves two modules around, two more make it the standard's four */
const DWORD LIGHT = 0xffffffff, DARK = 0xff000000, WALL = 0xff1f3a5f;

/* Of each character the upper and the lower module. */
bool is_dark(wchar_t drawn, bool lower) { return drawn == L' ' || drawn == (lower ? L'\u2580' : L'\u2584'); }

/* `side` pixels each way, from above. */
HBITMAP make_bitmap(size_t side, DWORD **pixels) {
    const LONG size = static_cast<LONG>(side);
    BITMAPINFO info = {{sizeof info.bmiHeader, size, -size, 1, 32, BI_RGB, 0, 0, 0, 0, 0}, {}};
    return CreateDIBSection(nullptr, &info, DIB_RGB_COLORS, reinterpret_cast<void **>(pixels), nullptr, 0);
}

/* Windows scales it to the tile. */
HBITMAP draw_code(const std::wstring &drawn) {
    size_t wide = drawn.find(L'\n'), side = wide + 2 * QUIET, scale = SIDE_MAX / side;
    DWORD *pixels = nullptr;
    HBITMAP bitmap = make_bitmap(side * scale, &pixels);
    for (size_t i = 0; bitmap && i < side * scale * side * scale; i++) {
        size_t row = i / (side * scale) / scale, column = i % (side * scale) / scale;
        bool inside = row >= QUIET && column >= QUIET && row < wide + QUIET && column < wide + QUIET;
        size_t at = inside ? (row - QUIET) / 2 * (wide + 1) + column - QUIET : 0;
        pixels[i] = inside && is_dark(drawn[at], (row - QUIET) % 2) ? DARK : LIGHT;
    }
    return bitmap;
}

HBITMAP draw_gate() {
    const int side = 128, middle = side / 2, half = 30, top = 56, ground = 104;
    DWORD *pixels = nullptr;
    HBITMAP bitmap = make_bitmap(side, &pixels);
    for (int i = 0; bitmap && i < side * side; i++) {
        int x = i % side - middle, y = i / side;
        bool arch = y < top ? x * x + (y - top) * (y - top) < half * half : y < ground && x > -half && x < half;
        pixels[i] = arch ? LIGHT : WALL;
    }
    return bitmap;
}

/* True if the lines that the agent drew are a code: half blocks, light on dark, as many modules high as wide. */
bool is_code(const std::wstring &drawn) {
    const size_t wide = drawn.find(L'\n'), lines = (wide + 1) / 2;
    if (wide == std::wstring::npos || wide < 21 || wide > MODULES_MAX || drawn.size() != lines * (wide + 1) - 1) return false;
    if (drawn.find_first_not_of(L" \u2580\u2584\u2588\n") != std::wstring::npos) return false;
    for (size_t i = 0; i < drawn.size(); i++)
        if ((drawn[i] == L'\n') != (i % (wide + 1) == wide)) return false;
    return true;
}

/* Windows' to delete; null if there is no memory. */
HBITMAP draw_picture(const std::wstring &code) { return code.empty() ? draw_gate() : draw_code(code); }

} // namespace

FieldType type_of(DWORD field) {
    static const FieldType above[] = {CPFT_TILE_IMAGE, CPFT_LARGE_TEXT, CPFT_LARGE_TEXT};
    static const FieldType cells[] = {CPFT_SMALL_TEXT, CPFT_EDIT_TEXT, CPFT_PASSWORD_TEXT, CPFT_COMBOBOX, CPFT_COMMAND_LINK};
    if (field < TEXT) return above[field];
    if (is_text(field)) return CPFT_SMALL_TEXT;
    if (is_cell(field)) return cells[which_of(field)];
    return field == USER ? CPFT_EDIT_TEXT : field == PASSWORD ? CPFT_PASSWORD_TEXT : field == CANCEL ? CPFT_COMMAND_LINK : CPFT_SUBMIT_BUTTON;
}

/* Fixed when Windows asks, so a row has none: what the agent calls a field stands in the row's own label. */
const wchar_t *label_of(DWORD field) {
    if (field == USER) return L"User name";
    if (field == PASSWORD) return L"Password";
    return field == CANCEL ? L"Cancel" : field == SUBMIT ? L"Sign in" : L"";
}

/* A kind that nobody knows is answered as text. */
DWORD input_of(const Field &field) {
    if (field.kind == "link" || field.kind == "qr") return LABEL;
    if (field.kind == "button") return LINK;
    return field.kind == "choice" ? CHOICE : field.kind == "secret" ? SECRET : EDIT;
}

HRESULT Tile::Advise(ICredentialProviderCredentialEvents *events) {
    Locked locked(lock_);
    if (events) events->AddRef();
    if (events_) events_->Release();
    events_ = events;
    return S_OK;
}

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

bool Tile::shown(DWORD field) const {
    if (field == NUMBER || field == CANCEL) return waiting();
    if (field == USER || field == PASSWORD) return !waiting() && !logon_ && !(handed_over_ && field == PASSWORD);
    if (field == SUBMIT) return !waiting();
    if (!is_cell(field)) return true;
    const Field *from = field_of(field);
    if (!from) return false;
    const DWORD input = input_of(*from), which = which_of(field);
    return which == input || (which == LABEL && input != LINK);
}

/* The submit button stands beside what was asked last. */
DWORD Tile::last_input() const {
    for (DWORD field = SUBMIT; field-- > USER;) {
        const FieldType type = type_of(field);
        if (shown(field) && (type == CPFT_EDIT_TEXT || type == CPFT_PASSWORD_TEXT || type == CPFT_COMBOBOX)) return field;
    }
    return TEXT;
}

HRESULT Tile::GetFieldState(DWORD field, CREDENTIAL_PROVIDER_FIELD_STATE *state, CREDENTIAL_PROVIDER_FIELD_INTERACTIVE_STATE *focus) {
    if (!state || !focus) return E_POINTER;
    if (field >= FIELDS) return E_INVALIDARG;
    Locked locked(lock_);
    const bool always = field == TITLE || field == IMAGE;
    *state = !shown(field) ? CPFS_HIDDEN : always ? CPFS_DISPLAY_IN_BOTH : CPFS_DISPLAY_IN_SELECTED_TILE;
    *focus = shown(field) && field == last_input() ? CPFIS_FOCUSED : CPFIS_NONE;
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
    if (is_text(field) && now) return now->lines[field - TEXT];
    if (is_text(field)) return field == TEXT && !waiting() ? notice_ : L"";
    const Field *from = field_of(field);
    if (!from || (which_of(field) != LABEL && which_of(field) != LINK)) return values_[field];
    bool picture = which_of(field) == LINK || from->value.empty() || (from->kind == "qr" && is_code(from->drawn));
    return picture ? from->label : from->label + L": " + clean(to_wide(from->value));
}

HRESULT Tile::GetStringValue(DWORD field, LPWSTR *value) {
    if (!value) return E_POINTER;
    *value = nullptr;
    if (field >= FIELDS) return E_INVALIDARG;
    Locked locked(lock_);
    Secret text;
    text.text = text_of(field);
    *value = copy_text(text.text);
    return S_OK;
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
    return S_OK;
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

void Tile::redraw() {
    if (!events_) return;
    std::wstring code = code_shown();
    if (code != pictured_) {
        HBITMAP drawn = draw_picture(code);
        events_->SetFieldBitmap(this, IMAGE, drawn);
        /* Windows keeps the handle that it was given, so the picture stays until the next one is drawn. */
        if (picture_) DeleteObject(picture_);
        picture_ = drawn;
        pictured_.swap(code);
        wipe(code);
    }
    for (DWORD field = TITLE; field < FIELDS; field++) {
        CREDENTIAL_PROVIDER_FIELD_STATE state = CPFS_HIDDEN;
        CREDENTIAL_PROVIDER_FIELD_INTERACTIVE_STATE focus = CPFIS_NONE;
        Secret text;
        GetFieldState(field, &state, &focus);
        events_->SetFieldState(this, field, state);
        text.text = text_of(field);
        if (type_of(field) == CPFT_COMBOBOX) redraw_choices(row_of(field));
        else if (field != SUBMIT) events_->SetFieldString(this, field, text.text.c_str());
        if (focus == CPFIS_FOCUSED) events_->SetFieldInteractiveState(this, field, focus);
    }
    events_->SetFieldSubmitButton(this, SUBMIT, last_input());
}

} // namespace sallyport
