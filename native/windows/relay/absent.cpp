/* Lets a logon in by the fail mode `agent-gone`, or says that there is no agent; writes down for the next one whom Windows refused. */
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

/* The opening frame: `begin`, or `failed`, which says that nobody went in. */
struct Opening {
    bool failed = false, address = false;
    std::string username, domain, sid, password, scenario, service;
    std::string reason, status, sub_status, after;
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

bool read_opening(std::string line, Opening &opening) {
    leave_out_groups(line);
    auto json = std::make_unique<sp_json>();
    if (!sp_json_read(json.get(), line.data(), line.size())) return false;
    const int failed = sp_json_member(json.get(), 0, "failed"), of = failed >= 0 ? failed : sp_json_member(json.get(), 0, "begin");
    if (!sp_json_is(json.get(), of, SP_OBJECT)) return false;
    opening.failed = failed >= 0;
    bool ok = true;
    auto take = [&](const char *name, std::string &out) {
        char text[NAME_MAX + 1];
        int node = sp_json_member(json.get(), of, name);
        ok = ok && (node < 0 || sp_json_string(json.get(), node, text, sizeof text));
        if (ok && node >= 0) out = text;
    };
    const std::pair<const char *, std::string &> members[] = {
        {"username", opening.username}, {"domain", opening.domain}, {"sid", opening.sid},       {"password", opening.password},
        {"scenario", opening.scenario}, {"service", opening.service}, {"reason", opening.reason}, {"status", opening.status},
        {"subStatus", opening.sub_status}, {"after", opening.after}};
    for (const auto &[name, out] : members) take(name, out);
    opening.address = sp_json_member(json.get(), of, "address") >= 0;
    return ok && !opening.username.empty();
}

/* Why nobody is let in here; empty if this logon is. What the service knows by itself counts, and what the door says can only shut. */
std::string why_refused(HANDLE pipe, const Opening &begin) {
    bool proved = take_proof(client_process(pipe), begin.username, begin.sid);
    if (begin.scenario != "logon" && begin.scenario != "unlock") return "neither a logon nor an unlocking";
    if (begin.service != "console" || begin.address || !machine().at_own_screen(client_session(pipe))) return "not at the machine's own screen";
    if (!agent_is_lost()) return "no agent is gone: the service starts, or stops";
    if (!proved || begin.password != "verified") return "no password that Windows found right just now";
    return why_shut(agent_folder());
}

std::string name_of(const Opening &begin) { return begin.domain.empty() ? begin.username : begin.domain + "\\" + begin.username; }

/* The beginning of a line, up to its cause. */
std::string record_of(const Opening &opening, const std::string &reference, const char *result, const char *cause) {
    SYSTEMTIME t;
    char when[32];
    GetSystemTime(&t);
    snprintf(when, sizeof when, "%04u-%02u-%02uT%02u:%02u:%02uZ", t.wYear, t.wMonth, t.wDay, t.wHour, t.wMinute, t.wSecond);
    std::string line = "{";
    add_member(line, "time", when);
    add_member(line, "reference", reference);
    add_member(line, "username", name_of(opening));
    add_member(line, "service", opening.service);
    add_member(line, "result", result);
    add_member(line, "cause", cause);
    return line;
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
std::string let_in(const Opening &begin, const std::string &reference) {
    std::string end = "{\"end\":{";
    add_member(end, "result", "allow");
    add_member(end, "username", begin.username);
    add_member(end, "domain", begin.domain);
    add_member(end, "sid", begin.sid);
    add_member(end, "reference", reference);
    return end + "}}\n";
}

/* Windows' own numbers, of which the next agent makes the cause, and the logon that they take back, which a yes of ours may have been. */
std::string note_failed(const Opening &failed) {
    const std::string reference = new_reference();
    const bool left = failed.reason == "cancel";
    std::string line = record_of(failed, reference, "deny", left ? "logon.cancelled" : "user.password"), what = "{", end = "{\"end\":{";
    add_member(what, "reason", failed.reason);
    add_member(what, "status", failed.status);
    add_member(what, "subStatus", failed.sub_status);
    add_member(what, "after", failed.after);
    if (!keep(line + ",\"failed\":" + what + "}}\n")) return NO_AGENT;
    add_member(end, "result", "deny");
    add_member(end, "text", "You cannot sign in right now. Contact support.");
    add_member(end, "reference", reference);
    return end + "}}\n";
}

/* A logon that cannot be written down is not let in: nobody would hear of it. */
std::string judge(HANDLE pipe, const std::string &line) {
    Opening begin;
    if (!read_opening(line, begin) || name_of(begin).size() > NAME_MAX) return NO_AGENT;
    if (begin.failed) return note_failed(begin);
    const std::string who = to_utf8(clean(to_wide(name_of(begin)))), reference = new_reference();
    std::string why = why_refused(pipe, begin), record = record_of(begin, reference, "allow", "logon.fail-open");
    add_member(record, "evidence", "agent-gone, " + begin.sid);
    if (why.empty() && !keep(record + "}\n")) why = "it cannot be written down for the agent to report";
    if (!why.empty()) {
        machine().write_down(Note::kept_out, who + ": " + why);
        return NO_AGENT;
    }
    machine().write_down(Note::let_in, who + ", reference " + reference);
    return let_in(begin, reference);
}

} // namespace

void answer_for_agent(HANDLE pipe) {
    std::string pending, hello, opening;
    bool heard = read_line(pipe, pending, FRAME_MAX, READ_MS, hello) && read_hello(hello) && read_line(pipe, pending, FRAME_MAX, READ_MS, opening);
    write_within(pipe, heard ? judge(pipe, opening) : NO_AGENT, WRITE_MS);
}

} // namespace sallyport
