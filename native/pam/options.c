/* Reads the module's arguments and what PAM says of the logon. */
#include <errno.h>
#include <pwd.h>
#include <security/pam_ext.h>
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

/* False if it is missing or too long: a name that was cut would be another name. */
static bool item(pam_handle_t *pamh, int type, char *out, bool needed) {
    const void *value = NULL;
    out[0] = '\0';
    if (pam_get_item(pamh, type, &value) != PAM_SUCCESS || !value || !*(const char *)value) return !needed;
    size_t length = strlen(value);
    if (length >= SP_NAME_MAX) return !needed;
    memcpy(out, value, length + 1);
    return true;
}

/* The names that the org knows services by. */
static const char *service_name(const char *pam_service) {
    static const char *const names[][2] = {
        {"xrdp-sesman", "xrdp"}, {"sudo-i", "sudo"}, {"su-l", "su"}, {"login", "console"}, {"remote", "console"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(pam_service, names[i][0]) == 0) return names[i][1];
    return pam_service;
}

static void find_uid(struct sp_attempt *a) {
    struct passwd entry, *found = NULL;
    char space[4096];
    if (getpwnam_r(a->user, &entry, space, sizeof space, &found) != 0 || !found) return;
    a->has_uid = true;
    a->uid = found->pw_uid;
}

bool sp_begin_attempt(struct sp_attempt *a, pam_handle_t *pamh, const struct sp_options *options, bool silent) {
    *a = (struct sp_attempt){.pamh = pamh, .options = options, .fd = -1, .silent = silent};
    char given[SP_NAME_MAX];
    if (!item(pamh, PAM_USER, a->user, true) || !item(pamh, PAM_SERVICE, given, true)) return false;
    snprintf(a->service, sizeof a->service, "%s", options->service ? options->service : service_name(given));
    item(pamh, PAM_TTY, a->tty, false);
    item(pamh, PAM_RUSER, a->ruser, false);
    item(pamh, PAM_RHOST, a->rhost, false);
    find_uid(a);
    if (clock_gettime(CLOCK_MONOTONIC, &a->deadline) != 0) return false;
    a->deadline.tv_sec += options->timeout;
    a->buffer = malloc(SP_FRAME_MAX);
    a->json = malloc(sizeof *a->json);
    return a->buffer && a->json;
}

void sp_end_attempt(struct sp_attempt *a) {
    if (a->fd >= 0) close(a->fd);
    if (a->buffer) explicit_bzero(a->buffer, SP_FRAME_MAX);
    free(a->buffer);
    free(a->json);
    explicit_bzero(a, sizeof *a);
}

bool sp_is_remote(const struct sp_attempt *a) {
    static const char *const always[] = {"sshd", "xrdp", "rdp"};
    for (size_t i = 0; i < sizeof always / sizeof *always; i++)
        if (strcmp(a->service, always[i]) == 0) return true;
    return a->rhost[0] != '\0';
}

bool sp_is_elevation(const struct sp_attempt *a) {
    return strcmp(a->service, "sudo") == 0 || strcmp(a->service, "su") == 0;
}
