#include "hive/thrift.h"

static uint32_t read_u32(const char *p)
{
    const unsigned char *u = (const unsigned char *)p;
    return (uint32_t)u[0] << 24 | (uint32_t)u[1] << 16 | (uint32_t)u[2] << 8 | u[3];
}

static size_t left(const struct thrift_scan *s, struct str bytes)
{
    return bytes.n - s->at;
}

/* Bytes of a value whose size its type tells; 0 for others. */
static size_t fixed_size(uint8_t type)
{
    switch (type) {
    case THRIFT_BOOL:
    case THRIFT_BYTE: return 1;
    case THRIFT_I16: return 2;
    case THRIFT_I32: return 4;
    case THRIFT_I64:
    case THRIFT_DOUBLE: return 8;
    default: return 0;
    }
}

static bool is_type(uint8_t type)
{
    return fixed_size(type) || type == THRIFT_STRING || type == THRIFT_STRUCT || type == THRIFT_MAP ||
           type == THRIFT_SET || type == THRIFT_LIST;
}

static enum thrift_found push(struct thrift_scan *s, struct thrift_level level)
{
    if (s->depth == THRIFT_DEPTH_MAX)
        return THRIFT_BROKEN;
    s->levels[s->depth++] = level;
    return THRIFT_WHOLE;
}

static enum thrift_found scan_string(struct thrift_scan *s, struct str bytes)
{
    if (left(s, bytes) < 4)
        return THRIFT_MORE;
    uint32_t n = read_u32(bytes.p + s->at);
    if (n > INT32_MAX)
        return THRIFT_BROKEN;
    if (left(s, bytes) - 4 < n)
        return THRIFT_MORE;
    s->at += 4 + (size_t)n;
    return THRIFT_WHOLE;
}

static enum thrift_found scan_list(struct thrift_scan *s, struct str bytes)
{
    if (left(s, bytes) < 5)
        return THRIFT_MORE;
    uint8_t element = (uint8_t)bytes.p[s->at];
    uint32_t count = read_u32(bytes.p + s->at + 1);
    if (count > INT32_MAX || (count && !is_type(element)))
        return THRIFT_BROKEN;
    enum thrift_found found =
        push(s, (struct thrift_level){.kind = THRIFT_LIST, .value = element, .left = count});
    if (found == THRIFT_WHOLE)
        s->at += 5;
    return found;
}

static enum thrift_found scan_map(struct thrift_scan *s, struct str bytes)
{
    if (left(s, bytes) < 6)
        return THRIFT_MORE;
    uint8_t key = (uint8_t)bytes.p[s->at], value = (uint8_t)bytes.p[s->at + 1];
    uint32_t count = read_u32(bytes.p + s->at + 2);
    if (count > INT32_MAX || (count && (!is_type(key) || !is_type(value))))
        return THRIFT_BROKEN;
    enum thrift_found found =
        push(s, (struct thrift_level){.kind = THRIFT_MAP, .key = key, .value = value, .left = count});
    if (found == THRIFT_WHOLE)
        s->at += 6;
    return found;
}

/* THRIFT_WHOLE: the value is taken, or its level is entered. */
static enum thrift_found scan_value(struct thrift_scan *s, struct str bytes, uint8_t type)
{
    size_t size = fixed_size(type);
    if (size) {
        if (left(s, bytes) < size)
            return THRIFT_MORE;
        s->at += size;
        return THRIFT_WHOLE;
    }
    switch (type) {
    case THRIFT_STRING: return scan_string(s, bytes);
    case THRIFT_STRUCT: return push(s, (struct thrift_level){.kind = THRIFT_STRUCT});
    case THRIFT_LIST:
    case THRIFT_SET: return scan_list(s, bytes);
    case THRIFT_MAP: return scan_map(s, bytes);
    default: return THRIFT_BROKEN;
    }
}

/* A field's head waits until its value can be taken or entered as well. */
static enum thrift_found scan_field(struct thrift_scan *s, struct str bytes)
{
    size_t start = s->at;
    if (left(s, bytes) < 1)
        return THRIFT_MORE;
    uint8_t type = (uint8_t)bytes.p[s->at];
    if (type == THRIFT_STOP) {
        s->at++;
        s->depth--;
        return THRIFT_WHOLE;
    }
    if (left(s, bytes) < 3)
        return THRIFT_MORE;
    s->at += 3;
    enum thrift_found found = scan_value(s, bytes, type);
    if (found != THRIFT_WHOLE)
        s->at = start;
    return found;
}

static enum thrift_found scan_element(struct thrift_scan *s, struct str bytes)
{
    struct thrift_level *l = &s->levels[s->depth - 1];
    if (!l->left) {
        s->depth--;
        return THRIFT_WHOLE;
    }
    bool key = l->kind == THRIFT_MAP && !l->at_value;
    enum thrift_found found = scan_value(s, bytes, key ? l->key : l->value);
    if (found != THRIFT_WHOLE)
        return found;
    l->at_value = key;
    l->left -= key ? 0 : 1;
    return found;
}

static enum thrift_found scan_head(struct thrift_scan *s, struct str bytes)
{
    if (bytes.n < 4)
        return THRIFT_MORE;
    uint32_t first = read_u32(bytes.p);
    bool strict = first >> 31;
    if (strict && (first & 0xFFFFFF00) != 0x80010000)
        return THRIFT_BROKEN;
    if (strict && bytes.n < 8)
        return THRIFT_MORE;
    uint32_t name = strict ? read_u32(bytes.p + 4) : first;
    if (name == 0 || name > THRIFT_NAME_MAX)
        return THRIFT_BROKEN;
    size_t head = strict ? 8 + (size_t)name + 4 : 4 + (size_t)name + 1 + 4;
    if (bytes.n < head)
        return THRIFT_MORE;
    s->at = head;
    s->in_body = true;
    return push(s, (struct thrift_level){.kind = THRIFT_STRUCT});
}

enum thrift_found thrift_scan(struct thrift_scan *s, struct str bytes)
{
    enum thrift_found found = s->in_body ? THRIFT_WHOLE : scan_head(s, bytes);
    while (found == THRIFT_WHOLE && s->depth)
        found = s->levels[s->depth - 1].kind == THRIFT_STRUCT ? scan_field(s, bytes) : scan_element(s, bytes);
    return found;
}
