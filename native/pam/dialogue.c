/* Draws what the agent shows, brings back what the person answers, and takes the agent's word for the end. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <security/pam_ext.h>

#include "sallyport.h"

static void drop_frame(struct sp_attempt *a) {
    char *end = memchr(a->buffer, '\n', a->buffered);
    size_t used = (size_t)(end - a->buffer) + 1;
    a->buffered -= used;
    memmove(a->buffer, end + 1, a->buffered);
}

static bool text_of(const struct sp_attempt *a, int node, const char *name, char *out, size_t size) {
    return sp_json_string(a->json, sp_json_member(a->json, node, name), out, size);
}

/* Digits alone, spaces taken out; true if it can be a code of this many digits. */
static bool shaped_like_code(char *text, long long digits) {
    size_t length = 0;
    for (char *c = text; *c; c++) {
        if (*c == ' ') continue;
        if (!isdigit((unsigned char)*c)) return false;
        text[length++] = *c;
    }
    text[length] = '\0';
    return digits ? (long long)length == digits : length >= 6 && length <= 8;
}

/* The password typed where a code was asked must not leave this module. */
static bool is_password(struct sp_attempt *a, const char *answer) {
    const void *password = NULL;
    return pam_get_item(a->pamh, PAM_AUTHTOK, &password) == PAM_SUCCESS && password && *answer && strcmp(password, answer) == 0;
}

static bool ask_code(struct sp_attempt *a, const char *label, long long digits, bool button, char *answer, size_t size) {
    for (int tries = 0; tries < 3; tries++) {
        if (tries) sp_say(a, PAM_TEXT_INFO, "That is not a code.");
        if (!sp_ask(a, true, label, answer, size)) return false;
        if (button && !*answer) return true;
        if (!is_password(a, answer) && shaped_like_code(answer, digits)) return true;
    }
    *answer = '\0';
    return false;
}

static bool cancel(struct sp_attempt *a, const char *cause, struct sp_result *result) {
    struct sp_frame f = {.ok = true};
    sp_frame_raw(&f, "{\"cancel\":{\"cause\":");
    sp_frame_string(&f, cause);
    sp_frame_raw(&f, "}}");
    return sp_send(a, &f, result);
}

/* Adds `"id":"answer"` for one field; false when the person left, with why in `cause`. */
static bool fill_field(struct sp_attempt *a, int field, int button, struct sp_frame *values, const char **cause) {
    char kind[16], id[65], label[1025], answer[1025] = "";
    long long digits = 0;
    if (!text_of(a, field, "kind", kind, sizeof kind) || !text_of(a, field, "id", id, sizeof id)) return *cause = "door.malformed", false;
    if (!text_of(a, field, "label", label, sizeof label)) snprintf(label, sizeof label, "Answer");
    sp_clean(label);
    bool code = strcmp(kind, "code") == 0, told = strcmp(kind, "link") == 0 || strcmp(kind, "qr") == 0;
    if (strcmp(kind, "button") == 0) return true;
    if (told) {
        if (text_of(a, field, "value", answer, sizeof answer)) sp_clean(answer), sp_say(a, PAM_TEXT_INFO, answer);
        return true;
    }
    sp_json_whole(a->json, sp_json_member(a->json, field, "digits"), &digits);
    *cause = code ? "factor.code-malformed" : "logon.cancelled";
    bool got;
    if (a->options->serial) got = code && shaped_like_code(strcpy(answer, a->code), digits);
    else if (code) got = ask_code(a, label, digits, button >= 0, answer, sizeof answer);
    else got = sp_ask(a, strcmp(kind, "secret") != 0, label, answer, sizeof answer);
    if (got && *answer) {
        sp_frame_raw(values, values->text[values->length - 1] == '{' ? "" : ",");
        sp_frame_string(values, id);
        sp_frame_raw(values, ":");
        sp_frame_string(values, answer);
    }
    explicit_bzero(answer, sizeof answer);
    return got;
}

static void press(struct sp_attempt *a, int button, struct sp_frame *f) {
    char id[65];
    if (button < 0 || f->text[f->length - 1] != '{' || !text_of(a, button, "id", id, sizeof id)) return;
    sp_frame_string(f, id);
    sp_frame_raw(f, ":\"pressed\"");
}

/* One `show`: texts, then the fields in order, answered by one `input`. A show that waits, or has no fields, is only read. */
static bool draw(struct sp_attempt *a, int show, struct sp_result *result) {
    static const char *const texts[] = {"title", "text"};
    for (int i = 0; i < 2; i++)
        if (text_of(a, show, texts[i], result->text, sizeof result->text)) sp_clean(result->text), sp_say(a, PAM_TEXT_INFO, result->text);
    int fields = sp_json_member(a->json, show, "fields"), button = -1;
    if (!sp_json_is(a->json, fields, SP_ARRAY) || a->json->nodes[fields].child < 0) return true;
    for (int i = a->json->nodes[fields].child; i >= 0 && button < 0; i = a->json->nodes[i].next) {
        char kind[16];
        if (text_of(a, i, "kind", kind, sizeof kind) && strcmp(kind, "button") == 0) button = i;
    }
    struct sp_frame f = {.ok = true};
    char number[64];
    snprintf(number, sizeof number, "{\"input\":{\"id\":%lld,\"values\":{", ++a->inputs);
    sp_frame_raw(&f, number);
    for (int i = a->json->nodes[fields].child; i >= 0; i = a->json->nodes[i].next) {
        const char *cause = NULL;
        if (!fill_field(a, i, button, &f, &cause)) {
            explicit_bzero(&f, sizeof f);
            return strcmp(cause, "door.malformed") == 0 ? sp_fail(result, SP_BROKEN, cause) : cancel(a, cause, result);
        }
    }
    press(a, button, &f);
    sp_frame_raw(&f, "}}}");
    return sp_send(a, &f, result);
}

/* An allow counts only for the account that was frozen at the beginning, and that PAM still means. */
static void take_end(struct sp_attempt *a, int end, struct sp_result *result) {
    char word[16], user[SP_NAME_MAX];
    const void *now = NULL;
    long long uid;
    text_of(a, end, "reference", a->reference, sizeof a->reference);
    if (!text_of(a, end, "result", word, sizeof word)) word[0] = '\0';
    if (strcmp(word, "deny") == 0) {
        if (!text_of(a, end, "text", result->text, sizeof result->text)) result->text[0] = '\0';
        result->end = SP_REFUSED;
        if (!text_of(a, end, "cause", result->told, sizeof result->told)) snprintf(result->told, sizeof result->told, "-");
        sp_clean(result->told);
        result->cause = result->told;
        return;
    }
    bool same = strcmp(word, "allow") == 0 && text_of(a, end, "username", user, sizeof user) && strcmp(user, a->user) == 0 &&
                pam_get_item(a->pamh, PAM_USER, &now) == PAM_SUCCESS && now && strcmp(now, a->user) == 0;
    int given = sp_json_member(a->json, end, "uid");
    if (same && given >= 0) same = sp_json_whole(a->json, given, &uid) && a->has_uid && (uid_t)uid == a->uid;
    /* Something behind the end was not ours to read: two ends, or a frame nobody asked for. */
    if (same && memchr(a->buffer, '\n', a->buffered) != a->buffer + a->buffered - 1) same = false;
    if (same) result->end = SP_ALLOWED, result->cause = NULL;
    else sp_fail(result, SP_BROKEN, "agent.decision-invalid");
}

#define SHOWS_MAX 100

static void converse(struct sp_attempt *a, struct sp_result *result) {
    for (int shows = 0; shows < SHOWS_MAX; shows++) {
        if (!sp_receive(a, result)) return;
        int show = sp_json_member(a->json, 0, "show"), end = sp_json_member(a->json, 0, "end"), error = sp_json_member(a->json, 0, "error");
        if (end >= 0) return take_end(a, end, result);
        if (error >= 0 || show < 0) {
            char cause[40];
            bool version = error >= 0 && text_of(a, error, "cause", cause, sizeof cause) && strcmp(cause, "agent.version") == 0;
            sp_fail(result, SP_BROKEN, version ? "agent.version" : "door.malformed");
            return;
        }
        if (!draw(a, show, result)) return;
        drop_frame(a);
    }
    sp_fail(result, SP_BROKEN, "door.malformed");
}

static void ask_agent(struct sp_attempt *a, const char *name, const char *member, const char *value, struct sp_result *result) {
    struct sp_frame f = {.ok = true};
    if (!sp_open_door(a, result)) return;
    sp_frame_raw(&f, "{\"");
    sp_frame_raw(&f, name);
    sp_frame_raw(&f, "\":{");
    sp_frame_who(&f, a);
    if (strcmp(name, "begin") == 0) sp_frame_member(&f, "password", "verified");
    if (strcmp(name, "failed") != 0) sp_frame_member(&f, "scenario", sp_is_elevation(a) ? "elevate" : "logon");
    sp_frame_member(&f, member, value);
    sp_frame_raw(&f, "}}");
    if (sp_send(a, &f, result)) converse(a, result);
}

void sp_verify(struct sp_attempt *a, struct sp_result *result) { ask_agent(a, "begin", "", "", result); }
void sp_account(struct sp_attempt *a, const char *method, struct sp_result *result) { ask_agent(a, "account", "method", method, result); }
void sp_report_failure(struct sp_attempt *a, struct sp_result *result) { ask_agent(a, "failed", "reason", "password", result); }
