/* What Wine does not play: the program is the system's, the session is a remote one. A story's LogonUI answers for Windows there, in the place
 * where the DLL asks Windows: in its table of imports. */
#pragma once

#include <windows.h>

#include <cstring>

/* Puts `answer` where `module` looks for the function `name`. False if it does not import it. */
inline bool answer_import(HMODULE module, const char *name, const void *answer) {
    auto *base = reinterpret_cast<BYTE *>(module);
    auto *head = reinterpret_cast<IMAGE_NT_HEADERS *>(base + reinterpret_cast<IMAGE_DOS_HEADER *>(base)->e_lfanew);
    const IMAGE_DATA_DIRECTORY &where = head->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_IMPORT];
    for (auto *from = reinterpret_cast<IMAGE_IMPORT_DESCRIPTOR *>(base + where.VirtualAddress); from->Name; from++) {
        auto *named = reinterpret_cast<IMAGE_THUNK_DATA *>(base + from->OriginalFirstThunk);
        auto *used = reinterpret_cast<IMAGE_THUNK_DATA *>(base + from->FirstThunk);
        for (; named->u1.AddressOfData; named++, used++) {
            if (IMAGE_SNAP_BY_ORDINAL(named->u1.Ordinal)) continue;
            if (strcmp(reinterpret_cast<IMAGE_IMPORT_BY_NAME *>(base + named->u1.AddressOfData)->Name, name) != 0) continue;
            DWORD before = 0;
            if (!VirtualProtect(&used->u1.Function, sizeof used->u1.Function, PAGE_READWRITE, &before)) return false;
            used->u1.Function = reinterpret_cast<ULONGLONG>(answer);
            return VirtualProtect(&used->u1.Function, sizeof used->u1.Function, before, &before) != 0;
        }
    }
    return false;
}

inline BOOL WINAPI token_of_the_system(HANDLE token, TOKEN_INFORMATION_CLASS what, void *room, DWORD size, DWORD *used) {
    if (what != TokenUser) return GetTokenInformation(token, what, room, size, used);
    auto *user = static_cast<TOKEN_USER *>(room);
    DWORD left = size > sizeof *user ? size - static_cast<DWORD>(sizeof *user) : 0;
    *used = static_cast<DWORD>(sizeof *user) + left;
    user->User = {user + 1, 0};
    return CreateWellKnownSid(WinLocalSystemSid, nullptr, user + 1, &left);
}

inline int WINAPI metrics_of_a_remote_session(int index) { return index == SM_REMOTESESSION ? 1 : GetSystemMetrics(index); }

/* Ticks as they are some time later, for whoever asks Windows for them. */
inline ULONGLONG skipped = 0;
inline ULONGLONG WINAPI ticks_later() { return GetTickCount64() + skipped; }

/* As with a virtual graphics card: Windows calls the remote session a local one, and yet another session is at the screen. */
inline DWORD WINAPI another_session_at_the_screen() { return 4711; }

/* Whoever plays the service is this program itself. */
inline BOOL WINAPI service_is_this_process(SC_HANDLE, SC_STATUS_TYPE, BYTE *room, DWORD, DWORD *) {
    reinterpret_cast<SERVICE_STATUS_PROCESS *>(room)->dwProcessId = GetCurrentProcessId();
    return TRUE;
}
