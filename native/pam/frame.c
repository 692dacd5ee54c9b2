/* Writes one frame of the door into a bounded buffer. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "sallyport.h"

void sp_frame_raw(struct sp_frame *f, const char *text) {
    size_t length = strlen(text);
    if (!f->ok || length >= sizeof f->text - f->length) {
        f->ok = false;
        return;
    }
    memcpy(f->text + f->length, text, length + 1);
    f->length += length;
}

/* Quoted. What is not UTF-8 becomes U+FFFD: such a name is nobody's, and every reader can still read the line. */
void sp_frame_string(struct sp_frame *f, const char *text) {
    size_t left = strlen(text);
    sp_frame_raw(f, "\"");
    for (const unsigned char *s = (const unsigned char *)text; left > 0;) {
        char piece[8];
        size_t step = sp_utf8_length(s, left);
        if (*s == '"' || *s == '\\') snprintf(piece, sizeof piece, "\\%c", *s);
        else if (*s < 0x20 || *s == 0x7f) snprintf(piece, sizeof piece, "\\u%04x", *s);
        else if (step == 0) snprintf(piece, sizeof piece, "\\ufffd");
        else snprintf(piece, sizeof piece, "%.*s", (int)step, (const char *)s);
        sp_frame_raw(f, piece);
        explicit_bzero(piece, sizeof piece);
        s += step ? step : 1;
        left -= step ? step : 1;
    }
    sp_frame_raw(f, "\"");
}

/* `,"name":"value"`; nothing for an empty value. */
void sp_frame_member(struct sp_frame *f, const char *name, const char *value) {
    if (!*value) return;
    sp_frame_raw(f, ",\"");
    sp_frame_raw(f, name);
    sp_frame_raw(f, "\":");
    sp_frame_string(f, value);
}

/* Only sshd's RHOST is the address of its TCP peer, and only as a literal; everything else is somebody's word (S35). */
static const char *origin(const struct sp_attempt *a) {
    unsigned char address[sizeof(struct in6_addr)];
    bool literal = inet_pton(AF_INET, a->rhost, address) == 1 || inet_pton(AF_INET6, a->rhost, address) == 1;
    return literal && sp_service_is(a, "sshd") ? "socket" : "claimed";
}

/* `"username":…` and all that is known of where the person sits, for begin, failed and account alike. */
void sp_frame_who(struct sp_frame *f, const struct sp_attempt *a) {
    sp_frame_raw(f, "\"username\":");
    sp_frame_string(f, a->user);
    if (a->has_uid) {
        char number[32];
        snprintf(number, sizeof number, ",\"uid\":%lu", (unsigned long)a->uid);
        sp_frame_raw(f, number);
    }
    sp_frame_member(f, "service", a->service);
    sp_frame_member(f, "tty", a->tty);
    sp_frame_member(f, "ruser", a->ruser);
    if (!*a->rhost) return;
    sp_frame_raw(f, ",\"address\":{\"value\":");
    sp_frame_string(f, a->rhost);
    sp_frame_member(f, "origin", origin(a));
    sp_frame_raw(f, "}");
}
