/* What the parts of pam_sallyport.so share. All state lives in one struct on the caller's stack; nothing is global. */
#ifndef PAM_SALLYPORT_H
#define PAM_SALLYPORT_H

#include <security/pam_modules.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <time.h>

#include "../wire/door_frame.h"

#define SP_FRAME_MAX 65536 /* with the newline: the door's limit */
#define SP_NAME_MAX 257
#define SP_TEXT_MAX 16385 /* 4096 characters */
#define SP_CODE_MAX 13
#define SP_REFERENCE 10 /* XXXX-XXXX and NUL */

enum sp_mode { SP_VERIFY, SP_FAILED, SP_SPLIT };

struct sp_options {
    enum sp_mode mode;
    const char *socket, *failmode, *attempts, *service;
    int timeout, digits;
    bool serial;
    const char *bad; /* an argument that is not known: everything is refused */
};

/* How an attempt ended. `cause` is an id of the cause table; `why` is for the administrator, never for the screen. */
enum sp_end { SP_ALLOWED, SP_REFUSED, SP_AGENT_GONE, SP_BROKEN };
struct sp_result {
    enum sp_end end;
    const char *cause, *why;
    char told[65]; /* the cause as the agent named it */
    char text[SP_TEXT_MAX];
};

/* One logon. Strings from PAM are copied, so that nobody changes them under us. */
struct sp_attempt {
    pam_handle_t *pamh;
    const struct sp_options *options;
    char user[SP_NAME_MAX], service[SP_NAME_MAX], tty[SP_NAME_MAX], ruser[SP_NAME_MAX], rhost[SP_NAME_MAX];
    char program[SP_NAME_MAX]; /* PAM's own name of the service; `service` is the org's */
    bool has_uid;
    uid_t uid;
    char code[SP_CODE_MAX]; /* split from the password, for callers that cannot ask */
    char reference[SP_REFERENCE];
    int fd;
    struct timespec deadline; /* CLOCK_MONOTONIC */
    char *buffer;             /* SP_FRAME_MAX bytes: what was read and not yet used */
    size_t buffered;
    struct sp_json *json; /* the frame under the reader's eyes */
    int inputs;
    const char *cancelled; /* why we ended the logon; from then on only a refusal is taken */
    bool silent;
};

/* options.c */
void sp_read_options(struct sp_options *options, int argc, const char **argv);
bool sp_begin_attempt(struct sp_attempt *attempt, pam_handle_t *pamh, const struct sp_options *options, struct sp_result *result);
void sp_end_attempt(struct sp_attempt *attempt);
bool sp_service_is(const struct sp_attempt *attempt, const char *name);
bool sp_is_remote(const struct sp_attempt *attempt);
bool sp_is_elevation(const struct sp_attempt *attempt);

/* frame.c: one frame as it grows; `ok` is false once something did not fit. */
struct sp_frame {
    char text[16384];
    size_t length;
    bool ok;
};
void sp_frame_raw(struct sp_frame *frame, const char *text);
void sp_frame_string(struct sp_frame *frame, const char *text);
void sp_frame_member(struct sp_frame *frame, const char *name, const char *value);
void sp_frame_who(struct sp_frame *frame, const struct sp_attempt *attempt);

/* door.c: false after filling `result` with why. */
bool sp_open_door(struct sp_attempt *attempt, struct sp_result *result);
bool sp_send(struct sp_attempt *attempt, struct sp_frame *frame, struct sp_result *result);
bool sp_receive(struct sp_attempt *attempt, struct sp_result *result);
bool sp_set_deadline(struct sp_attempt *attempt, int seconds);
int sp_time_left(const struct sp_attempt *attempt);
bool sp_fail(struct sp_result *result, enum sp_end end, const char *cause, const char *why);

/* prompt.c: one `show`. */
bool sp_draw(struct sp_attempt *attempt, int show, struct sp_result *result);
bool sp_text_of(const struct sp_attempt *attempt, int node, const char *name, char *out, size_t size);

/* dialogue.c: the conversation until the agent ends it. */
void sp_verify(struct sp_attempt *attempt, struct sp_result *result);
void sp_account(struct sp_attempt *attempt, const char *method, struct sp_result *result);
void sp_report_failure(struct sp_attempt *attempt, struct sp_result *result);

/* person.c */
void sp_say(struct sp_attempt *attempt, int style, const char *text);
bool sp_ask(struct sp_attempt *attempt, bool echo, const char *label, char *answer, size_t size);
void sp_clean(char *text);

/* outage.c: what stands when the agent could not be asked, and the lines that tell of it. */
int sp_without_agent(struct sp_attempt *attempt, struct sp_result *result);
void sp_keep_attempt(struct sp_attempt *attempt, const char *outcome, const char *cause, const char *why);
void sp_new_reference(char reference[SP_REFERENCE]);
void sp_log(const struct sp_attempt *attempt, int priority, const char *outcome, const char *cause, const char *why);

#endif
