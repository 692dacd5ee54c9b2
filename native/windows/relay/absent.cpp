/* Lets a logon in by the fail mode `agent-gone`, or says that there is no agent. */
#include "absent.h"

#include <cstdio>
#include <memory>

#include "../../wire/json_reader.h"
#include "../provider/text.h"
#include "fail_mode.h"
#include "folder.h"
#include "keeper.h"
#include "machine.h"
#include "pipe_io.h"
#include "proof.h"

namespace sallyport {

namespace {

const size_t FRAME_MAX = 65536, NAME_MAX = 1024;
const DWORD READ_MS = 5000, WRITE_MS = 5000;
const LONGLONG ATTEMPTS_MAX = 1024 * 1024;
const char NO_AGENT[] = "{\"error\":{\"cause\":\"agent.unreachable\",\"text\":\"The agent is not running.\"}}\n";

struct Begin {
    std::string username, domain, sid, password, scenario, service;
    bool address = false;
};

/* They are more than the reader has nodes for, and no rule is asked here. Quotes within a text are escaped: this stands in none. */
void leave_out_groups(std::string &line) {
    size_t start = line.find(",\"groups\":["), end = start == std::string::npos ? start : line.find(']', start);
    if (end != std::string::npos) line.erase(start, end + 1 - start);
}

/* The version that this service was built with, and no other: provider and service come from one installer. */
bool read_hello(const std::string &line) {
    auto json = std::make_unique<sp_json>();
    long long version;
    return sp_json_read(json.get(), line.data(), line.size()) && sp_json_whole(json.get(), sp_json_member(json.get(), 0, "v"), &version) &&
           version == 1 && sp_json_is(json.get(), sp_json_member(json.get(), 0, "hello"), SP_OBJECT);
}

bool read_begin(std::string line, Begin &begin) {
    leave_out_groups(line);
    auto json = std::make_unique<sp_json>();
    if (!sp_json_read(json.get(), line.data(), line.size())) return false;
    int of = sp_json_member(json.get(), 0, "begin");
    if (!sp_json_is(json.get(), of, SP_OBJECT)) return false;
    bool ok = true;
    auto take = [&](const char *name, std::string &out) {
        char text[NAME_MAX + 1];
        int node = sp_json_member(json.get(), of, name);
        ok = ok && (node < 0 || sp_json_string(json.get(), node, text, sizeof text));
        if (ok && node >= 0) out = text;
    };
    take("username", begin.username);
    take("domain", begin.domain);
    take("sid", begin.sid);
    take("password", begin.password);
    take("scenario", begin.scenario);
    take("service", begin.service);
    begin.address = sp_json_member(json.get(), of, "address") >= 0;
    return ok && !begin.username.empty();
}

/* Why nobody is let in here; empty if this logon is. What the service knows by itself counts, and what the door says can only shut. */
std::string why_refused(HANDLE pipe, const Begin &begin) {
    bool proved = take_proof(client_process(pipe), begin.username, begin.sid);
    if (begin.scenario != "logon" && begin.scenario != "unlock") return "neither a logon nor an unlocking";
    if (begin.service != "console" || begin.address || !machine().at_own_screen(client_session(pipe))) return "not at the machine's own screen";
    if (!agent_is_lost()) return "no agent is gone: the service starts, or stops";
    if (!proved || begin.password != "verified") return "no password that Windows found right just now";
    return why_shut(agent_folder());
}

std::string name_of(const Begin &begin) { return begin.domain.empty() ? begin.username : begin.domain + "\\" + begin.username; }

std::string record_of(const Begin &begin, const std::string &reference) {
    SYSTEMTIME t;
    char when[32];
    GetSystemTime(&t);
    snprintf(when, sizeof when, "%04u-%02u-%02uT%02u:%02u:%02uZ", t.wYear, t.wMonth, t.wDay, t.wHour, t.wMinute, t.wSecond);
    std::string line = "{";
    add_member(line, "time", when);
    add_member(line, "reference", reference);
    add_member(line, "username", name_of(begin));
    add_member(line, "service", begin.service);
    add_member(line, "result", "allow");
    add_member(line, "cause", "logon.fail-open");
    add_member(line, "evidence", "agent-gone, " + begin.sid);
    return line + "}\n";
}

/* For the next agent to report. Shared in every way: the agent takes the file away by renaming it. */
bool keep(const std::string &line) {
    std::wstring path = agent_folder() + L"\\attempts.jsonl";
    const DWORD share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    HANDLE file = CreateFileW(path.c_str(), FILE_APPEND_DATA | FILE_READ_ATTRIBUTES, share, nullptr, OPEN_ALWAYS,
                              FILE_ATTRIBUTE_NORMAL | FILE_FLAG_OPEN_REPARSE_POINT, nullptr);
    if (file == INVALID_HANDLE_VALUE) return false;
    LARGE_INTEGER size = {};
    DWORD written = 0;
    bool ok = GetFileSizeEx(file, &size) && size.QuadPart + static_cast<LONGLONG>(line.size()) <= ATTEMPTS_MAX &&
              WriteFile(file, line.data(), static_cast<DWORD>(line.size()), &written, nullptr) && written == line.size() && FlushFileBuffers(file);
    CloseHandle(file);
    return ok;
}

/* The account as it came: the provider compares it with the one that it froze. */
std::string let_in(const Begin &begin, const std::string &reference) {
    std::string end = "{\"end\":{";
    add_member(end, "result", "allow");
    add_member(end, "username", begin.username);
    add_member(end, "domain", begin.domain);
    add_member(end, "sid", begin.sid);
    add_member(end, "reference", reference);
    return end + "}}\n";
}

/* A logon that cannot be written down is not let in: nobody would hear of it. */
std::string judge(HANDLE pipe, const std::string &line) {
    Begin begin;
    if (!read_begin(line, begin) || !why_refused(pipe, begin).empty()) return NO_AGENT;
    const std::string reference = new_reference();
    if (name_of(begin).size() > NAME_MAX || !keep(record_of(begin, reference))) return NO_AGENT;
    machine().write_down(Note::let_in, to_utf8(clean(to_wide(name_of(begin)))) + ", reference " + reference);
    return let_in(begin, reference);
}

} // namespace

void answer_for_agent(HANDLE pipe) {
    std::string pending, hello, opening;
    bool heard = read_line(pipe, pending, FRAME_MAX, READ_MS, hello) && read_hello(hello) && read_line(pipe, pending, FRAME_MAX, READ_MS, opening);
    write_within(pipe, heard ? judge(pipe, opening) : NO_AGENT, WRITE_MS);
}

} // namespace sallyport
