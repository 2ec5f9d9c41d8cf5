#include "catalog/shape.h"

#include "base/encode.h"
#include "base/json.h"
#include "catalog/room.h"

enum { ROOM_FACTOR = 12, ROOM_SPARE = 64 * 1024 };

static size_t scalar_size(enum shape_kind kind)
{
    switch (kind) {
    case SHAPE_BOOL: return sizeof(bool);
    case SHAPE_I16:
    case SHAPE_I32: return sizeof(int32_t);
    case SHAPE_I64: return sizeof(int64_t);
    case SHAPE_DOUBLE: return sizeof(double);
    case SHAPE_TEXT:
    case SHAPE_BYTES: return sizeof(struct str);
    case SHAPE_STRUCT:
    case SHAPE_LIST:
    case SHAPE_MAP: return sizeof(struct shape_list);
    }
    return 0;
}

size_t shape_element_size(const struct shape_field *f)
{
    if (f->kind == SHAPE_MAP || f->element == SHAPE_STRUCT)
        return f->of->size;
    return scalar_size(f->element);
}

/* --- Writing --- */

static void write_bytes(struct jsonw *w, struct str bytes)
{
    CLEANUP_BUF struct buf b;
    buf_init(&b, bytes.n * 2 + 8);
    base64_add(&b, bytes.p, bytes.n);
    jsonw_str(w, buf_str(&b));
}

static void write_texts(struct jsonw *w, const struct shape_list *list)
{
    const struct str *texts = list->items;
    jsonw_array(w);
    for (size_t i = 0; i < list->count; i++)
        jsonw_str(w, texts[i]);
    jsonw_end_array(w);
}

static void write_scalar(struct jsonw *w, enum shape_kind kind, const void *p)
{
    switch (kind) {
    case SHAPE_BOOL: jsonw_bool(w, *(const bool *)p); break;
    case SHAPE_I16:
    case SHAPE_I32: jsonw_int(w, *(const int32_t *)p); break;
    case SHAPE_I64: jsonw_int(w, *(const int64_t *)p); break;
    case SHAPE_DOUBLE: jsonw_double(w, *(const double *)p); break;
    case SHAPE_TEXT: jsonw_str(w, *(const struct str *)p); break;
    case SHAPE_BYTES: write_bytes(w, *(const struct str *)p); break;
    case SHAPE_LIST: write_texts(w, p); break;
    case SHAPE_STRUCT:
    case SHAPE_MAP: break;
    }
}

/* A map from text to text is an object; others are lists of their entries. */
static bool is_plain_map(const struct shape_field *f)
{
    return f->kind == SHAPE_MAP && f->of->fields[0].kind == SHAPE_TEXT && f->of->fields[1].kind == SHAPE_TEXT;
}

static void write_plain_map(struct jsonw *w, const struct shape_field *f, const struct shape_list *list)
{
    jsonw_object(w);
    for (size_t i = 0; i < list->count; i++) {
        const char *entry = (const char *)list->items + i * f->of->size;
        const struct str *key = (const void *)(entry + f->of->fields[0].offset);
        const struct str *value = (const void *)(entry + f->of->fields[1].offset);
        jsonw_key(w, *key);
        if (value->p)
            jsonw_str(w, *value);
        else
            jsonw_null(w);
    }
    jsonw_end_object(w);
}

static void write_list(struct jsonw *w, const struct shape_field *f, const struct shape_list *list)
{
    if (is_plain_map(f)) {
        write_plain_map(w, f, list);
        return;
    }
    size_t size = shape_element_size(f);
    jsonw_array(w);
    for (size_t i = 0; list->items && i < list->count; i++) {
        const char *item = (const char *)list->items + i * size;
        if (f->kind == SHAPE_MAP || f->element == SHAPE_STRUCT)
            shape_write_json(f->of, item, w);
        else
            write_scalar(w, f->element, item);
    }
    jsonw_end_array(w);
}

/* Where the field's value lies; NULL if it is absent. */
static const void *value_of(const struct shape_field *f, const void *record)
{
    const void *p = (const char *)record + f->offset;
    switch (f->kind) {
    case SHAPE_STRUCT: return *(const void *const *)p;
    case SHAPE_TEXT:
    case SHAPE_BYTES: return ((const struct str *)p)->p ? p : NULL;
    case SHAPE_LIST:
    case SHAPE_MAP: return ((const struct shape_list *)p)->count ? p : NULL;
    case SHAPE_BOOL:
    case SHAPE_I16:
    case SHAPE_I32:
    case SHAPE_I64:
    case SHAPE_DOUBLE: return f->optional ? *(const void *const *)p : p;
    }
    return NULL;
}

void shape_write_json(const struct shape *s, const void *record, struct jsonw *w)
{
    jsonw_object(w);
    for (size_t i = 0; i < s->count; i++) {
        const struct shape_field *f = &s->fields[i];
        const void *value = value_of(f, record);
        if (!value)
            continue;
        jsonw_key(w, str_from(f->name));
        if (f->kind == SHAPE_STRUCT)
            shape_write_json(f->of, value, w);
        else if (f->kind == SHAPE_LIST || f->kind == SHAPE_MAP)
            write_list(w, f, value);
        else
            write_scalar(w, f->kind, value);
    }
    jsonw_end_object(w);
}

/* --- Reading --- */

static int read_struct(const struct shape *s, const json_t *from, struct arena *a, void *record,
                       struct err *err);

static int unfit(const struct shape_field *f, struct err *err)
{
    return err_set(err, ERR_INTERNAL, "A record of the catalog has a member '%s' of the wrong kind.",
                   f->name);
}

static int read_bytes(const json_t *from, struct arena *a, struct str *ret)
{
    struct str text = json_text(from);
    char *bytes = arena_alloc(a, text.n + 1);
    size_t n = 0;
    if (!base64_decode(text, bytes, text.n, &n))
        return -1;
    *ret = str_of(bytes, n);
    return 0;
}

static int read_texts(const json_t *from, struct arena *a, struct shape_list *ret)
{
    size_t count = json_array_size(from);
    struct str *items = arena_array(a, count, sizeof *items);
    for (size_t i = 0; i < count; i++)
        items[i] = arena_str(a, json_text(json_array_get(from, i)));
    *ret = (struct shape_list){items, count};
    return json_is_array(from) ? 0 : -1;
}

static int read_scalar(enum shape_kind kind, const json_t *from, struct arena *a, void *ret)
{
    switch (kind) {
    case SHAPE_BOOL: *(bool *)ret = json_is_true(from); return json_is_boolean(from) ? 0 : -1;
    case SHAPE_I16:
    case SHAPE_I32:
        *(int32_t *)ret = (int32_t)json_integer_value(from);
        return json_is_integer(from) ? 0 : -1;
    case SHAPE_I64: *(int64_t *)ret = json_integer_value(from); return json_is_integer(from) ? 0 : -1;
    case SHAPE_DOUBLE: *(double *)ret = json_number_value(from); return json_is_number(from) ? 0 : -1;
    case SHAPE_TEXT: *(struct str *)ret = arena_str(a, json_text(from)); return json_is_string(from) ? 0 : -1;
    case SHAPE_BYTES: return read_bytes(from, a, ret);
    case SHAPE_LIST: return read_texts(from, a, ret);
    case SHAPE_STRUCT:
    case SHAPE_MAP: break;
    }
    return -1;
}

static void read_plain_map(const struct shape_field *f, const json_t *from, struct arena *a,
                           struct shape_list *ret)
{
    const char *key;
    size_t key_n;
    json_t *value;
    char *entry = arena_array(a, json_object_size(from), f->of->size);
    *ret = (struct shape_list){entry, json_object_size(from)};
    json_object_keylen_foreach((json_t *)(uintptr_t)from, key, key_n, value)
    {
        *(struct str *)(void *)(entry + f->of->fields[0].offset) = arena_str(a, str_of(key, key_n));
        *(struct str *)(void *)(entry + f->of->fields[1].offset) = arena_str(a, json_text(value));
        entry += f->of->size;
    }
}

static int read_list(const struct shape_field *f, const json_t *from, struct arena *a, struct shape_list *ret,
                     struct err *err)
{
    if (is_plain_map(f)) {
        read_plain_map(f, from, a, ret);
        return json_is_object(from) ? 0 : unfit(f, err);
    }
    size_t count = json_array_size(from), size = shape_element_size(f);
    char *item = arena_array(a, count, size);
    *ret = (struct shape_list){item, count};
    for (size_t i = 0; i < count; i++, item += size) {
        const json_t *value = json_array_get(from, i);
        if (f->kind == SHAPE_MAP || f->element == SHAPE_STRUCT) {
            if (read_struct(f->of, value, a, item, err) < 0)
                return -1;
        } else if (read_scalar(f->element, value, a, item) < 0) {
            return unfit(f, err);
        }
    }
    return json_is_array(from) ? 0 : unfit(f, err);
}

static int read_field(const struct shape_field *f, const json_t *from, struct arena *a, void *record,
                      struct err *err)
{
    void *p = (char *)record + f->offset;
    if (f->kind == SHAPE_LIST || f->kind == SHAPE_MAP)
        return read_list(f, from, a, p, err);
    if (f->kind == SHAPE_STRUCT) {
        void *value = *(void **)p = arena_alloc(a, f->of->size);
        return read_struct(f->of, from, a, value, err);
    }
    if (f->optional && f->kind != SHAPE_TEXT && f->kind != SHAPE_BYTES)
        p = *(void **)p = arena_alloc(a, scalar_size(f->kind));
    return read_scalar(f->kind, from, a, p) < 0 ? unfit(f, err) : 0;
}

static int read_struct(const struct shape *s, const json_t *from, struct arena *a, void *record,
                       struct err *err)
{
    for (size_t i = 0; i < s->count; i++) {
        const json_t *value = json_object_get(from, s->fields[i].name);
        if (value && !json_is_null(value) && read_field(&s->fields[i], value, a, record, err) < 0)
            return -1;
    }
    return json_is_object(from)
               ? 0
               : err_set(err, ERR_INTERNAL, "A record of the catalog is no JSON object: it is damaged.");
}

int shape_read_json(const struct shape *s, struct str text, struct arena *a, void *record, struct err *err)
{
    if (arena_room(a) < text.n * ROOM_FACTOR + ROOM_SPARE)
        return catalog_no_room(err);
    json_auto_t *json = json_parse(text, err);
    memset(record, 0, s->size);
    return json ? read_struct(s, json, a, record, err) : -1;
}
