/* The table of the tile's fields. */
#include "fields.h"

namespace sallyport {

CREDENTIAL_PROVIDER_FIELD_TYPE type_of(DWORD field) {
    static const CREDENTIAL_PROVIDER_FIELD_TYPE above[] = {CPFT_TILE_IMAGE, CPFT_LARGE_TEXT, CPFT_LARGE_TEXT};
    static const CREDENTIAL_PROVIDER_FIELD_TYPE cells[] = {CPFT_SMALL_TEXT, CPFT_EDIT_TEXT, CPFT_PASSWORD_TEXT, CPFT_COMBOBOX,
                                                           CPFT_COMMAND_LINK};
    if (field < TEXT) return above[field];
    if (is_text(field)) return CPFT_SMALL_TEXT;
    if (is_cell(field)) return cells[which_of(field)];
    return field == USER ? CPFT_EDIT_TEXT : field == PASSWORD ? CPFT_PASSWORD_TEXT : field == CANCEL ? CPFT_COMMAND_LINK : CPFT_SUBMIT_BUTTON;
}

/* Fixed when Windows asks, so a row has none: what the agent calls a field stands in the row's own label. */
const wchar_t *label_of(DWORD field) {
    if (field == USER) return L"User name";
    if (field == PASSWORD) return L"Password";
    if (field == CANCEL) return L"Cancel";
    return field == SUBMIT ? L"Sign in" : L"";
}

} // namespace sallyport
