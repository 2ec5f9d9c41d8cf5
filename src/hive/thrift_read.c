#include "base/utf8.h"
#include "hive/thrift.h"

enum { ROOM_SPARE = 64 * 1024 };

struct reader {
    struct str bytes;
    size_t at;
    size_t depth;
    struct arena *arena;
    struct err *err;
};

static int broken(struct reader *r)
{
    return err_set(r->err, ERR_INVALID_REQUEST, "The message is not of Thrift's binary protocol.");
}

static int need(struct reader *r, size_t n)
{
    return r->bytes.n - r->at < n ? broken(r) : 0;
}

static uint64_t take(struct reader *r, size_t n)
{
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++)
        v = v << 8 | (unsigned char)r->bytes.p[r->at++];
    return v;
}

/* --- Skipping --- */

static int skip(struct reader *r, uint8_t type);

static int skip_bytes(struct reader *r, uint64_t n)
{
    if (n > r->bytes.n - r->at)
        return broken(r);
    r->at += n;
    return 0;
}

static int skip_string(struct reader *r)
{
    return need(r, 4) < 0 ? -1 : skip_bytes(r, take(r, 4));
}

static int skip_list(struct reader *r)
{
    if (need(r, 5) < 0)
        return -1;
    uint8_t type = (uint8_t)take(r, 1);
    for (uint64_t n = take(r, 4); n; n--)
        if (skip(r, type) < 0)
            return -1;
    return 0;
}

static int skip_map(struct reader *r)
{
    if (need(r, 6) < 0)
        return -1;
    uint8_t key = (uint8_t)take(r, 1), value = (uint8_t)take(r, 1);
    for (uint64_t n = take(r, 4); n; n--)
        if (skip(r, key) < 0 || skip(r, value) < 0)
            return -1;
    return 0;
}

static int skip_struct(struct reader *r)
{
    for (;;) {
        if (need(r, 1) < 0)
            return -1;
        uint8_t type = (uint8_t)take(r, 1);
        if (type == THRIFT_STOP)
            return 0;
        if (skip_bytes(r, 2) < 0 || skip(r, type) < 0)
            return -1;
    }
}

static int skip(struct reader *r, uint8_t type)
{
    int rc = -1;
    if (++r->depth > THRIFT_DEPTH_MAX)
        return broken(r);
    switch (type) {
    case THRIFT_BOOL:
    case THRIFT_BYTE: rc = skip_bytes(r, 1); break;
    case THRIFT_I16: rc = skip_bytes(r, 2); break;
    case THRIFT_I32: rc = skip_bytes(r, 4); break;
    case THRIFT_I64:
    case THRIFT_DOUBLE: rc = skip_bytes(r, 8); break;
    case THRIFT_STRING: rc = skip_string(r); break;
    case THRIFT_STRUCT: rc = skip_struct(r); break;
    case THRIFT_LIST:
    case THRIFT_SET: rc = skip_list(r); break;
    case THRIFT_MAP: rc = skip_map(r); break;
    default: rc = broken(r);
    }
    r->depth--;
    return rc;
}

/* --- Values by their shapes --- */

static int read_struct(struct reader *r, const struct shape *s, void *record);

static int read_string(struct reader *r, bool text, struct str *ret)
{
    if (need(r, 4) < 0)
        return -1;
    uint64_t n = take(r, 4);
    if (need(r, n) < 0)
        return -1;
    *ret = str_sub(r->bytes, r->at, r->at + n);
    r->at += n;
    if (text && !utf8_valid(*ret))
        return err_set(r->err, ERR_INVALID_REQUEST, "The message holds a text that is not UTF-8.");
    return 0;
}

/* The count of a list or map, and memory for its elements. */
static int read_count(struct reader *r, size_t size, struct shape_list *ret)
{
    uint64_t count = take(r, 4);
    if (count > r->bytes.n - r->at) /* each takes a byte at least */
        return broken(r);
    if (arena_room(r->arena) < count * size + ROOM_SPARE)
        return err_set(r->err, ERR_TOO_LARGE, "The message is too large: send fewer partitions at once.");
    *ret = (struct shape_list){arena_array(r->arena, count, size), count};
    return 0;
}

static int read_texts(struct reader *r, struct shape_list *ret)
{
    if (need(r, 5) < 0)
        return -1;
    uint8_t type = (uint8_t)take(r, 1);
    if (read_count(r, sizeof(struct str), ret) < 0)
        return -1;
    if (ret->count && type != THRIFT_STRING)
        return broken(r);
    for (size_t i = 0; i < ret->count; i++)
        if (read_string(r, true, (struct str *)ret->items + i) < 0)
            return -1;
    return 0;
}

static double as_double(uint64_t bits)
{
    double d;
    memcpy(&d, &bits, sizeof d);
    return d;
}

static int read_scalar(struct reader *r, enum shape_kind kind, void *ret)
{
    switch (kind) {
    case SHAPE_BOOL:
        if (need(r, 1) == 0)
            return *(bool *)ret = take(r, 1) != 0, 0;
        return -1;
    case SHAPE_I16:
        if (need(r, 2) == 0)
            return *(int32_t *)ret = (int16_t)take(r, 2), 0;
        return -1;
    case SHAPE_I32:
        if (need(r, 4) == 0)
            return *(int32_t *)ret = (int32_t)take(r, 4), 0;
        return -1;
    case SHAPE_I64:
        if (need(r, 8) == 0)
            return *(int64_t *)ret = (int64_t)take(r, 8), 0;
        return -1;
    case SHAPE_DOUBLE:
        if (need(r, 8) == 0)
            return *(double *)ret = as_double(take(r, 8)), 0;
        return -1;
    case SHAPE_TEXT: return read_string(r, true, ret);
    case SHAPE_BYTES: return read_string(r, false, ret);
    case SHAPE_LIST: return read_texts(r, ret);
    case SHAPE_STRUCT:
    case SHAPE_MAP: break;
    }
    return broken(r);
}

static int read_list(struct reader *r, const struct shape_field *f, struct shape_list *ret)
{
    size_t size = shape_element_size(f);
    if (need(r, 5) < 0)
        return -1;
    uint8_t type = (uint8_t)take(r, 1);
    if (read_count(r, size, ret) < 0)
        return -1;
    if (ret->count && type != thrift_type_of(f->element))
        return broken(r);
    for (size_t i = 0; i < ret->count; i++) {
        char *item = (char *)ret->items + i * size;
        if ((f->element == SHAPE_STRUCT ? read_struct(r, f->of, item) : read_scalar(r, f->element, item)) < 0)
            return -1;
    }
    return 0;
}

static int read_map(struct reader *r, const struct shape_field *f, struct shape_list *ret)
{
    const struct shape_field *key = &f->of->fields[0], *value = &f->of->fields[1];
    if (need(r, 6) < 0)
        return -1;
    uint8_t key_type = (uint8_t)take(r, 1), value_type = (uint8_t)take(r, 1);
    if (read_count(r, f->of->size, ret) < 0)
        return -1;
    if (ret->count && (key_type != thrift_type_of(key->kind) || value_type != thrift_type_of(value->kind)))
        return broken(r);
    for (size_t i = 0; i < ret->count; i++) {
        char *entry = (char *)ret->items + i * f->of->size;
        if (read_scalar(r, key->kind, entry + key->offset) < 0 ||
            (value->kind == SHAPE_LIST && value->element == SHAPE_STRUCT
                 ? read_list(r, value, (void *)(entry + value->offset))
                 : read_scalar(r, value->kind, entry + value->offset)) < 0)
            return -1;
    }
    return 0;
}

static int read_field(struct reader *r, const struct shape_field *f, void *record)
{
    void *p = (char *)record + f->offset;
    if (arena_room(r->arena) < ROOM_SPARE)
        return err_set(r->err, ERR_TOO_LARGE, "The message is too large: send fewer partitions at once.");
    if (f->kind == SHAPE_LIST)
        return read_list(r, f, p);
    if (f->kind == SHAPE_MAP)
        return read_map(r, f, p);
    if (f->kind == SHAPE_STRUCT) {
        void *value = *(void **)p = arena_alloc(r->arena, f->of->size);
        return read_struct(r, f->of, value);
    }
    if (f->optional)
        p = *(void **)p = arena_alloc(r->arena, sizeof(int64_t));
    return read_scalar(r, f->kind, p);
}

static const struct shape_field *find_field(const struct shape *s, int16_t id, uint8_t type)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->fields[i].id == id && id != 0)
            return thrift_type_of(s->fields[i].kind) == type ? &s->fields[i] : NULL;
    return NULL;
}

static int read_struct(struct reader *r, const struct shape *s, void *record)
{
    if (++r->depth > THRIFT_DEPTH_MAX)
        return broken(r);
    for (;;) {
        if (need(r, 1) < 0)
            return -1;
        uint8_t type = (uint8_t)take(r, 1);
        if (type == THRIFT_STOP)
            break;
        if (need(r, 2) < 0)
            return -1;
        const struct shape_field *f = find_field(s, (int16_t)take(r, 2), type);
        if ((f ? read_field(r, f, record) : skip(r, type)) < 0)
            return -1;
    }
    r->depth--;
    return 0;
}

int thrift_read(const struct shape *s, struct str bytes, struct arena *a, void *record, struct err *err)
{
    struct reader r = {.bytes = bytes, .arena = a, .err = err};
    memset(record, 0, s->size);
    return read_struct(&r, s, record);
}

int thrift_message_read(struct str bytes, struct thrift_message *ret, struct err *err)
{
    struct reader r = {.bytes = bytes, .err = err};
    if (need(&r, 4) < 0)
        return -1;
    bool strict = (unsigned char)bytes.p[0] & 0x80;
    if (strict) {
        ret->kind = (uint8_t)take(&r, 4);
        if (read_string(&r, true, &ret->name) < 0)
            return -1;
    } else if (read_string(&r, true, &ret->name) < 0 || need(&r, 1) < 0) {
        return -1;
    } else {
        ret->kind = (uint8_t)take(&r, 1);
    }
    if (need(&r, 4) < 0)
        return -1;
    ret->sequence = (int32_t)take(&r, 4);
    ret->body = str_sub(bytes, r.at, bytes.n);
    return 0;
}
