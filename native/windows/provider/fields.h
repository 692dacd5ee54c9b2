/* The fields of the tile. Windows asks for all of them before the first show, so there is room for the longest show that the door allows. */
#pragma once

#include <windows.h>

#include <credentialprovider.h>

namespace sallyport {

/* The door's limit of fields in a show; lines of a show's text that stand apart. */
const DWORD ROWS = 8, LINES = 4;

/* NUMBER: what the agent tells while it waits, in large letters. */
enum : DWORD { IMAGE, TITLE, NUMBER, TEXT, USER = TEXT + LINES, PASSWORD, FIRST_ROW };
/* A row draws any kind of field: its label, and one of the others. */
enum : DWORD { LABEL, EDIT, SECRET, CHOICE, LINK, CELLS };

const DWORD CANCEL = FIRST_ROW + ROWS * CELLS;
const DWORD SUBMIT = CANCEL + 1;
const DWORD FIELDS = SUBMIT + 1;

inline DWORD cell(DWORD row, DWORD which) { return FIRST_ROW + row * CELLS + which; }
inline bool is_cell(DWORD field) { return field >= FIRST_ROW && field < CANCEL; }
inline bool is_text(DWORD field) { return field >= TEXT && field < USER; }
inline DWORD row_of(DWORD field) { return (field - FIRST_ROW) / CELLS; }
inline DWORD which_of(DWORD field) { return (field - FIRST_ROW) % CELLS; }

CREDENTIAL_PROVIDER_FIELD_TYPE type_of(DWORD field);
const wchar_t *label_of(DWORD field);

} // namespace sallyport
