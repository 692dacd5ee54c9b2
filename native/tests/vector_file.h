/* Reads one golden frame for the tests: the frame, and the lines that say what is in it. */
#ifndef VECTOR_FILE_H
#define VECTOR_FILE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct vector {
    char *bytes, *expected; /* the frame, not terminated; the lines after it, terminated */
    size_t length;
};

static inline struct vector read_vector(const char *path) {
    struct vector v = {0};
    FILE *file = fopen(path, "rb");
    char *all = calloc(1, 256 * 1024);
    size_t size = file && all ? fread(all, 1, 256 * 1024 - 1, file) : 0;
    char *end = all ? memchr(all, '\n', size) : NULL;
    if (!end) {
        fprintf(stderr, "%s: cannot be read\n", path);
        exit(2);
    }
    fclose(file);
    v.length = (size_t)(end - all);
    /* A copy of exactly this size: the sanitizer sees one byte too many. */
    v.bytes = malloc(v.length ? v.length : 1);
    memcpy(v.bytes, all, v.length);
    v.expected = strdup(end + 1);
    free(all);
    return v;
}

static inline void free_vector(struct vector *v) {
    free(v->bytes);
    free(v->expected);
}

static inline const char *file_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

#endif
