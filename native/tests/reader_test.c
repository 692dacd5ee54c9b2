/* The reader finds in each golden frame what stands beside it, and keeps its bounds (S32). */
#include <assert.h>
#include <stdio.h>

#include "../wire/door_frame.h"
#include "vector_file.h"

static struct sp_json json;
static int failures;

static void check(bool ok, const char *what, const char *detail) {
    if (ok) return;
    failures++;
    printf("not ok: %s: %s\n", what, detail);
}

/* The node at `show.fields.0.id`, -1 if there is none. */
static int find(const char *path) {
    int node = 0;
    char part[128];
    while (node >= 0 && *path) {
        size_t length = strcspn(path, ".");
        assert(length < sizeof part);
        memcpy(part, path, length);
        part[length] = '\0';
        path += length + (path[length] == '.');
        if (!sp_json_is(&json, node, SP_ARRAY)) {
            node = sp_json_member(&json, node, part);
            continue;
        }
        int index = atoi(part);
        for (node = json.nodes[node].child; node >= 0 && index > 0; index--) node = json.nodes[node].next;
    }
    return node;
}

static bool value_is(int node, const char *value) {
    char text[8192];
    if (node < 0) return false;
    if (sp_json_is(&json, node, SP_STRING)) return sp_json_string(&json, node, text, sizeof text) && strcmp(text, value) == 0;
    return json.nodes[node].length == strlen(value) && memcmp(json.text + json.nodes[node].start, value, strlen(value)) == 0;
}

static void read_golden_frame(const char *path) {
    struct vector v = read_vector(path);
    const char *name = file_name(path);
    bool ours = strncmp(name, "provider-", 9) != 0;
    if (strstr(v.expected, "error = malformed")) {
        check(!sp_door_read(&json, v.bytes, v.length) || v.length + 1 > 65536, name, "must be refused");
    } else {
        bool ok = ours ? sp_door_read(&json, v.bytes, v.length) : sp_json_read(&json, v.bytes, v.length);
        check(ok, name, "must be read");
        for (char *line = strtok(v.expected, "\n"); ok && line; line = strtok(NULL, "\n")) {
            char *equals = strstr(line, " = ");
            assert(equals);
            *equals = '\0';
            check(value_is(find(line), equals + 3), name, line);
        }
        check(ours || !sp_door_read(&json, v.bytes, v.length), name, "is no agent's frame");
    }
    free_vector(&v);
}

static bool reads(const char *text) { return sp_json_read(&json, text, strlen(text)); }

/* Frames that lines of a file cannot hold. */
static void hold_bounds(void) {
    char out[8], word[64];
    memset(out, 'x', sizeof out);
    check(reads("{\"a\":\"12345678\"}"), "S32: a text as long as the room", "read");
    check(!sp_json_string(&json, find("a"), out, sizeof out) && out[0] == '\0', "S32: a text as long as the room", "refused, and nothing left half-copied");
    check(reads("{\"a\":\"1234567\"}") && sp_json_string(&json, find("a"), out, sizeof out), "S32: a text with room for its end", "copied");
    check(!sp_json_string(&json, find("a"), out, 0), "S32: no room at all", "refused");
    check(reads("{\"a\":\"\\ud83d\\ude00\\ud83d\\ude00\"}") && !sp_json_string(&json, find("a"), out, sizeof out), "S32: escapes that grow", "refused");
    check(reads("{\"a\":\"alice\\u0000root\"}") && !sp_json_string(&json, find("a"), word, sizeof word), "a NUL by escape", "is no text for C");
    check(reads("{\"a\":\"\\b\\f\\n\\r\\t\"}") && sp_json_string(&json, find("a"), word, sizeof word) && strcmp(word, "\b\f\n\r\t") == 0, "short escapes", "resolved");
    check(!reads("{\"a\":\"x\ny\"}"), "a newline in a text", "refused");
    check(!sp_json_read(&json, "{\"a\":1}\0", 8), "a NUL behind the frame", "refused");
    long long whole = -1;
    check(reads("[9007199254740991]") && sp_json_whole(&json, 1, &whole) && whole == 9007199254740991LL, "2^53-1", "is whole");
    check(reads("[9007199254740992]") && !sp_json_whole(&json, 1, &whole), "2^53", "is beyond");
    check(reads("[1.0]") && !sp_json_whole(&json, 1, &whole), "a fraction", "is not whole");
    check(reads("[-0]") && !sp_json_whole(&json, 1, &whole), "minus nothing", "is not whole");
    check(sp_json_member(&json, -1, "a") == -1 && sp_json_member(&json, 99, "a") == -1, "a member of nothing", "is nothing");
    check(!sp_json_is(&json, 512, SP_NULL), "S32: a node that is not there", "is nothing");
}

/* 512 nodes and 16 levels are the bounds; one more is refused, and nothing is written behind them. */
static void hold_counts(void) {
    static char text[8192];
    for (int nodes = 511; nodes <= 513; nodes++) {
        size_t at = 0;
        text[at++] = '[';
        for (int i = 1; i < nodes; i++) at += (size_t)snprintf(text + at, sizeof text - at, "%s0", i > 1 ? "," : "");
        text[at++] = ']';
        check(sp_json_read(&json, text, at) == (nodes <= 512), "S32: nodes", "512 and no more");
    }
    for (size_t depth = 15; depth <= 17; depth++) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        check(sp_json_read(&json, text, 2 * depth) == (depth <= 16), "S32: depth", "16 and no more");
    }
}

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++) read_golden_frame(argv[i]);
    hold_bounds();
    hold_counts();
    printf("reader: %d golden frames, %d failures\n", argc - 1, failures);
    return failures || argc < 41 ? 1 : 0;
}
