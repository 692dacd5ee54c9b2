/* The module's entries: what each line of a PAM stack does. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include <security/pam_ext.h>

#include "sallyport.h"

#define ENTRY __attribute__((visibility("default")))
#define DECISION "sallyport-decision" /* the account that this handle holds an allow for */
#define CODE "sallyport-code"         /* the code split from the password */

static void wipe(pam_handle_t *pamh, void *data, int status) {
    (void)pamh, (void)status;
    explicit_bzero(data, strlen(data));
    free(data);
}

static bool keep(pam_handle_t *pamh, const char *name, const char *text) {
    char *copy = strdup(text);
    if (copy && pam_set_data(pamh, name, copy, wipe) == PAM_SUCCESS) return true;
    free(copy);
    return false;
}

/* Says, logs and keeps how it ended; answers what PAM gets. Everything that is not an allow is a refusal. */
static int conclude(struct sp_attempt *a, struct sp_result *result, int refused) {
    int code = PAM_AUTH_ERR;
    if (result->end == SP_ALLOWED) return PAM_SUCCESS;
    if (result->end != SP_REFUSED) code = sp_without_agent(a, result);
    if (code == PAM_SUCCESS) return code;
    sp_log(a, LOG_NOTICE, "refused", result->cause, result->why);
    size_t length = strlen(result->text);
    if (a->reference[0] && !strstr(result->text, a->reference))
        snprintf(result->text + length, sizeof result->text - length, "%sReference: %s", length ? " " : "", a->reference);
    sp_say(a, PAM_ERROR_MSG, result->text);
    return refused;
}

/* Takes `,123456` off the password, where exactly so many digits follow the last comma. Nothing of it shows outside. */
static int split(struct sp_attempt *a) {
    const char *given = NULL;
    if (pam_get_authtok(a->pamh, PAM_AUTHTOK, &given, NULL) != PAM_SUCCESS || !given) return PAM_AUTH_ERR;
    const char *comma = strrchr(given, ',');
    size_t digits = (size_t)a->options->digits;
    bool code = comma && strlen(comma + 1) == digits && strspn(comma + 1, "0123456789") == digits;
    if (!keep(a->pamh, CODE, code ? comma + 1 : "")) return PAM_BUF_ERR;
    if (!code) return PAM_IGNORE;
    char *password = strndup(given, (size_t)(comma - given));
    int done = password ? pam_set_item(a->pamh, PAM_AUTHTOK, password) : PAM_BUF_ERR;
    if (password) explicit_bzero(password, strlen(password));
    free(password);
    return done == PAM_SUCCESS ? PAM_IGNORE : PAM_AUTH_ERR;
}

static int verify(struct sp_attempt *a, struct sp_result *result) {
    const void *code = NULL;
    if (a->options->serial && pam_get_data(a->pamh, CODE, &code) == PAM_SUCCESS && code)
        snprintf(a->code, sizeof a->code, "%s", (const char *)code);
    sp_verify(a, result);
    int done = conclude(a, result, PAM_AUTH_ERR);
    if (done == PAM_SUCCESS && !keep(a->pamh, DECISION, a->user)) return PAM_BUF_ERR;
    return done;
}

/* Reached when the password was wrong: recorded, nothing is asked, and the answer is a failure even where the stack forgot
 * to ignore it. What the person reads is the application's to say. */
static int failed(struct sp_attempt *a, struct sp_result *result) {
    sp_report_failure(a, result);
    if (result->end != SP_REFUSED) {
        sp_new_reference(a->reference);
        sp_keep_attempt(a, "deny", "user.password", result->why);
    }
    sp_log(a, LOG_NOTICE, "refused", "user.password", result->end == SP_REFUSED ? NULL : result->why);
    return PAM_AUTH_ERR;
}

ENTRY int pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv) {
    struct sp_options options;
    struct sp_attempt a;
    struct sp_result result;
    const char *user;
    int code = PAM_AUTH_ERR;
    sp_read_options(&options, argc, argv);
    /* Whatever an earlier line or an earlier user of this handle was allowed counts no longer. */
    pam_set_data(pamh, DECISION, NULL, NULL);
    pam_get_user(pamh, &user, NULL);
    if (!sp_begin_attempt(&a, pamh, &options, &result)) conclude(&a, &result, PAM_AUTH_ERR);
    else if (options.mode == SP_SPLIT) code = split(&a);
    else if (options.mode == SP_FAILED) code = failed(&a, &result);
    else a.silent = ((unsigned)flags & PAM_SILENT) != 0, code = verify(&a, &result);
    sp_end_attempt(&a);
    return code;
}

ENTRY int pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv) {
    (void)pamh, (void)flags, (void)argc, (void)argv;
    return PAM_SUCCESS; /* no credentials of our own; PAM_IGNORE would fail a stack that jumped here */
}

/* How the machine let somebody in who shows no decision: sshd tells in PAM's environment, su by who runs it. */
static void method_of(const struct sp_attempt *a, char *method, size_t size) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz-";
    const char *info = sp_service_is(a, "sshd") ? pam_getenv(a->pamh, "SSH_AUTH_INFO_0") : NULL;
    size_t length = info ? strspn(info, letters) : 0;
    bool may_be_root = sp_service_is(a, "su") || sp_service_is(a, "runuser") || sp_service_is(a, "runuser-l");
    snprintf(method, size, "%s", may_be_root && getuid() == 0 ? "root" : "none");
    if (length > 0 && length < size) snprintf(method, size, "%.*s", (int)length, info);
    if (strncmp(method, "gssapi-", 7) == 0) snprintf(method, size, "gssapi");
}

ENTRY int pam_sm_acct_mgmt(pam_handle_t *pamh, int flags, int argc, const char **argv) {
    struct sp_options options;
    struct sp_attempt a;
    struct sp_result result;
    const void *allowed = NULL;
    char method[33];
    int code = PAM_PERM_DENIED;
    sp_read_options(&options, argc, argv);
    if (!sp_begin_attempt(&a, pamh, &options, &result)) {
        conclude(&a, &result, PAM_PERM_DENIED);
    } else if (pam_get_data(pamh, DECISION, &allowed) == PAM_SUCCESS && allowed && strcmp(allowed, a.user) == 0) {
        code = PAM_SUCCESS;
    } else {
        a.silent = ((unsigned)flags & PAM_SILENT) != 0;
        method_of(&a, method, sizeof method);
        sp_account(&a, method, &result);
        code = conclude(&a, &result, PAM_PERM_DENIED);
    }
    sp_end_attempt(&a);
    return code;
}
