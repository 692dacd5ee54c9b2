/* Carries one question to the agent, and takes the agent's word for the end. */
#include <stdio.h>
#include <string.h>

#include "sallyport.h"

#define SHOWS_MAX 100

static void drop_frame(struct sp_attempt *a) {
    const char *end = memchr(a->buffer, '\n', a->buffered);
    size_t used = (size_t)(end - a->buffer) + 1;
    a->buffered -= used;
    memmove(a->buffer, a->buffer + used, a->buffered);
}

/* The cause as the agent names it. Fit for a log line or nothing. */
static void take_cause(struct sp_attempt *a, int node, struct sp_result *result, const char *otherwise) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz.-";
    bool named = sp_text_of(a, node, "cause", result->told, sizeof result->told) && strspn(result->told, letters) == strlen(result->told);
    result->cause = named && *result->told ? result->told : otherwise;
}

/* An allow counts only for the account that was frozen at the beginning, and that PAM still means. */
static const char *what_is_wrong(struct sp_attempt *a, int end) {
    char user[SP_NAME_MAX];
    const void *now = NULL;
    long long uid;
    int given = sp_json_member(a->json, end, "uid");
    if (a->cancelled) return "an allow after a cancel";
    if (!sp_text_of(a, end, "username", user, sizeof user) || strcmp(user, a->user) != 0) return "an allow for another user";
    if (given >= 0 && !(sp_json_whole(a->json, given, &uid) && a->has_uid && uid == (long long)a->uid)) return "an allow for another uid";
    if (pam_get_item(a->pamh, PAM_USER, &now) != PAM_SUCCESS || !now || strcmp(now, a->user) != 0) return "PAM_USER changed meanwhile";
    if (a->buffer[a->buffered - 1] != '\n' || memchr(a->buffer, '\n', a->buffered - 1)) return "something stands behind the end";
    return NULL;
}

static void take_end(struct sp_attempt *a, int end, struct sp_result *result) {
    char word[16];
    sp_text_of(a, end, "reference", a->reference, sizeof a->reference);
    sp_text_of(a, end, "result", word, sizeof word);
    sp_text_of(a, end, "text", result->text, sizeof result->text);
    sp_clean(result->text);
    if (strcmp(word, "deny") == 0) {
        result->end = SP_REFUSED;
        result->why = NULL;
        take_cause(a, end, result, a->cancelled ? a->cancelled : "-");
        return;
    }
    const char *wrong = what_is_wrong(a, end);
    if (wrong) {
        sp_fail(result, SP_BROKEN, "agent.decision-invalid", wrong);
        return;
    }
    sp_say(a, PAM_TEXT_INFO, result->text);
    result->end = SP_ALLOWED;
}

static void converse(struct sp_attempt *a, struct sp_result *result) {
    for (int shows = 0; shows < SHOWS_MAX; shows++) {
        if (!sp_receive(a, result)) return;
        int show = sp_json_member(a->json, 0, "show"), end = sp_json_member(a->json, 0, "end"), error = sp_json_member(a->json, 0, "error");
        if (end >= 0) return take_end(a, end, result);
        if (error >= 0) {
            sp_fail(result, SP_BROKEN, "agent.fault", "the agent broke off");
            return take_cause(a, error, result, "agent.fault");
        }
        /* What is still shown after we left is not for the person any more. */
        if (!a->cancelled && !sp_draw(a, show, result)) return;
        drop_frame(a);
    }
    sp_fail(result, SP_BROKEN, "door.malformed", "too many frames");
}

static void ask_agent(struct sp_attempt *a, const char *name, const char *member, const char *value, struct sp_result *result) {
    struct sp_frame f = {.ok = true};
    if (!sp_open_door(a, result)) return;
    sp_frame_raw(&f, "{\"");
    sp_frame_raw(&f, name);
    sp_frame_raw(&f, "\":{");
    sp_frame_who(&f, a);
    if (strcmp(name, "failed") != 0) sp_frame_member(&f, "scenario", sp_is_elevation(a) ? "elevate" : "logon");
    sp_frame_member(&f, member, value);
    sp_frame_raw(&f, "}}");
    if (sp_send(a, &f, result)) converse(a, result);
}

void sp_verify(struct sp_attempt *a, struct sp_result *result) { ask_agent(a, "begin", "password", "verified", result); }

/* The agent answers these by itself, at once: nobody waits long for one that hangs. */
static bool hurry(struct sp_attempt *a, int seconds) { return sp_set_deadline(a, a->options->timeout < seconds ? a->options->timeout : seconds); }

void sp_account(struct sp_attempt *a, const char *method, struct sp_result *result) {
    if (hurry(a, 10)) ask_agent(a, "account", "method", method, result);
}

void sp_report_failure(struct sp_attempt *a, struct sp_result *result) {
    if (hurry(a, 3)) ask_agent(a, "failed", "reason", "password", result);
}
