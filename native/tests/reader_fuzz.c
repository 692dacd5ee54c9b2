/* Mutates the golden frames and holds the reader to its bounds under the sanitizers (S32). Always the same inputs. */
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "../wire/door_frame.h"
#include "vector_file.h"

static struct sp_json json;
static uint64_t state = 0x5a11f0a7;

static uint64_t next(void) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static const char *const pieces[] = {
    "\"", "\\", "\\u", "\\ud83d", "\\u0000", "{", "}", "[", "]", ",", ":", "null", "true", "-", "0", "1e9", "\xf0\x9f", "\xc0", "\x80",
    "{\"end\":", "\"result\":\"allow\"", "\"fields\":[", "\"kind\":\"code\"", "[[[[[[[[[[[[[[[[[[", "99999999999999999999",
};

/* Flips, cuts, doubles or inserts; `room` is how long it may become. */
static size_t mutate(char *text, size_t length, size_t room) {
    for (uint64_t times = next() % 4 + 1; times > 0; times--) {
        size_t at = length ? next() % length : 0;
        const char *piece = pieces[next() % (sizeof pieces / sizeof *pieces)];
        size_t extra = strlen(piece), cut = length ? next() % (length - at) : 0;
        switch (next() % 4) {
        case 0:
            if (length) text[at] = (char)next();
            break;
        case 1:
            memmove(text + at, text + at + cut, length - at - cut);
            length -= cut;
            break;
        case 2:
            if (length + cut > room) break;
            memmove(text + at + cut, text + at, length - at);
            length += cut;
            break;
        default:
            if (length + extra > room) break;
            memmove(text + at + extra, text + at, length - at);
            memcpy(text + at, piece, extra);
            length += extra;
        }
    }
    return length;
}

/* Every text of a frame that was read must copy, or be refused, within any room. */
static void use_all(void) {
    char out[64];
    long long whole;
    for (int i = 0; i < json.count; i++) {
        sp_json_string(&json, i, out, next() % sizeof out + 1);
        sp_json_whole(&json, i, &whole);
        sp_json_member(&json, i, "result");
        if (json.nodes[i].next >= json.count || json.nodes[i].child >= json.count || json.nodes[i].next == i) abort();
    }
}

int main(int argc, char **argv) {
    long wanted = argc > 1 ? atol(argv[1]) : 0, read = 0, frames = 0;
    int files = argc - 2;
    if (wanted < 1 || files < 1) return 2;
    struct vector *all = calloc((size_t)files, sizeof *all);
    for (int i = 0; i < files; i++) all[i] = read_vector(argv[i + 2]);
    clock_t begun = clock();
    for (long i = 0; i < wanted; i++) {
        const struct vector *v = &all[next() % (uint64_t)files];
        size_t room = v->length + 64, length = v->length > 2048 && i % 64 ? v->length % 2048 : v->length;
        char *text = malloc(room);
        memcpy(text, v->bytes, length);
        length = mutate(text, length, room);
        char *exact = malloc(length ? length : 1);
        memcpy(exact, text, length);
        frames += sp_door_read(&json, exact, length);
        if (sp_json_read(&json, exact, length)) read++, use_all();
        free(exact);
        free(text);
    }
    printf("fuzz: %ld inputs, %ld read as JSON, %ld as frames, %.1f s\n", wanted, read, frames, (double)(clock() - begun) / CLOCKS_PER_SEC);
    for (int i = 0; i < files; i++) free_vector(&all[i]);
    free(all);
    return read > 0 && frames > 0 && read < wanted ? 0 : 1;
}
