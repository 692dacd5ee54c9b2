/* Text between Windows and the door. */
#include "text.h"

#include <ntsecapi.h>

#include <cstdio>

namespace sallyport {

std::string to_utf8(const std::wstring &text) {
    int size = WideCharToMultiByte(CP_UTF8, 0, text.data(), static_cast<int>(text.size()), nullptr, 0, nullptr, nullptr);
    std::string out(static_cast<size_t>(size), '\0');
    WideCharToMultiByte(CP_UTF8, 0, text.data(), static_cast<int>(text.size()), out.data(), size, nullptr, nullptr);
    return out;
}

std::wstring to_wide(const std::string &text) {
    int size = MultiByteToWideChar(CP_UTF8, 0, text.data(), static_cast<int>(text.size()), nullptr, 0);
    std::wstring out(static_cast<size_t>(size), L'\0');
    MultiByteToWideChar(CP_UTF8, 0, text.data(), static_cast<int>(text.size()), out.data(), size);
    return out;
}

std::wstring clean(std::wstring text) {
    for (wchar_t &c : text) {
        bool bidi = (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0x200e || c == 0x200f || c == 0x061c;
        if (c < 0x20 || (c >= 0x7f && c < 0xa0) || bidi) c = L' ';
    }
    return text;
}

std::string quoted(const std::string &text) {
    std::string out;
    char escape[8];
    /* At once: a text that grows leaves copies behind that nobody wipes. */
    out.reserve(2 + 6 * text.size());
    out += '"';
    for (char c : text) {
        bool control = static_cast<unsigned char>(c) < 0x20;
        snprintf(escape, sizeof escape, control ? "\\u%04x" : c == '"' || c == '\\' ? "\\%c" : "%c", c);
        out += escape;
    }
    return out += '"';
}

void add_member(std::string &frame, const char *name, const std::string &value) {
    if (value.empty()) return;
    if (frame.back() != '{') frame += ',';
    std::string text = quoted(value);
    frame += quoted(name);
    frame += ':';
    frame += text;
    wipe(text);
}

std::string new_reference() {
    static const char letters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    unsigned char random[8] = {};
    RtlGenRandom(random, sizeof random);
    std::string out;
    for (unsigned char one : random) out += letters[one & 31];
    return out.insert(4, "-");
}

} // namespace sallyport
