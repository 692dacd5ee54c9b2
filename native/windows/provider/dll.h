/* What the parts of the DLL share with COM. */
#pragma once

#include <windows.h>

#include <string>

namespace sallyport {

/* {696F6D96-AB3D-4079-811D-515E4BF386D1} */
extern const CLSID CLSID_Sallyport;

/* While something of ours is in use the DLL must not be unloaded. */
void dll_lock();
void dll_unlock();

/* In memory of the COM task allocator; null if there is none. */
LPWSTR copy_text(const std::wstring &text);
/* Wipes and frees what `copy_text` made. */
void free_text(LPWSTR text);

} // namespace sallyport
