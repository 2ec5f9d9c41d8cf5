#include "hive/thrift.h"

static void write_number(struct buf *b, uint64_t v, size_t n)
{
    char bytes[8];
    for (size_t i = n; i > 0; i--, v >>= 8)
        bytes[i - 1] = (char)(v & 0xFF);
    buf_add(b, bytes, n);
}

void thrift_write_i32(struct buf *b, int32_t v)
{
    write_number(b, (uint32_t)v, 4);
}

void thrift_write_text(struct buf *b, struct str s)
{
    thrift_write_i32(b, (int32_t)s.n);
    buf_add_str(b, s);
}

void thrift_write_field(struct buf *b, enum thrift_type type, int16_t id)
{
    write_number(b, type, 1);
    write_number(b, (uint16_t)id, 2);
}

void thrift_write_stop(struct buf *b)
{
    write_number(b, THRIFT_STOP, 1);
}

void thrift_write_head(struct buf *b, struct str name, enum thrift_kind kind, int32_t sequence)
{
    write_number(b, 0x80010000U | (uint32_t)kind, 4);
    thrift_write_text(b, name);
    thrift_write_i32(b, sequence);
}

enum thrift_type thrift_type_of(enum shape_kind kind)
{
    switch (kind) {
    case SHAPE_BOOL: return THRIFT_BOOL;
    case SHAPE_I16: return THRIFT_I16;
    case SHAPE_I32: return THRIFT_I32;
    case SHAPE_I64: return THRIFT_I64;
    case SHAPE_DOUBLE: return THRIFT_DOUBLE;
    case SHAPE_TEXT:
    case SHAPE_BYTES: return THRIFT_STRING;
    case SHAPE_STRUCT: return THRIFT_STRUCT;
    case SHAPE_LIST: return THRIFT_LIST;
    case SHAPE_MAP: return THRIFT_MAP;
    }
    return THRIFT_STOP;
}

static void write_list_head(struct buf *b, enum thrift_type type, size_t count)
{
    write_number(b, type, 1);
    thrift_write_i32(b, (int32_t)count);
}

static void write_texts(struct buf *b, const struct shape_list *list)
{
    const struct str *texts = list->items;
    write_list_head(b, THRIFT_STRING, list->count);
    for (size_t i = 0; i < list->count; i++)
        thrift_write_text(b, texts[i]);
}

static void write_double(struct buf *b, double d)
{
    uint64_t bits;
    memcpy(&bits, &d, sizeof bits);
    write_number(b, bits, 8);
}

static void write_scalar(struct buf *b, enum shape_kind kind, const void *p)
{
    switch (kind) {
    case SHAPE_BOOL: write_number(b, *(const bool *)p, 1); break;
    case SHAPE_I16: write_number(b, (uint16_t) * (const int32_t *)p, 2); break;
    case SHAPE_I32: thrift_write_i32(b, *(const int32_t *)p); break;
    case SHAPE_I64: write_number(b, (uint64_t) * (const int64_t *)p, 8); break;
    case SHAPE_DOUBLE: write_double(b, *(const double *)p); break;
    case SHAPE_TEXT:
    case SHAPE_BYTES: thrift_write_text(b, *(const struct str *)p); break;
    case SHAPE_LIST: write_texts(b, p); break;
    case SHAPE_STRUCT:
    case SHAPE_MAP: break;
    }
}

static void write_list(struct buf *b, const struct shape_field *f, const struct shape_list *list)
{
    size_t size = shape_element_size(f);
    write_list_head(b, thrift_type_of(f->element), list->count);
    for (size_t i = 0; i < list->count; i++) {
        const char *item = (const char *)list->items + i * size;
        if (f->element == SHAPE_STRUCT)
            thrift_write(f->of, item, b);
        else
            write_scalar(b, f->element, item);
    }
}

static void write_map(struct buf *b, const struct shape_field *f, const struct shape_list *list)
{
    const struct shape_field *key = &f->of->fields[0], *value = &f->of->fields[1];
    write_number(b, thrift_type_of(key->kind), 1);
    write_list_head(b, thrift_type_of(value->kind), list->count);
    for (size_t i = 0; i < list->count; i++) {
        const char *entry = (const char *)list->items + i * f->of->size;
        write_scalar(b, key->kind, entry + key->offset);
        if (value->kind == SHAPE_LIST && value->element == SHAPE_STRUCT)
            write_list(b, value, (const void *)(entry + value->offset));
        else
            write_scalar(b, value->kind, entry + value->offset);
    }
}

/* Where the value lies; NULL: it is not written. Java's getters want lists and maps that are there. */
static const void *value_of(const struct shape_field *f, const void *record)
{
    const void *p = (const char *)record + f->offset;
    if (f->kind == SHAPE_STRUCT)
        return *(const void *const *)p;
    if (f->kind == SHAPE_TEXT || f->kind == SHAPE_BYTES)
        return ((const struct str *)p)->p ? p : NULL;
    if (f->kind == SHAPE_LIST || f->kind == SHAPE_MAP)
        return f->optional && !((const struct shape_list *)p)->count ? NULL : p;
    return f->optional ? *(const void *const *)p : p;
}

void thrift_write_member(const struct shape_field *f, int16_t id, const void *record, struct buf *b)
{
    const void *value = value_of(f, record);
    if (!value)
        return;
    thrift_write_field(b, thrift_type_of(f->kind), id);
    if (f->kind == SHAPE_STRUCT)
        thrift_write(f->of, value, b);
    else if (f->kind == SHAPE_LIST)
        write_list(b, f, value);
    else if (f->kind == SHAPE_MAP)
        write_map(b, f, value);
    else
        write_scalar(b, f->kind, value);
}

void thrift_write(const struct shape *s, const void *record, struct buf *b)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->fields[i].id)
            thrift_write_member(&s->fields[i], s->fields[i].id, record, b);
    thrift_write_stop(b);
}
