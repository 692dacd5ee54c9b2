/* The table of the tile's fields. */
#include "fields.h"

namespace sallyport {

CREDENTIAL_PROVIDER_FIELD_TYPE type_of(DWORD field) {
    static const CREDENTIAL_PROVIDER_FIELD_TYPE above[] = {CPFT_LARGE_TEXT, CPFT_SMALL_TEXT, CPFT_EDIT_TEXT, CPFT_PASSWORD_TEXT};
    static const CREDENTIAL_PROVIDER_FIELD_TYPE cells[] = {CPFT_SMALL_TEXT, CPFT_EDIT_TEXT, CPFT_PASSWORD_TEXT, CPFT_COMBOBOX,
                                                           CPFT_COMMAND_LINK};
    if (field < FIRST_ROW) return above[field];
    return is_cell(field) ? cells[(field - FIRST_ROW) % CELLS] : CPFT_SUBMIT_BUTTON;
}

/* Fixed when Windows asks, so a row has none: what the agent calls a field stands in the row's own label. */
const wchar_t *label_of(DWORD field) {
    if (field == USER) return L"User name";
    if (field == PASSWORD) return L"Password";
    return field == SUBMIT ? L"Sign in" : L"";
}

} // namespace sallyport
