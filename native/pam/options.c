/* Reads the module's arguments and what PAM says of the logon. */
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sallyport.h"

static bool number(const char *text, int least, int most, int *out) {
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (errno || *end || end == text || value < least || value > most) return false;
    *out = (int)value;
    return true;
}

static bool take(struct sp_options *o, const char *arg) {
    const char *value = strchr(arg, '=');
    if (strcmp(arg, "failed") == 0) return o->mode = SP_FAILED, true;
    if (strcmp(arg, "split") == 0) return o->mode = SP_SPLIT, true;
    if (strcmp(arg, "verify") == 0) return o->mode = SP_VERIFY, true;
    if (strcmp(arg, "serial") == 0) return o->serial = true;
    if (!value || !*++value) return false;
    if (strncmp(arg, "socket=/", 8) == 0) return o->socket = value, true;
    if (strncmp(arg, "failmode=/", 10) == 0) return o->failmode = value, true;
    if (strncmp(arg, "attempts=/", 10) == 0) return o->attempts = value, true;
    if (strncmp(arg, "service=", 8) == 0) return o->service = value, true;
    if (strncmp(arg, "timeout=", 8) == 0) return number(value, 1, 600, &o->timeout);
    if (strncmp(arg, "digits=", 7) == 0) return number(value, 6, 8, &o->digits);
    return false;
}

void sp_read_options(struct sp_options *o, int argc, const char **argv) {
    *o = (struct sp_options){
        .mode = SP_VERIFY,
        .socket = "/run/sallyport/agent.sock",
        .failmode = "/var/lib/sallyport/fail-mode",
        .attempts = "/var/lib/sallyport/attempts.jsonl",
        .digits = 6,
    };
    for (int i = 0; i < argc && !o->bad; i++)
        if (!take(o, argv[i])) o->bad = argv[i];
    /* A caller that cannot ask also waits in line for us: the agent has three seconds then, 120 otherwise; a little more here,
       so that it is the agent who says why. */
    if (o->timeout == 0) o->timeout = o->serial ? 4 : 130;
}

/* False if it is not there as a whole. A name that was cut would be another name; of what only describes, something must stay:
   an address too long to keep is not the same as no address. */
static bool item(pam_handle_t *pamh, int type, char *out) {
    const void *value = NULL;
    out[0] = '\0';
    if (pam_get_item(pamh, type, &value) != PAM_SUCCESS || !value || !*(const char *)value) return false;
    size_t length = strlen(value);
    bool fits = length < SP_NAME_MAX;
    memcpy(out, fits ? value : "too-long", fits ? length + 1 : sizeof "too-long");
    return fits;
}

/* The names that the org knows services by. */
static const char *service_name(const char *program) {
    static const char *const names[][2] = {
        {"xrdp-sesman", "xrdp"}, {"sudo-i", "sudo"}, {"su-l", "su"}, {"login", "console"}, {"remote", "console"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(program, names[i][0]) == 0) return names[i][1];
    return program;
}

static void find_uid(struct sp_attempt *a) {
    struct passwd entry, *found = NULL;
    char space[4096];
    if (getpwnam_r(a->user, &entry, space, sizeof space, &found) != 0 || !found) return;
    a->has_uid = true;
    a->uid = found->pw_uid;
}

bool sp_begin_attempt(struct sp_attempt *a, pam_handle_t *pamh, const struct sp_options *options, struct sp_result *result) {
    *a = (struct sp_attempt){.pamh = pamh, .options = options, .fd = -1};
    *result = (struct sp_result){.end = SP_BROKEN, .cause = "agent.fault", .why = "the module could not begin"};
    bool named = item(pamh, PAM_USER, a->user) && item(pamh, PAM_SERVICE, a->program);
    snprintf(a->service, sizeof a->service, "%s", options->service ? options->service : service_name(a->program));
    /* An argument that nobody knows may be a mistyped restriction: then nobody gets in. */
    if (options->bad) return sp_fail(result, SP_BROKEN, "config.invalid", options->bad);
    if (!named) return sp_fail(result, SP_BROKEN, "user.name-shape", "no user name, or one too long");
    item(pamh, PAM_TTY, a->tty);
    item(pamh, PAM_RUSER, a->ruser);
    item(pamh, PAM_RHOST, a->rhost);
    find_uid(a);
    a->buffer = malloc(SP_FRAME_MAX);
    a->json = malloc(sizeof *a->json);
    return a->buffer && a->json && sp_set_deadline(a, options->timeout);
}

void sp_end_attempt(struct sp_attempt *a) {
    if (a->fd >= 0) close(a->fd);
    if (a->buffer) explicit_bzero(a->buffer, SP_FRAME_MAX);
    free(a->buffer);
    free(a->json);
    explicit_bzero(a, sizeof *a);
}

/* By PAM's name or by ours: the option `service=` must not make a remote logon a local one. */
bool sp_service_is(const struct sp_attempt *a, const char *name) {
    return strcmp(a->service, name) == 0 || strcmp(service_name(a->program), name) == 0;
}

bool sp_is_remote(const struct sp_attempt *a) {
    return sp_service_is(a, "sshd") || sp_service_is(a, "xrdp") || sp_service_is(a, "rdp") || a->rhost[0] != '\0';
}

bool sp_is_elevation(const struct sp_attempt *a) {
    static const char *const all[] = {"sudo", "su", "doas", "polkit-1", "systemd-run0"};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (sp_service_is(a, all[i])) return true;
    return false;
}
