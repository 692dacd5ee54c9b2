/* Text between Windows (UTF-16) and the door (UTF-8 in JSON), and how it is wiped. */
#pragma once

#include <windows.h>

#include <string>
#include <utility>
#include <vector>

namespace sallyport {

/* What is no UTF-16 becomes U+FFFD: such a name is nobody's, and every reader can still read the line. */
std::string to_utf8(const std::wstring &text);
std::wstring to_wide(const std::string &text);

/* Overwrites what stood there, then empties it. */
template <class Text> void wipe(Text &text) {
    SecureZeroMemory(text.data(), text.capacity() * sizeof text[0]);
    text.clear();
}

/* A text that is wiped when it goes. */
struct Secret {
    std::wstring text;

    Secret() = default;
    ~Secret() { wipe(text); }
    Secret(const Secret &) = delete;
    Secret &operator=(const Secret &) = delete;
};

/* One line without what could forge another or turn it round: control and bidi characters become spaces. */
std::wstring clean(std::wstring text);

/* A JSON text with its quotes. */
std::string quoted(const std::string &text);

/* Appends `,"name":"value"`, without the comma behind an opening brace; nothing for an empty value. */
void add_member(std::string &frame, const char *name, const std::string &value);

/* 40 random bits in Crockford's base32, as the agent writes it: XXXX-XXXX. */
std::string new_reference();

using Values = std::vector<std::pair<std::string, std::string>>;

} // namespace sallyport
