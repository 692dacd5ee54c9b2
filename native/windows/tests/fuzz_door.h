/* The agent of the fuzzer: stands behind the door's pipe, and says right things, wrong things and nothing in any order. */
#pragma once

#include <windows.h>

#include <sddl.h>

#include <cstdint>
#include <string>

/* How often it said yes to whom it was asked about. */
inline volatile LONG yes_said;

/* Bytes that came over its pipes. */
inline volatile LONG heard_in_all;

inline HANDLE make_fuzz_pipe(const wchar_t *name, DWORD mode) {
    SECURITY_ATTRIBUTES attributes = {sizeof attributes, nullptr, FALSE};
    ConvertStringSecurityDescriptorToSecurityDescriptorW(L"O:BAG:BAD:P(A;;GA;;;SY)(A;;GA;;;BA)", SDDL_REVISION_1,
                                                         &attributes.lpSecurityDescriptor, nullptr);
    HANDLE pipe = CreateNamedPipeW(name, PIPE_ACCESS_DUPLEX, mode, PIPE_UNLIMITED_INSTANCES, 65536, 65536, 0, &attributes);
    LocalFree(attributes.lpSecurityDescriptor);
    return pipe;
}

/* The member as it stands in the frame, `,"name":"…"`; empty if it is not there. */
inline std::string raw_member(const std::string &frame, const char *name) {
    std::string before = std::string("\"") + name + "\":\"";
    size_t start = frame.find(before), at = start == std::string::npos ? start : start + before.size();
    if (start == std::string::npos) return "";
    while (at < frame.size() && frame[at] != '"') at += frame[at] == '\\' ? 2 : 1;
    return "," + frame.substr(start, at + 1 - start);
}

inline std::string any_answer(const std::string &begin, uint64_t random) {
    static const char *const answers[] = {
        R"({"show":{"title":"Second factor","fields":[{"id":"code","kind":"code","label":"Code","digits":6}]}})",
        R"({"show":{"text":"a\nb\nc\nd\ne","fields":[{"id":"t","kind":"text","label":"T"},{"id":"s","kind":"secret","label":"S"},{"id":"c","kind":"choice","label":"C","choices":[{"value":"1","label":"one"},{"value":"2","label":"two"}]},{"id":"l","kind":"link","label":"L","value":"https://x"},{"id":"h","kind":"hologram","label":"H"},{"id":"b","kind":"button","label":"B"}]}})",
        R"({"show":{"fields":[{"id":"code","kind":"code","label":"Code","choices":[{"value":"push","label":"push"},{"value":"mail","label":"mail"}]}]}})",
        R"({"show":{"fields":[{"id":"code","kind":"code","label":"Code","choices":[{"value":"1","label":"1"},{"value":"2","label":"2"},{"value":"3","label":"3"},{"value":"4","label":"4"},{"value":"5","label":"5"},{"value":"6","label":"6"},{"value":"7","label":"7"},{"value":"8","label":"8"}]},{"id":"q","kind":"qr","label":"Q","value":"v","drawn":"\u2588\u2580 \u2584\n"}]}})",
        R"({"show":{"text":"Type 42 on your phone.","wait":true}})",
        R"({"end":{"result":"deny","text":"No.","reference":"K7QF-3M2P"}})",
        R"({"end":{"result":"allow","username":"Administrator","reference":"K7QF-3M2P"}})",
        R"({"end":{"result":"allow","username":"alice"}})",
        R"({"error":{"cause":"agent.fault","text":"broken"}})",
        R"({"show":{"fields":[{"id":)",
        "hello",
    };
    if (random % 15 < 11) return std::string(answers[random % 15]) + "\n";
    InterlockedIncrement(&yes_said);
    return "{\"end\":{\"result\":\"allow\"" + raw_member(begin, "username") + raw_member(begin, "domain") + raw_member(begin, "sid") +
           ",\"reference\":\"K7QF-3M2P\"}}\n";
}

inline DWORD WINAPI serve_fuzz_door(void *number) {
    uint64_t random = 0x9e3779b97f4a7c15 * (reinterpret_cast<uintptr_t>(number) + 1);
    for (;;) {
        HANDLE pipe = make_fuzz_pipe(L"\\\\.\\pipe\\ProtectedPrefix\\Administrators\\sallyport", PIPE_TYPE_BYTE | PIPE_READMODE_BYTE | PIPE_WAIT);
        if (!ConnectNamedPipe(pipe, nullptr) && GetLastError() != ERROR_PIPE_CONNECTED) return CloseHandle(pipe), 1;
        char room[4096];
        DWORD got = 0, sent = 0;
        std::string heard, begin;
        while (ReadFile(pipe, room, sizeof room, &got, nullptr) && got > 0) {
            InterlockedExchangeAdd(&heard_in_all, static_cast<LONG>(got));
            heard.append(room, got);
            if (heard.find("{\"begin\"") == std::string::npos && heard.find("{\"failed\"") == std::string::npos && begin.empty()) continue;
            if (heard.back() != '\n') continue;
            if (heard.find("{\"cancel\"") != std::string::npos) break;
            if (begin.empty()) begin = heard;
            heard.clear();
            random = random * 6364136223846793005 + 1442695040888963407;
            if ((random >> 33) % 16 == 0) break;
            std::string answer = any_answer(begin, random >> 33);
            if (!WriteFile(pipe, answer.data(), static_cast<DWORD>(answer.size()), &sent, nullptr)) break;
            if (answer.find("\"wait\":true") != std::string::npos) {
                answer = any_answer(begin, random >> 40);
                if (!WriteFile(pipe, answer.data(), static_cast<DWORD>(answer.size()), &sent, nullptr)) break;
            }
        }
        CloseHandle(pipe);
    }
}

/* The service's word on a password. */
inline DWORD WINAPI serve_fuzz_machine(void *number) {
    static const char *const answers[] = {R"({"checked":{"result":"right","username":"alice","logonDomain":"HOST","package":"0"}})",
                                          R"({"checked":{"result":"right","username":"alice","domain":"CORP","logonDomain":"CORP","package":"0","sid":"S-1-5-21-1-2-3-1001","groups":["S-1-5-32-545"]}})",
                                          R"({"checked":{"result":"wrong","words":"No.","status":"0xC000006D","subStatus":"0xC000006A"}})",
                                          R"({"checked":{"result":"maybe"}})", "hello"};
    uintptr_t random = reinterpret_cast<uintptr_t>(number);
    std::string room(65536, '\0');
    for (;;) {
        HANDLE pipe = make_fuzz_pipe(L"\\\\.\\pipe\\ProtectedPrefix\\Administrators\\sallyport-machine", PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE | PIPE_WAIT);
        if (!ConnectNamedPipe(pipe, nullptr) && GetLastError() != ERROR_PIPE_CONNECTED) return CloseHandle(pipe), 1;
        DWORD got = 0, sent = 0;
        std::string answer = std::string(answers[random++ % 8 < 6 ? random % 2 : 2 + random % 3]) + "\n";
        if (ReadFile(pipe, room.data(), static_cast<DWORD>(room.size()), &got, nullptr)) WriteFile(pipe, answer.data(), static_cast<DWORD>(answer.size()), &sent, nullptr);
        InterlockedExchangeAdd(&heard_in_all, static_cast<LONG>(got));
        /* Until the other side has read it, and closes. */
        ReadFile(pipe, room.data(), static_cast<DWORD>(room.size()), &got, nullptr);
        CloseHandle(pipe);
    }
}

inline void start_fuzz_door() {
    for (uintptr_t i = 0; i < 4; i++) CloseHandle(CreateThread(nullptr, 0, serve_fuzz_machine, reinterpret_cast<void *>(i), 0, nullptr));
    for (uintptr_t i = 0; i < 4; i++) CloseHandle(CreateThread(nullptr, 0, serve_fuzz_door, reinterpret_cast<void *>(i), 0, nullptr));
}
