/* What a process holds: a story of many logons must find the same before and after. */
#pragma once

#include <windows.h>

#include <winternl.h>

#include <cstdlib>
#include <string>

struct Held {
    size_t handles = 0, blocks = 0, bytes = 0;

    std::string json() const {
        return "{\"handles\":" + std::to_string(handles) + ",\"blocks\":" + std::to_string(blocks) + ",\"bytes\":" + std::to_string(bytes) + "}";
    }
};

/* Every block in use of every heap. */
inline void count_heaps(Held &held) {
    HANDLE heaps[64];
    DWORD count = GetProcessHeaps(64, heaps);
    for (DWORD i = 0; i < count && i < 64; i++) {
        PROCESS_HEAP_ENTRY entry = {};
        HeapLock(heaps[i]);
        while (HeapWalk(heaps[i], &entry)) {
            if (!(entry.wFlags & PROCESS_HEAP_ENTRY_BUSY)) continue;
            held.blocks++;
            held.bytes += entry.cbData;
        }
        HeapUnlock(heaps[i]);
    }
}

/* Handles as the system counts them (NtQuerySystemInformation, SystemHandleInformation: a count, then 24 bytes each on x64, which begin
 * with the number of the process). */
inline size_t count_handles() {
    const auto all_handles = static_cast<SYSTEM_INFORMATION_CLASS>(16);
    ULONG size = 1 << 20, used = 0;
    auto *room = static_cast<BYTE *>(malloc(size));
    while (room && NtQuerySystemInformation(all_handles, room, size, &used) == static_cast<NTSTATUS>(0xC0000004)) {
        size *= 2;
        room = static_cast<BYTE *>(realloc(room, size));
    }
    size_t ours = 0;
    if (room) {
        ULONG count = *reinterpret_cast<ULONG *>(room);
        for (ULONG i = 0; i < count; i++) ours += *reinterpret_cast<ULONG *>(room + 8 + 24 * static_cast<size_t>(i)) == GetCurrentProcessId();
    }
    free(room);
    return ours;
}

inline Held what_is_held() {
    Held held;
    count_heaps(held);
    held.handles = count_handles();
    return held;
}
