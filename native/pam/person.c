/* Speaks with the person through the application's conversation. */
#include <security/pam_ext.h>
#include <stdlib.h>
#include <string.h>

#include "sallyport.h"

/* Control characters, C1 included, would let a text rewrite the terminal. */
void sp_clean(char *text) {
    unsigned char *to = (unsigned char *)text;
    for (const unsigned char *from = to; *from; from++) {
        if (from[0] == 0xc2 && from[1] >= 0x80 && from[1] < 0xa0) {
            from++;
            continue;
        }
        if ((*from >= 0x20 && *from != 0x7f) || *from == '\n') *to++ = *from;
    }
    *to = '\0';
}

void sp_say(struct sp_attempt *a, int style, const char *text) {
    if (a->silent || a->options->serial || !*text) return;
    char *answer = NULL;
    pam_prompt(a->pamh, style, &answer, "%s", text);
    free(answer);
}

/* False if the person left, or the answer does not fit. The application's copy is wiped. */
bool sp_ask(struct sp_attempt *a, bool echo, const char *label, char *answer, size_t size) {
    char *given = NULL;
    int code = pam_prompt(a->pamh, echo ? PAM_PROMPT_ECHO_ON : PAM_PROMPT_ECHO_OFF, &given, "%s: ", label);
    if (code != PAM_SUCCESS || !given) return false;
    size_t length = strlen(given);
    bool fits = length < size;
    if (fits) memcpy(answer, given, length + 1);
    explicit_bzero(given, length);
    free(given);
    return fits;
}
