/* A small strict reader of one JSON text (RFC 8259): no allocation, bounded depth and node count; for C and C++. */
#ifndef SALLYPORT_JSON_READER_H
#define SALLYPORT_JSON_READER_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SP_JSON_DEPTH 16
#define SP_JSON_NODES 512

enum sp_json_type { SP_NULL, SP_FALSE, SP_TRUE, SP_NUMBER, SP_STRING, SP_ARRAY, SP_OBJECT };

/* Offsets point into the text, quotes not included; escapes are still in it (see sp_json_string). */
struct sp_json_node {
    enum sp_json_type type;
    size_t start, length;         /* value */
    size_t key_start, key_length; /* member's name, in an object */
    int next;                     /* next sibling, -1 at the end */
    int child;                    /* first member or element, -1 if none */
};

struct sp_json {
    const char *text;
    struct sp_json_node nodes[SP_JSON_NODES];
    int count;
};

/* Reads the whole text as one value. False for anything but exactly one well-formed value within the bounds:
 * invalid UTF-8, NUL, control characters in strings, duplicate member names, trailing text, lone surrogates. */
bool sp_json_read(struct sp_json *json, const char *text, size_t length);

/* The member of an object, or -1. `object` -1 gives -1, so that look-ups can be chained. */
int sp_json_member(const struct sp_json *json, int object, const char *name);

/* Copies a string with its escapes resolved, NUL-terminated. False, and an empty text, if it is no string, holds \u0000, or does not fit. */
bool sp_json_string(const struct sp_json *json, int node, char *out, size_t size);

/* A whole number without fraction or exponent, within [0, 2^53). */
bool sp_json_whole(const struct sp_json *json, int node, long long *out);

bool sp_json_is(const struct sp_json *json, int node, enum sp_json_type type);

/* Length of the well-formed UTF-8 sequence at `s` (Unicode table 3-7), 0 if there is none. */
size_t sp_utf8_length(const unsigned char *s, size_t left);

#ifdef __cplusplus
}
#endif
#endif
