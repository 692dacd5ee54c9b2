/* Carries one logon to the agent, and takes the agent's word for the end. */
#include "logon.h"

#include <ntsecapi.h>

#include <algorithm>

#include "fields.h"

namespace sallyport {

namespace {

const int ANSWER_SECONDS = 30, WAIT_SECONDS = 150, REPORT_SECONDS = 3, CANCEL_SECONDS = 2, SHOWS_MAX = 100;

std::wstring with_reference(std::wstring text, const std::string &reference) {
    if (!reference.empty()) text += (text.empty() ? L"Reference: " : L" Reference: ") + to_wide(reference);
    return text;
}

/* What Windows says of a status, in its own language. By the status alone: the sub-status knows more than a stranger may hear. */
std::wstring words_of(const std::string &status) {
    DWORD code = strtoul(status.c_str(), nullptr, 16);
    if (code & 0x80000000) code = LsaNtStatusToWinError(static_cast<NTSTATUS>(code));
    wchar_t room[512] = L"";
    const DWORD flags = FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS | FORMAT_MESSAGE_MAX_WIDTH_MASK;
    FormatMessageW(flags, nullptr, code, 0, room, 512, nullptr);
    std::wstring text = clean(room);
    text.erase(text.find_last_not_of(L' ') + 1);
    return text.empty() ? L"The user name or password is incorrect." : text;
}

} // namespace

/* `"username":…` and where the person sits, for begin and failed alike. */
std::string Logon::who() const {
    std::string name = "{";
    add_member(name, "username", to_utf8(account_.user));
    add_member(name, "domain", to_utf8(account_.domain));
    add_member(name, "sid", to_utf8(account_.sid));
    add_member(name, "service", scene_.remote ? "rdp" : "console");
    if (scene_.address.empty()) return name;
    std::string address = "{";
    add_member(address, "value", to_utf8(scene_.address));
    add_member(address, "origin", "claimed");
    return name + ",\"address\":" + address + "}";
}

Step Logon::begin(const Secret &password, const char *proof, Patience *patience) {
    Checked checked;
    Fault fault;
    if (!check_password(account_, password.text, scenario_, patience, checked, fault)) return fail(fault);
    account_.sid = checked.sid;
    account_.groups.swap(checked.groups);
    scene_.remote = scene_.remote || checked.remote;
    if (!checked.address.empty()) scene_.address = checked.address;
    if (checked.result != Password::right) {
        report("password", checked.status, checked.sub_status, "", patience);
        told_ = with_reference(words_of(checked.status), reference_);
        return Step::refused;
    }
    std::string frame = who();
    add_member(frame, "scenario", scenario_);
    add_member(frame, "password", proof);
    for (const std::string &sid : account_.groups) frame += (&sid == &account_.groups.front() ? ",\"groups\":[" : ",") + quoted(sid);
    if (!account_.groups.empty()) frame += ']';
    return open_with("{\"begin\":" + frame + "}}", ANSWER_SECONDS, patience);
}

Step Logon::report(const char *reason, const std::string &status, const std::string &sub_status, const std::string &after,
                   Patience *patience) {
    std::string frame = who();
    add_member(frame, "reason", reason);
    add_member(frame, "status", status);
    add_member(frame, "subStatus", sub_status);
    add_member(frame, "after", after);
    reported_ = true;
    return open_with("{\"failed\":" + frame + "}}", REPORT_SECONDS, patience);
}

Step Logon::open_with(std::string frame, int seconds, Patience *patience) {
    Fault fault;
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

Step Logon::cancel(const char *cause) {
    if (!door_.is_open()) return Step::refused;
    Fault fault;
    cancelled_ = cause;
    std::string frame = std::string("{\"cancel\":{\"cause\":") + quoted(cause) + "}}";
    door_.send(frame, fault);
    return converse(CANCEL_SECONDS, nullptr);
}

/* Reads until there is something to answer, or the end. */
Step Logon::converse(int seconds, Patience *patience) {
    Fault fault;
    for (int shows = 0; shows < SHOWS_MAX; shows++) {
        if (!door_.receive(seconds, patience, fault)) {
            bool left = patience && !cancelled_ && std::string(fault.cause) == "logon.cancelled";
            return left ? cancel("logon.cancelled") : fail(fault);
        }
        int end = door_.member(0, "end"), show = door_.member(0, "show");
        if (end >= 0) return take_end(end, patience);
        if (show < 0) return fail({"agent.fault", "the agent broke off"});
        if (reported_) return fail({"door.malformed", "a question to a logon that was refused"});
        /* What is still shown after we left is not for the person any more. */
        if (cancelled_) continue;
        take_show(show);
        if (!show_.fields.empty()) return Step::asking;
        std::wstring told;
        for (const std::wstring &line : show_.lines) told += (told.empty() ? L"" : L" ") + line;
        if (patience) patience->tell(told);
        if (show_.wait) seconds = WAIT_SECONDS;
    }
    return fail({"door.malformed", "too many frames"});
}

void Logon::take_show(int show) {
    show_ = {};
    show_.title = clean(to_wide(door_.text(show, "title")));
    std::wstring text = to_wide(door_.text(show, "text"));
    for (size_t at = 0, end; at < text.size(); at = end + 1) {
        end = std::min(text.find(L'\n', at), text.size());
        show_.lines.push_back(clean(text.substr(at, end - at)));
    }
    show_.wait = sp_json_is(&door_.json(), door_.member(show, "wait"), SP_TRUE);
    int fields = door_.member(show, "fields");
    for (int i = fields < 0 ? -1 : door_.json().nodes[fields].child; i >= 0; i = door_.json().nodes[i].next) add_field(i);
    offer_choices();
}

void Logon::add_field(int node) {
    Field field;
    field.id = door_.text(node, "id");
    field.kind = door_.text(node, "kind");
    field.label = clean(to_wide(door_.text(node, "label")));
    field.value = clean(to_wide(door_.text(node, "value")));
    field.drawn = to_wide(door_.text(node, "drawn"));
    show_.linked = show_.linked || field.kind == "link";
    sp_json_whole(&door_.json(), door_.member(node, "digits"), &field.digits);
    int choices = door_.member(node, "choices");
    for (int i = choices < 0 ? -1 : door_.json().nodes[choices].child; i >= 0; i = door_.json().nodes[i].next)
        field.choices.push_back({door_.text(i, "value"), clean(to_wide(door_.text(i, "label")))});
    show_.fields.push_back(field);
}

/* What may be answered instead of a code stands below as links that are pressed; as a list, whose first line is none of them, where there is
 * no room. */
void Logon::offer_choices() {
    for (size_t i = 0; i < show_.fields.size(); i++) {
        Field &field = show_.fields[i];
        if (field.kind != "code" || field.choices.empty()) continue;
        if (show_.fields.size() + field.choices.size() > ROWS) {
            field.choices.insert(field.choices.begin(), {"", field.label});
            continue;
        }
        std::vector<Choice> choices;
        choices.swap(field.choices);
        std::string id = field.id; /* `field` moves as the list grows */
        for (Choice &choice : choices) {
            Field button;
            button.id = id;
            button.kind = "button";
            button.press = choice.value;
            button.label = choice.label;
            show_.fields.push_back(button);
        }
    }
}

/* An allow counts only for the account that was frozen at the beginning, whole. */
const char *Logon::what_is_wrong(int end) const {
    if (cancelled_ || reported_) return "an allow after a cancel or a refusal";
    if (door_.text(end, "username") != to_utf8(account_.user)) return "an allow for another user";
    if (door_.text(end, "domain") != to_utf8(account_.domain)) return "an allow for another domain";
    if (door_.text(end, "sid") != to_utf8(account_.sid)) return "an allow for another SID";
    if (door_.has_more()) return "something stands behind the end";
    return nullptr;
}

Step Logon::take_end(int end, Patience *patience) {
    reference_ = door_.text(end, "reference");
    told_ = clean(to_wide(door_.text(end, "text")));
    if (door_.text(end, "result") == "deny") {
        told_ = with_reference(told_, reference_);
        door_.close();
        return Step::refused;
    }
    if (const char *wrong = what_is_wrong(end)) return fail({"agent.decision-invalid", wrong});
    /* Whoever pressed Cancel must not leave a screen that lets in the next one who presses Enter. */
    if (patience && !patience->goes_on()) return fail({"logon.cancelled", "the person left as the yes came"});
    door_.close();
    return Step::allowed;
}

/* Nobody let this logon through: it is refused, and written down for the agent to report. */
Step Logon::fail(const Fault &fault) {
    door_.close();
    reference_ = new_reference();
    told_ = with_reference(L"You cannot sign in right now. Contact support.", reference_);
    keep_attempt(account_, scene_, reference_, cancelled_ ? cancelled_ : fault.cause, fault.why);
    return Step::refused;
}

} // namespace sallyport
