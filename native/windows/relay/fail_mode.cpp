/* Reads the agent's file, and holds it to this machine's clock, which may be wrong. */
#include "fail_mode.h"

#include <windows.h>

#include <memory>

#include "../../wire/json_reader.h"
#include "machine.h"

namespace sallyport {

namespace {

const DWORD MOST = 4096;
const long long DAY = 86400, CLOCK_LEEWAY = 300;
const int MEMBERS = 4;

/* Since 1970, in seconds. FILETIME: 100 ns since 1601 (learn.microsoft.com, FILETIME). */
long long seconds(const FILETIME &time) {
    ULARGE_INTEGER whole = {};
    whole.LowPart = time.dwLowDateTime;
    whole.HighPart = time.dwHighDateTime;
    return static_cast<long long>(whole.QuadPart / 10'000'000) - 11'644'473'600;
}

long long now() {
    FILETIME time;
    GetSystemTimeAsFileTime(&time);
    return seconds(time);
}

/* A plain file, no link; with the time at which it was written. */
bool read_file(const std::wstring &path, std::string &text, long long &written) {
    HANDLE file = CreateFileW(path.c_str(), GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr, OPEN_EXISTING,
                              FILE_FLAG_OPEN_REPARSE_POINT, nullptr);
    if (file == INVALID_HANDLE_VALUE) return false;
    BY_HANDLE_FILE_INFORMATION about;
    DWORD got = 0;
    text.resize(MOST);
    bool ok = GetFileInformationByHandle(file, &about) && !(about.dwFileAttributes & (FILE_ATTRIBUTE_REPARSE_POINT | FILE_ATTRIBUTE_DIRECTORY)) &&
              about.nFileSizeHigh == 0 && about.nFileSizeLow <= MOST && ReadFile(file, text.data(), MOST, &got, nullptr);
    CloseHandle(file);
    text.resize(ok ? got : 0);
    if (ok) written = seconds(about.ftLastWriteTime);
    return ok;
}

int members(const sp_json &json) {
    int count = 0;
    for (int one = json.nodes[0].child; one >= 0; one = json.nodes[one].next) count++;
    return count;
}

std::string judge(const sp_json &json, long long written) {
    char mode[16];
    long long version, until;
    auto member = [&](const char *name) { return sp_json_member(&json, 0, name); };
    if (!sp_json_whole(&json, member("v"), &version) || version != 1 || members(json) != MEMBERS) return "its file is of a version that is not known";
    if (!sp_json_is(&json, member("armed"), SP_TRUE)) return "the machine is not armed";
    if (!sp_json_string(&json, member("agentGone"), mode, sizeof mode) || strcmp(mode, "allow") != 0) return "the policy does not let in without it";
    if (!sp_json_whole(&json, member("until"), &until)) return "its file does not say until when";
    const long long here = now();
    if (here + CLOCK_LEEWAY < written) return "this machine's clock goes before the time at which the file was written";
    if (until <= here) return "the policy's word is too old";
    if (until > here + DAY) return "the policy's word goes on for more than a day";
    return "";
}

} // namespace

/* The folder first: what lies in it is the agent's only if nobody else can write there. */
std::string why_shut(const std::wstring &folder) {
    if (folder.empty()) return "its folder is not known";
    std::string unsafe = machine().secure_folder(folder), text;
    long long written = 0;
    if (!unsafe.empty()) return unsafe;
    if (!read_file(folder + L"\\fail-mode", text, written)) return "it has left no file for this";
    auto json = std::make_unique<sp_json>();
    return sp_json_read(json.get(), text.data(), text.size()) ? judge(*json, written) : "its file cannot be read";
}

} // namespace sallyport
