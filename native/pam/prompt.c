/* Draws one `show` of the agent and sends what the person answers. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "sallyport.h"

#define TRIES 3

enum answer { ANSWERED, PRESSED, LEFT, NOT_A_CODE };

/* What one field asks for, and the room for its answer. */
struct field {
    int node, button; /* -1: no button in this show */
    bool linked;      /* a link stands above it, whose page shows a code */
    char kind[65], label[4097], answer[4097];
    long long digits; /* 0: six to eight */
};

bool sp_text_of(const struct sp_attempt *a, int node, const char *name, char *out, size_t size) {
    return sp_json_string(a->json, sp_json_member(a->json, node, name), out, size);
}

/* Characters without hyphens and spaces: of a recovery code, bypass code or ticket; of the code that the page of a link shows. */
#define LONG_CODE 20
#define LINK_CODE 9

/* Crockford's base32 as people type it: either case, I, L and O for the digits that they look like. The agent and the org read it anew. */
static bool shaped_like_letters(const char *text, int expected) {
    static const char hyphens[] = "- ";
    int length = 0;
    for (const char *c = text; *c; c++) {
        if (strchr(hyphens, *c)) continue;
        bool letter = (*c >= 'A' && *c <= 'Z') || (*c >= 'a' && *c <= 'z');
        if (*c == 'U' || *c == 'u' || !(letter || (*c >= '0' && *c <= '9')) || ++length > expected) return false;
    }
    return length == expected;
}

/* Digits alone, spaces taken out; true if it can be a code of this many digits. */
static bool shaped_like_digits(char *text, long long digits) {
    long long length = 0;
    for (const char *c = text; *c; c++) {
        if (*c == ' ') continue;
        if (*c < '0' || *c > '9') return false;
        text[length++] = *c;
    }
    text[length] = '\0';
    return digits ? length == digits : length >= 6 && length <= 8;
}

/* The password typed where something else was asked must not leave this module. */
static bool is_password(struct sp_attempt *a, const char *answer) {
    const void *password = NULL;
    return pam_get_item(a->pamh, PAM_AUTHTOK, &password) == PAM_SUCCESS && password && *answer && strcmp(password, answer) == 0;
}

/* The n-th choice, counted from 1, or the one whose word was typed; -1 if the answer is neither. */
static int chosen(const struct sp_attempt *a, int node, const char *answer, bool by_word) {
    int choices = sp_json_member(a->json, node, "choices"), count = 0;
    char number[16], word[1025];
    for (int i = sp_json_is(a->json, choices, SP_ARRAY) ? a->json->nodes[choices].child : -1; i >= 0; i = a->json->nodes[i].next) {
        snprintf(number, sizeof number, "%d", ++count);
        if (strcmp(number, answer) == 0) return i;
        if (by_word && sp_text_of(a, i, "value", word, sizeof word) && strcasecmp(word, answer) == 0) return i;
    }
    return -1;
}

static void list_choices(struct sp_attempt *a, int node) {
    int choices = sp_json_member(a->json, node, "choices"), count = 0;
    char label[4097], line[4200];
    for (int i = sp_json_is(a->json, choices, SP_ARRAY) ? a->json->nodes[choices].child : -1; i >= 0; i = a->json->nodes[i].next) {
        sp_text_of(a, i, "label", label, sizeof label);
        snprintf(line, sizeof line, "%d. %s", ++count, label);
        sp_clean(line);
        sp_say(a, PAM_TEXT_INFO, line);
    }
}

/* One or two digits: no code is so short, so that it was meant for the list. */
static bool is_list_number(const char *answer) {
    size_t digits = strspn(answer, "0123456789");
    return digits > 0 && digits <= 2 && answer[digits] == '\0';
}

/* Asks until the answer can be one; what cannot be is not sent. A field for codes may list choices as well: no number of one is a code. */
static enum answer ask(struct sp_attempt *a, struct field *f) {
    bool code = strcmp(f->kind, "code") == 0, choice = strcmp(f->kind, "choice") == 0;
    if (choice || code) list_choices(a, f->node);
    for (int tries = 0; tries < TRIES; tries++) {
        if (!sp_ask(a, strcmp(f->kind, "secret") != 0, f->label, f->answer, sizeof f->answer)) return LEFT;
        if (f->button >= 0 && !*f->answer) return PRESSED;
        int picked = choice || code ? chosen(a, f->node, f->answer, code) : -1;
        if (picked >= 0) return sp_text_of(a, picked, "value", f->answer, sizeof f->answer) ? ANSWERED : LEFT;
        /* A long code may leave whether the person has one or not: what is asked again tells nothing. */
        bool letters = shaped_like_letters(f->answer, LONG_CODE) || (f->linked && shaped_like_letters(f->answer, LINK_CODE));
        bool shaped = !code || letters || shaped_like_digits(f->answer, f->digits);
        if (!choice && !is_password(a, f->answer) && shaped) return ANSWERED;
        bool listed = code && sp_json_is(a->json, sp_json_member(a->json, f->node, "choices"), SP_ARRAY);
        const char *not_code = listed && is_list_number(f->answer) ? "That number is not in the list." : "That is not a code.";
        explicit_bzero(f->answer, sizeof f->answer);
        sp_say(a, PAM_TEXT_INFO, code ? not_code : "That is not an answer to this question.");
    }
    return code ? NOT_A_CODE : LEFT;
}

/* A caller that cannot ask has one code, for the first prompt that wants one. */
static enum answer answer_serially(struct sp_attempt *a, struct field *f) {
    if (strcmp(f->kind, "code") != 0) return LEFT;
    memcpy(f->answer, a->code, sizeof a->code);
    explicit_bzero(a->code, sizeof a->code);
    return shaped_like_digits(f->answer, f->digits) ? ANSWERED : NOT_A_CODE;
}

/* One field: `"id":"answer"` for what is asked, a line for what is told. */
static enum answer fill(struct sp_attempt *a, struct field *f, struct sp_frame *values) {
    char id[257], line[SP_TEXT_MAX + 4200];
    sp_text_of(a, f->node, "kind", f->kind, sizeof f->kind);
    sp_text_of(a, f->node, "label", f->label, sizeof f->label);
    sp_clean(f->label);
    if (strcmp(f->kind, "button") == 0) return PRESSED;
    if (strcmp(f->kind, "link") == 0 || strcmp(f->kind, "qr") == 0) {
        char value[SP_TEXT_MAX];
        bool drawn = sp_text_of(a, f->node, "drawn", value, sizeof value);
        if (!drawn) sp_text_of(a, f->node, "value", value, sizeof value);
        snprintf(line, sizeof line, drawn ? "%s:\n%s" : "%s: %s", f->label, value);
        sp_clean(line);
        sp_say(a, PAM_TEXT_INFO, line);
        return PRESSED;
    }
    sp_json_whole(a->json, sp_json_member(a->json, f->node, "digits"), &f->digits);
    enum answer how = a->options->serial ? answer_serially(a, f) : ask(a, f);
    if (how != ANSWERED) return how;
    sp_text_of(a, f->node, "id", id, sizeof id);
    sp_frame_raw(values, values->text[values->length - 1] == '{' ? "" : ",");
    sp_frame_string(values, id);
    sp_frame_raw(values, ":");
    sp_frame_string(values, f->answer);
    return ANSWERED;
}

/* Ends the logon from our side: the agent has two seconds to say under which reference. */
static bool cancel(struct sp_attempt *a, const char *cause, struct sp_result *result) {
    struct sp_frame f = {.ok = true};
    a->cancelled = cause;
    if (!sp_set_deadline(a, 2)) return sp_fail(result, SP_BROKEN, cause, "no clock");
    sp_frame_raw(&f, "{\"cancel\":{\"cause\":");
    sp_frame_string(&f, cause);
    sp_frame_raw(&f, "}}");
    return sp_send(a, &f, result);
}

static int first_of(const struct sp_attempt *a, int fields, const char *wanted) {
    char kind[65];
    for (int i = a->json->nodes[fields].child; i >= 0; i = a->json->nodes[i].next)
        if (sp_text_of(a, i, "kind", kind, sizeof kind) && strcmp(kind, wanted) == 0) return i;
    return -1;
}

static bool answer_fields(struct sp_attempt *a, int fields, struct sp_result *result) {
    struct sp_frame f = {.ok = true};
    char start[48], id[257];
    int button = first_of(a, fields, "button");
    bool linked = first_of(a, fields, "link") >= 0;
    enum answer how = ANSWERED;
    snprintf(start, sizeof start, "{\"input\":{\"id\":%d,\"values\":{", ++a->inputs);
    sp_frame_raw(&f, start);
    for (int i = a->json->nodes[fields].child; i >= 0 && how <= PRESSED; i = a->json->nodes[i].next) {
        struct field field = {.node = i, .button = button, .linked = linked};
        how = fill(a, &field, &f);
        explicit_bzero(&field, sizeof field);
    }
    const char *cause = how == NOT_A_CODE ? "factor.code-malformed" : how == LEFT ? "logon.cancelled" : NULL;
    if (!cause && sp_time_left(a) == 0) cause = "factor.timeout";
    if (cause) {
        explicit_bzero(&f, sizeof f);
        return cancel(a, cause, result);
    }
    if (button >= 0 && f.text[f.length - 1] == '{' && sp_text_of(a, button, "id", id, sizeof id)) {
        sp_frame_string(&f, id);
        sp_frame_raw(&f, ":\"pressed\"");
    }
    sp_frame_raw(&f, "}}}");
    return sp_send(a, &f, result);
}

/* sshd holds back what it is told until it asks something: a number to type on the phone would be seen too late. What is typed here
 * goes nowhere. Answers the cause if the person left, or came back too late. */
static const char *make_seen(struct sp_attempt *a, int show) {
    char nothing[4097];
    if (!sp_json_is(a->json, sp_json_member(a->json, show, "wait"), SP_TRUE) || !sp_service_is(a, "sshd")) return NULL;
    bool there = sp_ask(a, true, "Then press Enter", nothing, sizeof nothing);
    explicit_bzero(nothing, sizeof nothing);
    if (!there) return "logon.cancelled";
    return sp_time_left(a) == 0 ? "factor.timeout" : NULL;
}

/* Texts, then the fields in order, answered by one `input`. A show that only waits, or only tells, is not answered. */
bool sp_draw(struct sp_attempt *a, int show, struct sp_result *result) {
    static const char *const texts[] = {"title", "text"};
    long long seconds;
    /* A little more than the agent gives, so that the agent says why; a caller that cannot ask has its own hard end. */
    if (!a->options->serial && sp_json_whole(a->json, sp_json_member(a->json, show, "seconds"), &seconds) && seconds > 0)
        sp_set_deadline(a, (int)seconds + 10);
    for (int i = 0; i < 2; i++) {
        sp_text_of(a, show, texts[i], result->text, sizeof result->text);
        sp_clean(result->text);
        sp_say(a, PAM_TEXT_INFO, result->text);
    }
    int fields = sp_json_member(a->json, show, "fields");
    if (fields < 0 || a->json->nodes[fields].child < 0) {
        const char *cause = make_seen(a, show);
        return cause ? cancel(a, cause, result) : true;
    }
    return answer_fields(a, fields, result);
}
