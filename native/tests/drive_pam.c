/* An application that does what no well-behaved one does: takes its user away in the middle, or asks for the account of another. */
#include <security/pam_appl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct plan {
    pam_handle_t *pamh;
    const char *other; /* becomes PAM_USER when the code is asked; NULL: never */
};

static int converse(int count, const struct pam_message **messages, struct pam_response **answers, void *data) {
    struct plan *plan = data;
    *answers = calloc((size_t)count, sizeof **answers);
    for (int i = 0; i < count; i++) {
        if (messages[i]->msg_style != PAM_PROMPT_ECHO_ON && messages[i]->msg_style != PAM_PROMPT_ECHO_OFF) continue;
        if (plan->other) pam_set_item(plan->pamh, PAM_USER, plan->other);
        (*answers)[i].resp = strdup("123456");
    }
    return PAM_SUCCESS;
}

/* drive_pam SERVICE USER during|after|again OTHER */
int main(int argc, char **argv) {
    struct plan plan = {0};
    struct pam_conv conv = {converse, &plan};
    if (argc != 5 || pam_start(argv[1], argv[2], &conv, &plan.pamh) != PAM_SUCCESS) return 2;
    if (strcmp(argv[3], "during") == 0) plan.other = argv[4];
    int in = pam_authenticate(plan.pamh, 0);
    printf("auth: %s\n", pam_strerror(plan.pamh, in));
    if (strcmp(argv[3], "after") == 0) pam_set_item(plan.pamh, PAM_USER, argv[4]);
    int may = pam_acct_mgmt(plan.pamh, 0);
    printf("account: %s\n", pam_strerror(plan.pamh, may));
    pam_end(plan.pamh, may);
    return 0;
}
