/* Reads JSON by recursive descent over a bounded text; every index is checked before it is used. */
#include "json_reader.h"

#include <stdint.h>
#include <string.h>

struct cursor {
    struct sp_json *json;
    const char *text;
    size_t at, length;
};

static int read_value(struct cursor *c, int depth);

static void skip_space(struct cursor *c) {
    while (c->at < c->length && strchr(" \t\r\n", c->text[c->at]) && c->text[c->at]) c->at++;
}

static int new_node(struct cursor *c, enum sp_json_type type, size_t start, size_t length) {
    if (c->json->count >= SP_JSON_NODES) return -1;
    struct sp_json_node *node = &c->json->nodes[c->json->count];
    *node = (struct sp_json_node){.type = type, .start = start, .length = length, .next = -1, .child = -1};
    return c->json->count++;
}

static bool hex4(const char *text, size_t at, size_t length, unsigned *out) {
    if (length - at < 4) return false;
    unsigned value = 0;
    for (size_t i = 0; i < 4; i++) {
        char ch = text[at + i];
        unsigned digit;
        if (ch >= '0' && ch <= '9') digit = (unsigned)(ch - '0');
        else if (ch >= 'a' && ch <= 'f') digit = (unsigned)(ch - 'a') + 10;
        else if (ch >= 'A' && ch <= 'F') digit = (unsigned)(ch - 'A') + 10;
        else return false;
        value = value << 4 | digit;
    }
    *out = value;
    return true;
}

/* After "\u": one code point, a surrogate pair read whole. Answers the characters used, 0 if it is wrong. */
static size_t code_point(const char *text, size_t at, size_t length, uint32_t *out) {
    unsigned high, low;
    if (at > length || !hex4(text, at, length, &high)) return 0;
    if (high >= 0xdc00 && high <= 0xdfff) return 0;
    if (high < 0xd800 || high > 0xdbff) return *out = high, 4;
    if (length - at < 10 || text[at + 4] != '\\' || text[at + 5] != 'u' || !hex4(text, at + 6, length, &low)) return 0;
    if (low < 0xdc00 || low > 0xdfff) return 0;
    *out = 0x10000 + ((high - 0xd800) << 10 | (low - 0xdc00));
    return 10;
}

size_t sp_utf8_length(const unsigned char *s, size_t left) {
    if (s[0] < 0x80) return 1;
    if (s[0] >= 0xc2 && s[0] <= 0xdf) return left > 1 && (s[1] & 0xc0) == 0x80 ? 2 : 0;
    if (s[0] >= 0xe0 && s[0] <= 0xef) {
        if (left < 3 || (s[1] & 0xc0) != 0x80 || (s[2] & 0xc0) != 0x80) return 0;
        if (s[0] == 0xe0 && s[1] < 0xa0) return 0;
        return s[0] == 0xed && s[1] > 0x9f ? 0 : 3;
    }
    if (s[0] < 0xf0 || s[0] > 0xf4 || left < 4) return 0;
    if ((s[1] & 0xc0) != 0x80 || (s[2] & 0xc0) != 0x80 || (s[3] & 0xc0) != 0x80) return 0;
    if (s[0] == 0xf0 && s[1] < 0x90) return 0;
    return s[0] == 0xf4 && s[1] > 0x8f ? 0 : 4;
}

/* At the opening quote; leaves the cursor behind the closing one. */
static bool read_string(struct cursor *c, size_t *start, size_t *length) {
    if (c->at >= c->length || c->text[c->at] != '"') return false;
    *start = ++c->at;
    while (c->at < c->length) {
        unsigned char ch = (unsigned char)c->text[c->at];
        if (ch == '"') {
            *length = c->at++ - *start;
            return true;
        }
        if (ch < 0x20) return false;
        size_t step;
        if (ch != '\\') {
            step = sp_utf8_length((const unsigned char *)c->text + c->at, c->length - c->at);
        } else {
            if (c->at + 1 >= c->length) return false;
            char escape = c->text[c->at + 1];
            uint32_t point;
            if (escape == 'u') step = code_point(c->text, c->at + 2, c->length, &point) ? 2 : 0;
            else step = escape && strchr("\"\\/bfnrt", escape) ? 2 : 0;
            if (step && escape == 'u') step += code_point(c->text, c->at + 2, c->length, &point);
        }
        if (step == 0) return false;
        c->at += step;
    }
    return false;
}

static bool digits(struct cursor *c) {
    size_t before = c->at;
    while (c->at < c->length && c->text[c->at] >= '0' && c->text[c->at] <= '9') c->at++;
    return c->at > before;
}

static int read_number(struct cursor *c) {
    size_t start = c->at;
    if (c->text[c->at] == '-') c->at++;
    if (c->at < c->length && c->text[c->at] == '0') c->at++;
    else if (!digits(c)) return -1;
    if (c->at < c->length && c->text[c->at] == '.') {
        c->at++;
        if (!digits(c)) return -1;
    }
    if (c->at < c->length && (c->text[c->at] == 'e' || c->text[c->at] == 'E')) {
        c->at++;
        if (c->at < c->length && (c->text[c->at] == '+' || c->text[c->at] == '-')) c->at++;
        if (!digits(c)) return -1;
    }
    return new_node(c, SP_NUMBER, start, c->at - start);
}

static int read_word(struct cursor *c, const char *word, enum sp_json_type type) {
    size_t length = strlen(word);
    if (c->length - c->at < length || memcmp(c->text + c->at, word, length) != 0) return -1;
    c->at += length;
    return new_node(c, type, c->at - length, length);
}

static bool known_name(const struct cursor *c, int parent, size_t start, size_t length) {
    for (int i = c->json->nodes[parent].child; i >= 0; i = c->json->nodes[i].next) {
        const struct sp_json_node *node = &c->json->nodes[i];
        if (node->key_length == length && memcmp(c->text + node->key_start, c->text + start, length) == 0) return true;
    }
    return false;
}

/* One member or element. Member names with escapes are refused: none of ours has one,
 * and two spellings of one name must not pass as two names. */
static int read_item(struct cursor *c, int parent, bool object, int depth) {
    size_t key_start = 0, key_length = 0;
    skip_space(c);
    if (object) {
        if (!read_string(c, &key_start, &key_length) || memchr(c->text + key_start, '\\', key_length)) return -1;
        if (known_name(c, parent, key_start, key_length)) return -1;
        skip_space(c);
        if (c->at >= c->length || c->text[c->at++] != ':') return -1;
    }
    int node = read_value(c, depth + 1);
    if (node < 0) return -1;
    c->json->nodes[node].key_start = key_start;
    c->json->nodes[node].key_length = key_length;
    return node;
}

static int read_container(struct cursor *c, int depth) {
    bool object = c->text[c->at] == '{';
    char close = object ? '}' : ']';
    int parent = new_node(c, object ? SP_OBJECT : SP_ARRAY, c->at, 0);
    int last = -1;
    if (parent < 0 || depth >= SP_JSON_DEPTH) return -1;
    c->at++;
    skip_space(c);
    if (c->at < c->length && c->text[c->at] == close) return c->at++, parent;
    for (;;) {
        int node = read_item(c, parent, object, depth);
        if (node < 0) return -1;
        if (last < 0) c->json->nodes[parent].child = node;
        else c->json->nodes[last].next = node;
        last = node;
        skip_space(c);
        if (c->at >= c->length) return -1;
        char ch = c->text[c->at++];
        if (ch == close) return parent;
        if (ch != ',') return -1;
    }
}

static int read_value(struct cursor *c, int depth) {
    skip_space(c);
    if (c->at >= c->length) return -1;
    switch (c->text[c->at]) {
    case '{':
    case '[': return read_container(c, depth);
    case 't': return read_word(c, "true", SP_TRUE);
    case 'f': return read_word(c, "false", SP_FALSE);
    case 'n': return read_word(c, "null", SP_NULL);
    case '"': {
        size_t start, length;
        return read_string(c, &start, &length) ? new_node(c, SP_STRING, start, length) : -1;
    }
    default: return (c->text[c->at] == '-' || (c->text[c->at] >= '0' && c->text[c->at] <= '9')) ? read_number(c) : -1;
    }
}

bool sp_json_read(struct sp_json *json, const char *text, size_t length) {
    struct cursor c = {.json = json, .text = text, .at = 0, .length = length};
    json->text = text;
    json->count = 0;
    if (read_value(&c, 0) != 0) return false;
    skip_space(&c);
    return c.at == c.length;
}

int sp_json_member(const struct sp_json *json, int object, const char *name) {
    if (!sp_json_is(json, object, SP_OBJECT)) return -1;
    size_t length = strlen(name);
    for (int i = json->nodes[object].child; i >= 0; i = json->nodes[i].next) {
        const struct sp_json_node *node = &json->nodes[i];
        if (node->key_length == length && memcmp(json->text + node->key_start, name, length) == 0) return i;
    }
    return -1;
}

bool sp_json_is(const struct sp_json *json, int node, enum sp_json_type type) {
    return node >= 0 && node < json->count && json->nodes[node].type == type;
}

static size_t put_utf8(uint32_t point, char *out) {
    if (point < 0x80) return out[0] = (char)point, 1;
    if (point < 0x800) return out[0] = (char)(0xc0 | point >> 6), out[1] = (char)(0x80 | (point & 0x3f)), 2;
    if (point < 0x10000) {
        out[0] = (char)(0xe0 | point >> 12), out[1] = (char)(0x80 | (point >> 6 & 0x3f)), out[2] = (char)(0x80 | (point & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | point >> 18), out[1] = (char)(0x80 | (point >> 12 & 0x3f));
    out[2] = (char)(0x80 | (point >> 6 & 0x3f)), out[3] = (char)(0x80 | (point & 0x3f));
    return 4;
}

bool sp_json_string(const struct sp_json *json, int node, char *out, size_t size) {
    static const char letters[] = "bfnrt", meant[] = "\b\f\n\r\t";
    if (size > 0) out[0] = '\0';
    if (!sp_json_is(json, node, SP_STRING) || size == 0) return false;
    const char *text = json->text;
    size_t at = json->nodes[node].start, end = at + json->nodes[node].length, used = 0;
    while (at < end) {
        char piece[4] = {text[at]};
        size_t length = 1;
        if (text[at] == '\\') {
            char escape = text[at + 1];
            const char *letter = strchr(letters, escape);
            uint32_t point = 0;
            at += 2;
            if (escape == 'u') at += code_point(text, at, end, &point), length = put_utf8(point, piece);
            else piece[0] = letter ? meant[letter - letters] : escape;
        } else {
            at++;
        }
        if (piece[0] == '\0' || size - used <= length) return out[0] = '\0', false;
        memcpy(out + used, piece, length);
        used += length;
    }
    out[used] = '\0';
    return true;
}

bool sp_json_whole(const struct sp_json *json, int node, long long *out) {
    if (!sp_json_is(json, node, SP_NUMBER) || json->nodes[node].length > 16) return false;
    long long value = 0;
    for (size_t i = 0; i < json->nodes[node].length; i++) {
        char ch = json->text[json->nodes[node].start + i];
        if (ch < '0' || ch > '9') return false;
        value = value * 10 + (ch - '0');
    }
    if (value >= 1LL << 53) return false;
    *out = value;
    return true;
}
