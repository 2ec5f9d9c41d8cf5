/* Constraints of the model, and AWS's sentences for what breaks them. Every violation is found, then one
 * error names them all. Items of a list or map that are no structures are reported once, with every rule of
 * the item's shape. */
#include "model/pattern.h"
#include "model/slot.h"

#include "base/utf8.h"

/* The error's own text is shorter; this leaves room to count on without growing. */
enum { SENTENCES_MAX_BYTES = 4096, KEY_SHOWN_MAX_BYTES = 64 };

enum rule {
    RULE_MAX = 1 << 0,
    RULE_MIN = 1 << 1,
    RULE_PATTERN = 1 << 2,
    RULE_ENUM = 1 << 3,
};

/* Where a value stands: a member's name, or a list's item (index from 1), or a map's entry. */
struct place {
    const struct place *up;
    struct str name;
    size_t index;
};

struct report {
    struct buf sentences;
    size_t count;
};

static void check_structure(struct report *r, const struct model_shape *shape, const void *structure,
                            const struct place *up);
static void check_items(struct report *r, const struct model_shape *shape, const struct model_items *list,
                        const struct place *place);

static void add_place(struct buf *out, const struct place *place)
{
    if (place->up) {
        add_place(out, place->up);
        buf_add_char(out, '.');
    }
    if (place->index)
        buf_printf(out, "%zu.member", place->index);
    else
        buf_add_str(out, place->name);
}

/* Starts a sentence; the constraint follows. */
static struct buf *report(struct report *r, const struct place *place, const char *value)
{
    if (r->count++)
        buf_add_cstr(&r->sentences, "; ");
    buf_add_cstr(&r->sentences, value);
    buf_add_cstr(&r->sentences, " at '");
    add_place(&r->sentences, place);
    buf_add_cstr(&r->sentences, "' failed to satisfy constraint: ");
    return &r->sentences;
}

static void add_rule(struct buf *out, const struct model_shape *shape, enum rule rule)
{
    bool number = shape->kind == MODEL_INTEGER || shape->kind == MODEL_LONG;
    const char *what = number ? "value" : "length";
    switch (rule) {
    case RULE_MAX:
        buf_printf(out, "Member must have %s less than or equal to %lld", what, (long long)shape->max);
        break;
    case RULE_MIN:
        buf_printf(out, "Member must have %s greater than or equal to %lld", what, (long long)shape->min);
        break;
    case RULE_PATTERN:
        buf_printf(out, "Member must satisfy regular expression pattern: %s", shape->pattern->text);
        break;
    case RULE_ENUM:
        buf_add_cstr(out, "Member must satisfy enum value set: [");
        for (size_t i = 1; i < shape->value_count; i++) {
            buf_add_cstr(out, i > 1 ? ", " : "");
            buf_add_str(out, shape->values[i]);
        }
        buf_add_char(out, ']');
        break;
    }
}

/* The rules that a shape has, as a set. */
static unsigned rules_of(const struct model_shape *shape)
{
    return (shape->max != MODEL_NO_MAX ? RULE_MAX : 0) | (shape->min != MODEL_NO_MIN ? RULE_MIN : 0) |
           (shape->pattern ? RULE_PATTERN : 0) | (shape->kind == MODEL_ENUM ? RULE_ENUM : 0);
}

static unsigned broken_bounds(const struct model_shape *shape, int64_t measure)
{
    return (measure > shape->max ? RULE_MAX : 0) | (measure < shape->min ? RULE_MIN : 0);
}

/* A string that is longer than it may be is not matched: the time of a match is bounded by the length. */
static unsigned broken_by_text(const struct model_shape *shape, struct str text)
{
    if (rules_of(shape) == 0)
        return 0;
    unsigned broken = broken_bounds(shape, (int64_t)utf8_count(text));
    if (shape->pattern && !(broken & RULE_MAX) && !model_pattern_matches(shape->pattern, text))
        broken |= RULE_PATTERN;
    return broken;
}

/* The rules that a value breaks by itself, without what it contains. */
static unsigned broken_rules(const struct model_shape *shape, const void *slot)
{
    switch (shape->kind) {
    case MODEL_STRING: return broken_by_text(shape, *(const struct str *)slot);
    case MODEL_ENUM: return slot_enum(slot) >= shape->value_count ? RULE_ENUM : 0;
    case MODEL_INTEGER:
    case MODEL_LONG: return broken_bounds(shape, ((const struct model_int *)slot)->value);
    case MODEL_LIST:
    case MODEL_MAP: return broken_bounds(shape, (int64_t)((const struct model_items *)slot)->count);
    case MODEL_FLOAT64:
    case MODEL_BOOLEAN:
    case MODEL_TIMESTAMP:
    case MODEL_STRUCTURE: return 0;
    }
    return 0;
}

/* One sentence a rule. */
static void report_rules(struct report *r, const struct model_shape *shape, unsigned broken,
                         const struct place *place)
{
    static const enum rule order[] = {RULE_PATTERN, RULE_MAX, RULE_MIN, RULE_ENUM};
    for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
        if (broken & order[i])
            add_rule(report(r, place, "Value"), shape, order[i]);
    }
}

/* One sentence with all rules that an item has to keep. */
static void report_item(struct report *r, const struct model_shape *item, const char *what,
                        const struct place *place)
{
    static const enum rule order[] = {RULE_MAX, RULE_MIN, RULE_PATTERN, RULE_ENUM};
    struct buf *out = report(r, place, "Value");
    const char *separator = "";
    buf_printf(out, "%s must satisfy constraint: [", what);
    for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
        if (!(rules_of(item) & order[i]))
            continue;
        buf_add_cstr(out, separator);
        add_rule(out, item, order[i]);
        separator = ", ";
    }
    buf_add_char(out, ']');
}

static void check_value(struct report *r, const struct model_shape *shape, const void *slot,
                        const struct place *place)
{
    report_rules(r, shape, broken_rules(shape, slot), place);
    if (shape->kind == MODEL_STRUCTURE)
        check_structure(r, shape, slot, place);
    else if (shape->kind == MODEL_LIST || shape->kind == MODEL_MAP)
        check_items(r, shape, slot, place);
}

static bool is_plain(const struct model_shape *shape)
{
    return shape->kind != MODEL_STRUCTURE && shape->kind != MODEL_LIST && shape->kind != MODEL_MAP;
}

static void check_keys(struct report *r, const struct model_shape *shape, const struct model_items *map,
                       const struct place *place)
{
    unsigned broken = 0;
    for (size_t i = 0; i < map->count && !broken; i++)
        broken = broken_rules(shape->key, slot_key(shape, map, i));
    if (broken)
        report_item(r, shape->key, "Map keys", place);
}

static void check_plain_items(struct report *r, const struct model_shape *shape,
                              const struct model_items *list, const struct place *place)
{
    unsigned broken = 0;
    for (size_t i = 0; i < list->count && !broken; i++)
        broken = broken_rules(shape->item, slot_item(shape, list, i));
    if (broken)
        report_item(r, shape->item, shape->kind == MODEL_MAP ? "Map value" : "Member", place);
}

static void check_list_item(struct report *r, const struct model_shape *shape, const struct model_items *list,
                            size_t i, const struct place *place)
{
    struct place at = {.up = place, .index = i + 1};
    check_value(r, shape->item, slot_item(shape, list, i), &at);
}

static void check_map_value(struct report *r, const struct model_shape *shape, const struct model_items *map,
                            size_t i, const struct place *place)
{
    struct str shown = str_sub(*slot_key(shape, map, i), 0, KEY_SHOWN_MAX_BYTES);
    struct place entry = {.up = place, .name = str_sub(shown, 0, utf8_floor(shown))};
    struct place at = {.up = &entry, .name = STR("member")};
    check_value(r, shape->item, slot_item(shape, map, i), &at);
}

static void check_items(struct report *r, const struct model_shape *shape, const struct model_items *list,
                        const struct place *place)
{
    bool map = shape->kind == MODEL_MAP;
    if (map)
        check_keys(r, shape, list, place);
    if (is_plain(shape->item)) {
        check_plain_items(r, shape, list, place);
        return;
    }
    for (size_t i = 0; i < list->count; i++)
        (map ? check_map_value : check_list_item)(r, shape, list, i, place);
}

/* An enum's name that is unknown is there, though nothing can be read from it. */
static bool is_missing(const struct model_shape *shape, const void *slot)
{
    return shape->kind == MODEL_ENUM ? slot_enum(slot) == 0 : slot_absent(shape, slot);
}

static void check_structure(struct report *r, const struct model_shape *shape, const void *structure,
                            const struct place *up)
{
    for (size_t i = 0; i < shape->member_count; i++) {
        const struct model_member *member = &shape->members[i];
        const void *slot = slot_member(member, structure);
        struct place place = {.up = up, .name = member->place};
        if (!is_missing(member->shape, slot))
            check_value(r, member->shape, slot, &place);
        else if (member->required)
            buf_add_cstr(report(r, &place, "Value null"), "Member must not be null");
    }
}

int model_validate(const struct model_shape *shape, const void *value, struct err *err)
{
    struct report r = {.count = 0};
    buf_init(&r.sentences, SENTENCES_MAX_BYTES);
    check_structure(&r, shape, value, NULL);
    if (r.count)
        err_set_detail(err, ERR_INVALID_REQUEST, "INVALID_INPUT", "%zu validation error%s detected: %.*s",
                       r.count, r.count == 1 ? "" : "s", STR_ARG(buf_str(&r.sentences)));
    buf_done(&r.sentences);
    return r.count ? -1 : 0;
}
