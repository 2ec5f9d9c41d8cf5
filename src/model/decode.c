#include "model/slot.h"

#include "base/json.h"

#include <math.h>

/* Nested values of a document that is decoded; the model's own shapes need far fewer. Below the encoder's
 * limit, so that what was decoded can be encoded inside another document. */
enum {
    DEPTH_MAX = 48,
    VALUES_MAX = 100000, /* of a request: each takes time and some hundred bytes to parse */
};

struct decoder {
    struct arena *arena;
    size_t kept_bytes; /* of the arena, for what is done with the value afterwards */
    struct err *err;
    bool stored; /* by us: bounds are not checked */
    unsigned depth;
};

static int decode_value(struct decoder *d, const struct model_shape *shape, const json_t *json, void *slot);

/* The expected type in AWS's sentences. */
static const char *wanted_name(const struct model_shape *shape)
{
    switch (shape->kind) {
    case MODEL_STRING:
    case MODEL_ENUM: return "a String";
    case MODEL_INTEGER: return "an Integer";
    case MODEL_LONG: return "a Long";
    case MODEL_FLOAT64: return "a Double";
    case MODEL_BOOLEAN: return "a Boolean";
    case MODEL_TIMESTAMP: return "milliseconds since epoch";
    case MODEL_STRUCTURE: return "null";
    case MODEL_LIST: return "list or null";
    case MODEL_MAP: return "map or null";
    }
    return "";
}

static const char *found_name(const json_t *json)
{
    switch (json_typeof(json)) {
    case JSON_STRING: return "STRING_VALUE";
    case JSON_INTEGER:
    case JSON_REAL: return "NUMBER_VALUE";
    case JSON_TRUE: return "TRUE_VALUE";
    case JSON_FALSE: return "FALSE_VALUE";
    case JSON_NULL:
    case JSON_OBJECT:
    case JSON_ARRAY: break;
    }
    return "NULL_VALUE";
}

/* The sentences are those that Athena answers. */
static int wrong_type(struct decoder *d, const struct model_shape *shape, const json_t *json)
{
    if (json_is_array(json))
        return err_set(d->err, ERR_SERIALIZATION, "Start of list found where not expected");
    if (json_is_object(json))
        return err_set(d->err, ERR_SERIALIZATION, "Start of structure or map found where not expected.");
    if (shape->kind == MODEL_STRUCTURE || shape->kind == MODEL_LIST || shape->kind == MODEL_MAP)
        return err_set(d->err, ERR_SERIALIZATION, "Expected %s", wanted_name(shape));
    return err_set(d->err, ERR_SERIALIZATION, "%s can not be converted to %s", found_name(json),
                   wanted_name(shape));
}

/* Zeroed memory, or NULL with an error: many small items of a body can need more room than the body. */
static void *take(struct decoder *d, size_t count, size_t size)
{
    size_t room = arena_room(d->arena), total;
    if (__builtin_mul_overflow(count, size, &total) || total > room ||
        room - total < d->kept_bytes + 2 * sizeof(max_align_t)) {
        err_set(d->err, ERR_TOO_LARGE, "The request holds more than a request may hold in memory.");
        return NULL;
    }
    return arena_alloc(d->arena, total);
}

static int take_text(struct decoder *d, struct str text, struct str *ret)
{
    char *copy = take(d, text.n + 1, 1);
    if (!copy)
        return -1;
    memcpy(copy, text.p, text.n);
    *ret = str_of(copy, text.n);
    return 0;
}

static int decode_string(struct decoder *d, const struct model_shape *shape, const json_t *json, void *slot)
{
    struct str *ret = slot;
    return json_is_string(json) ? take_text(d, json_text(json), ret) : wrong_type(d, shape, json);
}

/* A name that the enum does not have stays as a number that is none, for validation to find. */
static int decode_enum(struct decoder *d, const struct model_shape *shape, const json_t *json, void *slot)
{
    if (!json_is_string(json))
        return wrong_type(d, shape, json);
    unsigned value = model_enum_value(shape, json_text(json));
    slot_set_enum(slot, value || d->stored ? value : (unsigned)shape->value_count);
    return 0;
}

/* Numbers with an integral value only, whichever way they are written. */
static bool integral(const json_t *json, int64_t *ret)
{
    if (json_is_integer(json)) {
        *ret = json_integer_value(json);
        return true;
    }
    double value = json_is_real(json) ? json_real_value(json) : NAN;
    if (!(value >= -0x1p63 && value < 0x1p63))
        return false;
    *ret = (int64_t)value;
    return (double)*ret == value;
}

/* Beyond 32 bits a bound of the shape is what is told, as Athena does; without one it is a matter of type. */
static bool fits(const struct model_shape *shape, int64_t value)
{
    if (shape->kind == MODEL_LONG)
        return true;
    return (value <= INT32_MAX || shape->max != MODEL_NO_MAX) &&
           (value >= INT32_MIN || shape->min != MODEL_NO_MIN);
}

static int decode_integer(struct decoder *d, const struct model_shape *shape, const json_t *json, void *slot)
{
    struct model_int *ret = slot;
    int64_t value;
    if (!integral(json, &value) || !fits(shape, value))
        return wrong_type(d, shape, json);
    *ret = MODEL_INT(value);
    return 0;
}

static int decode_double(struct decoder *d, const struct model_shape *shape, const json_t *json, void *slot)
{
    struct model_double *ret = slot;
    if (!json_is_number(json))
        return wrong_type(d, shape, json);
    *ret = MODEL_DOUBLE(json_number_value(json) + 0.0); /* no -0.0: equal values give equal text */
    return 0;
}

static int decode_boolean(struct decoder *d, const struct model_shape *shape, const json_t *json, void *slot)
{
    struct model_bool *ret = slot;
    if (!json_is_boolean(json))
        return wrong_type(d, shape, json);
    *ret = MODEL_BOOL(json_is_true(json));
    return 0;
}

/* Epoch seconds, with or without a fraction; years up to 9999. */
static int decode_timestamp(struct decoder *d, const struct model_shape *shape, const json_t *json,
                            void *slot)
{
    static const double seconds_max = 253402300799;
    struct model_time *ret = slot;
    double seconds = json_is_number(json) ? json_number_value(json) : NAN;
    if (!(fabs(seconds) <= seconds_max))
        return wrong_type(d, shape, json);
    *ret = MODEL_TIME((int64_t)(seconds * 1000 + (seconds < 0 ? -0.5 : 0.5)));
    return 0;
}

static int decode_member(struct decoder *d, const struct model_member *member, const json_t *json,
                         char *structure)
{
    void *slot = structure + member->offset;
    if (member->shape->kind == MODEL_STRUCTURE) {
        if (!json_is_object(json))
            return wrong_type(d, member->shape, json);
        void *nested = take(d, 1, member->shape->size);
        if (!nested)
            return -1;
        slot_set_pointer(slot, nested);
        slot = nested;
    }
    return decode_value(d, member->shape, json, slot);
}

static int decode_structure(struct decoder *d, const struct model_shape *shape, const json_t *json,
                            void *slot)
{
    if (!json_is_object(json))
        return wrong_type(d, shape, json);
    for (size_t i = 0; i < shape->member_count; i++) {
        const struct model_member *member = &shape->members[i];
        const json_t *value = json_object_getn(json, member->name.p, member->name.n);
        if (value && !json_is_null(value) && decode_member(d, member, value, slot) < 0)
            return -1;
    }
    return 0;
}

static int decode_list(struct decoder *d, const struct model_shape *shape, const json_t *json, void *slot)
{
    if (!json_is_array(json))
        return wrong_type(d, shape, json);
    struct model_items *list = slot;
    list->present = true;
    list->items = take(d, json_array_size(json), shape->item_size);
    if (!list->items)
        return -1;
    for (size_t i = 0; i < json_array_size(json); i++) {
        const json_t *value = json_array_get(json, i);
        if (json_is_null(value))
            continue;
        if (decode_value(d, shape->item, value, slot_item(shape, list, list->count)) < 0)
            return -1;
        list->count++;
    }
    return 0;
}

static int by_key(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static int decode_entry(struct decoder *d, const struct model_shape *shape, struct model_items *map,
                        struct str key, const json_t *value)
{
    if (take_text(d, key, slot_key(shape, map, map->count)) < 0)
        return -1;
    if (decode_value(d, shape->item, value, slot_item(shape, map, map->count)) < 0)
        return -1;
    map->count++;
    return 0;
}

static int decode_map(struct decoder *d, const struct model_shape *shape, const json_t *json, void *slot)
{
    if (!json_is_object(json))
        return wrong_type(d, shape, json);
    struct model_items *map = slot;
    map->present = true;
    map->items = take(d, json_object_size(json), shape->item_size);
    if (!map->items)
        return -1;
    json_t *object = (json_t *)(uintptr_t)json; /* the iterator is not const; nothing is changed */
    for (void *at = json_object_iter(object); at; at = json_object_iter_next(object, at)) {
        struct str key = str_of(json_object_iter_key(at), json_object_iter_key_len(at));
        const json_t *value = json_object_iter_value(at);
        if (!json_is_null(value) && decode_entry(d, shape, map, key, value) < 0)
            return -1;
    }
    qsort(map->items, map->count, shape->item_size, by_key);
    return 0;
}

static int decode_nested(struct decoder *d, const struct model_shape *shape, const json_t *json, void *slot)
{
    int rc = -1;
    if (d->depth == DEPTH_MAX)
        return err_set(d->err, ERR_SERIALIZATION, "The body is nested more than %d levels deep.", DEPTH_MAX);
    d->depth++;
    if (shape->kind == MODEL_STRUCTURE)
        rc = decode_structure(d, shape, json, slot);
    else if (shape->kind == MODEL_LIST)
        rc = decode_list(d, shape, json, slot);
    else
        rc = decode_map(d, shape, json, slot);
    d->depth--;
    return rc;
}

static int decode_value(struct decoder *d, const struct model_shape *shape, const json_t *json, void *slot)
{
    switch (shape->kind) {
    case MODEL_STRING: return decode_string(d, shape, json, slot);
    case MODEL_ENUM: return decode_enum(d, shape, json, slot);
    case MODEL_INTEGER:
    case MODEL_LONG: return decode_integer(d, shape, json, slot);
    case MODEL_FLOAT64: return decode_double(d, shape, json, slot);
    case MODEL_BOOLEAN: return decode_boolean(d, shape, json, slot);
    case MODEL_TIMESTAMP: return decode_timestamp(d, shape, json, slot);
    case MODEL_STRUCTURE:
    case MODEL_LIST:
    case MODEL_MAP: return decode_nested(d, shape, json, slot);
    }
    return -1;
}

static int decode_text(struct decoder *d, const struct model_shape *shape, struct str text, void *ret)
{
    memset(ret, 0, shape->size);
    d->kept_bytes = arena_room(d->arena) / 2;
    if (text.n == 0)
        return 0;
    if (!d->stored && json_count(text) > VALUES_MAX)
        return err_set(d->err, ERR_TOO_LARGE, "The request holds more than %d JSON values.", VALUES_MAX);
    json_auto_t *root = json_parse(text, d->err);
    if (!root)
        return -1;
    if (!json_is_object(root) && !json_is_array(root))
        return err_set(d->err, ERR_SERIALIZATION, "The body is not a JSON object.");
    return decode_value(d, shape, root, ret);
}

int model_decode(const struct model_shape *shape, struct str json, struct arena *a, void *ret,
                 struct err *err)
{
    struct decoder d = {.arena = a, .err = err};
    if (decode_text(&d, shape, json, ret) < 0)
        return -1;
    return model_validate(shape, ret, err);
}

int model_decode_stored(const struct model_shape *shape, struct str json, struct arena *a, void *ret,
                        struct err *err)
{
    struct decoder d = {.arena = a, .err = err, .stored = true};
    return decode_text(&d, shape, json, ret);
}
