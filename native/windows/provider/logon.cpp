/* Carries one logon to the service and the agent, and takes the agent's word for the end. */
#include "logon.h"

namespace sallyport {

namespace {

/* A domain controller that does not answer holds Windows for half a minute. */
const int CHECK_SECONDS = 90, ANSWER_SECONDS = 30, WAIT_SECONDS = 150, REPORT_SECONDS = 3, CANCEL_SECONDS = 2, SHOWS_MAX = 100;

std::wstring with_reference(const std::wstring &text, const std::string &reference) {
    if (reference.empty()) return text;
    return text + (text.empty() ? L"Reference: " : L" Reference: ") + to_wide(reference);
}

/* Cut out as they stand: they are more than the reader has nodes for, and the agent judges them. No text holds a quote without a backslash. */
std::string cut_groups(std::string &answer) {
    size_t start = answer.find(",\"groups\":["), end = answer.find(']', start);
    if (start == std::string::npos || end == std::string::npos) return "";
    std::string groups = answer.substr(start, end + 1 - start);
    answer.erase(start, groups.size());
    return groups;
}

} // namespace

/* Has the service check the password. Its answer stands in `json_` then. */
bool Logon::check_password(const Secret &password, Patience *patience, Fault &fault) {
    Door service(L"\\\\.\\pipe\\ProtectedPrefix\\Administrators\\sallyport-machine");
    std::string plain = to_utf8(password.text), question = "{\"check\":{";
    question.reserve(65536); /* a text that grows leaves copies behind that nobody wipes */
    add_member(question, "typed", account_.user);
    add_member(question, "password", plain);
    add_member(question, "scenario", scenario_);
    question += "}}";
    wipe(plain);
    bool answered = service.open(fault) && service.send(question, fault) && service.receive(line_, CHECK_SECONDS, patience, fault);
    wipe(question);
    groups_ = cut_groups(line_);
    if (answered) fault = {"door.malformed", "the service's answer is none"};
    return answered && sp_json_read(&json_, line_.data(), line_.size());
}

/* `"username":…` and where the person sits, for begin and failed alike. */
std::string Logon::who() const {
    std::string name = "{", address = "{";
    add_member(name, "username", account_.user);
    add_member(name, "domain", account_.domain);
    add_member(name, "sid", account_.sid);
    add_member(name, "service", remote_ ? "rdp" : "console");
    add_member(address, "value", address_);
    add_member(address, "origin", "claimed");
    return address_.empty() ? name : name + ",\"address\":" + address + "}";
}

Step Logon::begin(const Secret &password, const char *proof, Patience *patience) {
    Fault fault;
    if (!check_password(password, patience, fault)) return fail(fault);
    const int checked = json_.member(0, "checked");
    const std::string result = json_.text(checked, "result");
    account_ = {json_.text(checked, "username"), json_.text(checked, "domain"), json_.text(checked, "logonDomain"), json_.text(checked, "sid")};
    package_ = strtoul(json_.text(checked, "package").c_str(), nullptr, 10);
    address_ = json_.text(checked, "address");
    remote_ = remote_ || json_.is_true(checked, "remote");
    if (result == "wrong" || result == "failed") {
        std::wstring words = clean(to_wide(json_.text(checked, "words")));
        report("password", json_.text(checked, "status"), json_.text(checked, "subStatus"), patience);
        told_ = with_reference(words, reference_);
        return Step::refused;
    }
    if (result != "right" || json_.member(checked, "package") < 0) return fail({"door.malformed", "the service's answer is none"});
    std::string frame = who();
    add_member(frame, "scenario", scenario_);
    add_member(frame, "password", proof);
    return open_with("{\"begin\":" + frame + groups_ + "}}", ANSWER_SECONDS, patience);
}

Step Logon::report(const char *reason, const std::string &status, const std::string &sub_status, Patience *patience) {
    std::string frame = who();
    add_member(frame, "reason", reason);
    add_member(frame, "status", status);
    add_member(frame, "subStatus", sub_status);
    add_member(frame, "after", reference_);
    reported_ = true;
    allowed_ = false;
    return open_with("{\"failed\":" + frame + "}}", REPORT_SECONDS, patience);
}

Step Logon::open_with(std::string frame, int seconds, Patience *patience) {
    Fault fault;
    frame.insert(0, "{\"v\":1,\"hello\":{\"provider\":\"windows\",\"conversation\":true,\"serial\":false}}\n");
    if (!door_.open(fault) || !door_.send(frame, fault)) return fail(fault);
    return converse(seconds, patience);
}

Step Logon::answer(const Values &values, Patience *patience) {
    Fault fault;
    if (door_.has_news()) return converse(ANSWER_SECONDS, patience);
    std::string frame = "{\"input\":{\"id\":" + std::to_string(++inputs_) + ",\"values\":{";
    size_t room = frame.size() + 8;
    for (const auto &[id, value] : values) room += quoted(id).size() + 6 * value.size() + 4;
    frame.reserve(room); /* as in quoted */
    for (const auto &[id, value] : values) add_member(frame, id.c_str(), value);
    frame += "}}}";
    /* The agent may have said why before it closed: its last frame is still to be read. */
    door_.send(frame, fault);
    return converse(ANSWER_SECONDS, patience);
}

Step Logon::cancel() {
    Fault fault;
    std::string frame = "{\"cancel\":{\"cause\":\"logon.cancelled\"}}";
    cancelled_ = true;
    if (allowed_) return report("cancel", "", "", nullptr);
    if (!door_.is_open()) return Step::refused;
    door_.send(frame, fault);
    return converse(CANCEL_SECONDS, nullptr);
}

/* Reads until there is something to answer, or the end. */
Step Logon::converse(int seconds, Patience *patience) {
    Fault fault;
    for (int shows = 0; shows < SHOWS_MAX; shows++) {
        if (!door_.receive(line_, seconds, patience, fault)) {
            bool left = patience && !cancelled_ && std::string(fault.cause) == "logon.cancelled";
            return left ? cancel() : fail(fault);
        }
        if (!sp_door_read(&json_, line_.data(), line_.size())) return fail({"door.malformed", "not a frame"});
        int end = json_.member(0, "end"), show = json_.member(0, "show");
        if (end >= 0) return take_end(end, patience);
        if (json_.text(json_.member(0, "error"), "cause") == "agent.unreachable") return fail({"agent.unreachable", "the agent does not run"});
        if (show < 0) return fail({"agent.fault", "the agent broke off"});
        if (reported_) return fail({"door.malformed", "a question to a logon that was refused"});
        /* What is still shown after we left is not for the person any more. */
        if (cancelled_) continue;
        take_show(show);
        if (!show_.fields.empty()) return Step::asking;
        if (patience) patience->tell(clean(to_wide(json_.text(show, "text"))));
        if (json_.is_true(show, "wait")) seconds = WAIT_SECONDS;
    }
    return fail({"door.malformed", "too many frames"});
}

/* The last line has whatever stands behind the others. */
void Logon::take_show(int show) {
    show_ = {};
    show_.title = clean(to_wide(json_.text(show, "title")));
    std::wstring text = to_wide(json_.text(show, "text"));
    for (DWORD i = 0; i < LINES; i++) {
        size_t end = i + 1 < LINES ? text.find(L'\n') : std::wstring::npos;
        show_.lines[i] = clean(text.substr(0, end));
        text.erase(0, end == std::wstring::npos ? end : end + 1);
    }
    for (int i = json_.first(show, "fields"); i >= 0; i = json_.next(i)) add_field(i);
}

void Logon::add_field(int node) {
    Field field;
    field.id = json_.text(node, "id");
    field.kind = json_.text(node, "kind");
    field.value = json_.text(node, "value");
    field.label = clean(to_wide(json_.text(node, "label")));
    field.drawn = to_wide(json_.text(node, "drawn"));
    sp_json_whole(&json_, json_.member(node, "digits"), &field.digits);
    for (int i = json_.first(node, "choices"); i >= 0; i = json_.next(i))
        field.choices.push_back({json_.text(i, "value"), clean(to_wide(json_.text(i, "label")))});
    show_.fields.push_back(field);
}

/* An allow counts only for the account that was frozen at the beginning, whole, and under a reference by which it can be taken back. */
const char *Logon::what_is_wrong(int end) const {
    if (cancelled_ || reported_) return "an allow after a cancel or a refusal";
    if (json_.text(end, "username") != account_.user) return "an allow for another user";
    if (json_.text(end, "domain") != account_.domain) return "an allow for another domain";
    if (json_.text(end, "sid") != account_.sid) return "an allow for another SID";
    if (reference_.empty()) return "an allow without a reference";
    return door_.has_more() ? "something stands behind the end" : nullptr;
}

Step Logon::take_end(int end, Patience *patience) {
    reference_ = json_.text(end, "reference");
    told_ = clean(to_wide(json_.text(end, "text")));
    if (json_.text(end, "result") == "deny") {
        told_ = with_reference(told_, reference_);
        door_.close();
        return Step::refused;
    }
    if (const char *wrong = what_is_wrong(end)) return fail({"agent.decision-invalid", wrong});
    door_.close();
    allowed_ = true;
    /* Whoever pressed Cancel must not leave a screen that lets in the next one who presses Enter. */
    return patience && !patience->goes_on() ? cancel() : Step::allowed;
}

/* Nobody let this logon through: it is refused, and written down for the agent to report. */
Step Logon::fail(const Fault &fault) {
    door_.close();
    reference_ = new_reference();
    told_ = with_reference(L"You cannot sign in right now. Contact support.", reference_);
    std::string name = account_.domain.empty() ? account_.user : account_.domain + "\\" + account_.user;
    keep_attempt(name, remote_ ? "rdp" : "console", reference_, cancelled_ ? "logon.cancelled" : fault.cause, fault.why);
    return Step::refused;
}

} // namespace sallyport
