/* The schema of the frames that an agent sends, as a table, and the walk that holds a frame to it. */
#include "door_frame.h"

#include <string.h>

/* `of`: what an object or the members of a list are; `end` is looked up by its result. `max`: code points of a text, members of a list,
 * the greatest number. The same limits as in the contracts' schema. */
static const struct rule {
    const char *in, *name;
    enum sp_json_type type;
    long long max;
    const char *of;
    bool needed;
} rules[] = {
    {"frame", "show", SP_OBJECT, 0, "show", false},
    {"frame", "end", SP_OBJECT, 0, "end", false},
    {"frame", "error", SP_OBJECT, 0, "error", false},
    {"show", "title", SP_STRING, 1024, NULL, false},
    {"show", "text", SP_STRING, 4096, NULL, false},
    {"show", "wait", SP_TRUE, 0, NULL, false},
    {"show", "seconds", SP_NUMBER, 900, NULL, false},
    {"show", "fields", SP_ARRAY, 8, "field", false},
    {"field", "id", SP_STRING, 64, NULL, true},
    {"field", "kind", SP_STRING, 16, NULL, true},
    {"field", "label", SP_STRING, 1024, NULL, true},
    {"field", "digits", SP_NUMBER, 12, NULL, false},
    {"field", "choices", SP_ARRAY, 32, "choice", false},
    {"field", "value", SP_STRING, 4096, NULL, false},
    {"field", "drawn", SP_STRING, 4096, NULL, false},
    {"choice", "value", SP_STRING, 1024, NULL, true},
    {"choice", "label", SP_STRING, 1024, NULL, true},
    {"allow", "result", SP_STRING, 5, NULL, true},
    {"allow", "username", SP_STRING, 256, NULL, true},
    {"allow", "domain", SP_STRING, 256, NULL, false},
    {"allow", "sid", SP_STRING, 256, NULL, false},
    {"allow", "uid", SP_NUMBER, 4294967295, NULL, false},
    {"allow", "reference", SP_STRING, 9, NULL, false},
    {"allow", "text", SP_STRING, 4096, NULL, false},
    {"deny", "result", SP_STRING, 4, NULL, true},
    {"deny", "text", SP_STRING, 4096, NULL, true},
    {"deny", "reference", SP_STRING, 9, NULL, false},
    {"deny", "cause", SP_STRING, 64, NULL, false},
    {"error", "cause", SP_STRING, 64, NULL, true},
    {"error", "text", SP_STRING, 4096, NULL, true},
};
#define RULES (sizeof rules / sizeof *rules)

static bool fits(const struct sp_json *json, int node, const char *as);

bool sp_is_reference(const char *text) {
    static const char letters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    return strlen(text) == 9 && strspn(text, letters) == 4 && text[4] == '-' && strspn(text + 5, letters) == 4;
}

/* Counted as the contracts' schema counts, so that both readers draw the line at the same frame. */
static long long code_points(const struct sp_json *json, int node) {
    const char *at = json->text + json->nodes[node].start, *end = at + json->nodes[node].length;
    long long count = 0;
    for (; at < end; count++) {
        if (*at != '\\') at += sp_utf8_length((const unsigned char *)at, (size_t)(end - at));
        else if (at[1] != 'u') at += 2;
        else at += (at[2] | 0x20) == 'd' && strchr("89abAB", at[3]) ? 12 : 6;
    }
    return count;
}

static bool list_fits(const struct sp_json *json, int node, const struct rule *rule) {
    long long count = 0;
    for (int i = json->nodes[node].child; i >= 0; i = json->nodes[i].next)
        if (++count > rule->max || !fits(json, i, rule->of)) return false;
    return true;
}

static bool value_fits(const struct sp_json *json, int node, const struct rule *rule) {
    char word[16];
    long long number;
    if (rule->type == SP_TRUE) return sp_json_is(json, node, SP_TRUE) || sp_json_is(json, node, SP_FALSE);
    if (!sp_json_is(json, node, rule->type)) return false;
    if (rule->type == SP_NUMBER) return sp_json_whole(json, node, &number) && number <= rule->max;
    if (rule->type == SP_ARRAY) return list_fits(json, node, rule);
    if (rule->type == SP_STRING) {
        if (code_points(json, node) > rule->max) return false;
        return strcmp(rule->name, "reference") != 0 || (sp_json_string(json, node, word, sizeof word) && sp_is_reference(word));
    }
    if (strcmp(rule->of, "end") != 0) return fits(json, node, rule->of);
    bool known = sp_json_string(json, sp_json_member(json, node, "result"), word, sizeof word);
    return known && (strcmp(word, "allow") == 0 || strcmp(word, "deny") == 0) && fits(json, node, word);
}

/* Asks or waits, never both: who is asked hears nothing until the answer is given. */
static bool waits_and_asks(const struct sp_json *json, int show) {
    int fields = sp_json_member(json, show, "fields");
    return sp_json_is(json, sp_json_member(json, show, "wait"), SP_TRUE) && fields >= 0 && json->nodes[fields].child >= 0;
}

static bool fits(const struct sp_json *json, int node, const char *as) {
    int known = 0, members = 0;
    if (!sp_json_is(json, node, SP_OBJECT)) return false;
    for (int i = json->nodes[node].child; i >= 0; i = json->nodes[i].next) members++;
    for (size_t i = 0; i < RULES; i++) {
        if (strcmp(rules[i].in, as) != 0) continue;
        int member = sp_json_member(json, node, rules[i].name);
        if (member < 0 ? rules[i].needed : !value_fits(json, member, &rules[i])) return false;
        known += member >= 0;
    }
    return known == members && (strcmp(as, "show") != 0 || !waits_and_asks(json, node));
}

bool sp_door_read(struct sp_json *json, const char *line, size_t length) {
    if (!sp_json_read(json, line, length) || !fits(json, 0, "frame")) return false;
    int only = json->nodes[0].child;
    return only >= 0 && json->nodes[only].next < 0;
}
