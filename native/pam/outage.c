/* What stands when the agent could not be asked: the line that tells of it later, and the one file that may open. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include <security/pam_ext.h>

#include "sallyport.h"

#define ATTEMPTS_MAX (1024 * 1024)
#define DAY 86400

/* 40 random bits in Crockford's base32, as the agent writes it. */
void sp_new_reference(char reference[SP_REFERENCE]) {
    static const char letters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    unsigned char random[8];
    if (getrandom(random, sizeof random, 0) != sizeof random) memset(random, 0, sizeof random);
    for (int i = 0, at = 0; i < 8; i++) {
        reference[at++] = letters[random[i] & 31];
        if (i == 3) reference[at++] = '-';
    }
    reference[SP_REFERENCE - 1] = '\0';
}

/* Copies what strangers chose so that it can forge no line: anything but printable ASCII becomes `?`. */
static const char *plain(const char *text, char *out, size_t size) {
    snprintf(out, size, "%s", text && *text ? text : "-");
    for (char *c = out; *c; c++)
        if ((unsigned char)*c < 0x20 || (unsigned char)*c >= 0x7f) *c = '?';
    return out;
}

/* One line of the system's own log. */
void sp_log(const struct sp_attempt *a, int priority, const char *outcome, const char *cause, const char *why) {
    char user[SP_NAME_MAX], service[SP_NAME_MAX], about[SP_NAME_MAX];
    for (char *c = (char *)plain(a->user, user, sizeof user); *c; c++)
        if (*c == ' ' || *c == '=') *c = '?';
    pam_syslog(a->pamh, priority, "sallyport: %s user=%s service=%s cause=%s reference=%s%s%s", outcome, user,
               plain(a->service, service, sizeof service), cause, *a->reference ? a->reference : "-", why ? " why=" : "",
               why ? plain(why, about, sizeof about) : "");
}

/* Appends to the file that the agent ships when it is back. Losing the line is no reason to let anybody in or keep anybody out. */
void sp_keep_attempt(struct sp_attempt *a, const char *outcome, const char *cause, const char *why) {
    struct sp_frame line = {.ok = true};
    char when[40];
    struct timespec now;
    struct tm utc;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0 || !gmtime_r(&now.tv_sec, &utc)) return;
    strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", &utc);
    sp_frame_raw(&line, "{\"time\":");
    sp_frame_string(&line, when);
    sp_frame_member(&line, "reference", a->reference);
    sp_frame_member(&line, "username", a->user);
    sp_frame_member(&line, "service", a->service);
    sp_frame_member(&line, "result", outcome);
    sp_frame_member(&line, "cause", cause);
    sp_frame_member(&line, "evidence", why ? why : "");
    sp_frame_raw(&line, "}\n");
    int fd = open(a->options->attempts, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
    struct stat st;
    if (fd < 0) return;
    if (line.ok && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == 0 && st.st_size + (off_t)line.length <= ATTEMPTS_MAX)
        if (write(fd, line.text, line.length) != (ssize_t)line.length) sp_log(a, LOG_WARNING, "cannot keep the attempt", "host.disk", NULL);
    close(fd);
}

/* Reads the fail-mode file into `json`; it counts only if it is root's and nobody else can write it. */
static bool read_fail_mode(struct sp_attempt *a) {
    int fd = open(a->options->failmode, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    struct stat st;
    if (fd < 0) return false;
    bool safe = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == 0 && !(st.st_mode & (S_IWGRP | S_IWOTH));
    ssize_t length = safe ? read(fd, a->buffer, 4096) : -1;
    close(fd);
    return length > 0 && sp_json_read(a->json, a->buffer, (size_t)length);
}

static bool text_is(struct sp_attempt *a, const char *name, const char *wanted) {
    char value[32];
    return sp_json_string(a->json, sp_json_member(a->json, 0, name), value, sizeof value) && strcmp(value, wanted) == 0;
}

/* Never for remote logons, never for elevation, never beyond a day (protocols: fail modes). */
static bool opens(struct sp_attempt *a) {
    long long until;
    struct timespec now;
    if (sp_is_remote(a) || sp_is_elevation(a) || !text_is(a, "agentGone", "allow")) return false;
    if (!sp_json_whole(a->json, sp_json_member(a->json, 0, "until"), &until) || clock_gettime(CLOCK_REALTIME, &now) != 0) return false;
    return until > now.tv_sec && until <= now.tv_sec + DAY;
}

static bool version_one(struct sp_attempt *a) {
    long long version;
    return sp_json_whole(a->json, sp_json_member(a->json, 0, "v"), &version) && version == 1;
}

/* Answers a PAM code. PAM_SUCCESS for a disarmed agent: the stack jumps over its other lines, so PAM_IGNORE would refuse everybody. */
int sp_without_agent(struct sp_attempt *a, struct sp_result *result) {
    sp_new_reference(a->reference);
    if (result->end == SP_AGENT_GONE && read_fail_mode(a) && version_one(a)) {
        if (sp_json_is(a->json, sp_json_member(a->json, 0, "armed"), SP_FALSE)) {
            sp_log(a, LOG_WARNING, "let in", "agent.not-armed", result->why);
            sp_keep_attempt(a, "allow", "agent.not-armed", result->why);
            return PAM_SUCCESS;
        }
        if (sp_json_is(a->json, sp_json_member(a->json, 0, "armed"), SP_TRUE) && opens(a)) {
            sp_log(a, LOG_WARNING, "let in", "logon.fail-open", result->why);
            sp_keep_attempt(a, "allow", "logon.fail-open", result->why);
            return PAM_SUCCESS;
        }
    }
    sp_keep_attempt(a, "deny", result->cause, result->why);
    snprintf(result->text, sizeof result->text, "You cannot sign in right now. Contact support.");
    return PAM_AUTH_ERR;
}
