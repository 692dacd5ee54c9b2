/* The tile's picture: a QR code where the agent shows one, else a gate. */
#pragma once

#include <windows.h>

#include <string>

namespace sallyport {

/* True if the lines that the agent drew are a code: half blocks, light on dark, as many modules high as wide. */
bool is_code(const std::wstring &drawn);

/* The caller's to delete; null if there is no memory. `drawn` that is no code gives the gate. */
HBITMAP draw_picture(const std::wstring &drawn);

} // namespace sallyport
