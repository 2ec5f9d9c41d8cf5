/* Copies and comparisons of values by their table. */
#include "model/slot.h"

bool slot_absent(const struct model_shape *shape, const void *slot)
{
    switch (shape->kind) {
    case MODEL_STRING: return !((const struct str *)slot)->p;
    case MODEL_ENUM: return slot_enum(slot) == 0 || slot_enum(slot) >= shape->value_count;
    case MODEL_INTEGER:
    case MODEL_LONG: return !((const struct model_int *)slot)->present;
    case MODEL_FLOAT64: return !((const struct model_double *)slot)->present;
    case MODEL_BOOLEAN: return !((const struct model_bool *)slot)->present;
    case MODEL_TIMESTAMP: return !((const struct model_time *)slot)->present;
    case MODEL_STRUCTURE: return !slot;
    case MODEL_LIST:
    case MODEL_MAP: return !((const struct model_items *)slot)->present;
    }
    return true;
}

/* A member that points to a structure. */
static void copy_nested(const struct model_shape *shape, struct arena *a, const void *from, void *to)
{
    const void *source = slot_pointer(from);
    void *copy = source ? arena_alloc(a, shape->size) : NULL;
    if (copy)
        model_copy(shape, a, source, copy);
    slot_set_pointer(to, copy);
}

static void copy_structure(const struct model_shape *shape, struct arena *a, const char *from, char *to)
{
    for (size_t i = 0; i < shape->member_count; i++) {
        const struct model_member *member = &shape->members[i];
        const void *source = from + member->offset;
        void *target = to + member->offset;
        if (member->shape->kind == MODEL_STRUCTURE)
            copy_nested(member->shape, a, source, target);
        else
            model_copy(member->shape, a, source, target);
    }
}

static void copy_items(const struct model_shape *shape, struct arena *a, const struct model_items *from,
                       struct model_items *to)
{
    *to = (struct model_items){.count = from->count, .present = from->present};
    if (from->count)
        to->items = arena_array(a, from->count, shape->item_size);
    for (size_t i = 0; i < from->count; i++) {
        if (shape->kind == MODEL_MAP)
            *slot_key(shape, to, i) = arena_str(a, *slot_key(shape, from, i));
        model_copy(shape->item, a, slot_item(shape, from, i), slot_item(shape, to, i));
    }
}

void model_copy(const struct model_shape *shape, struct arena *a, const void *from, void *to)
{
    switch (shape->kind) {
    case MODEL_STRING: *(struct str *)to = arena_str(a, *(const struct str *)from); break;
    case MODEL_ENUM:
    case MODEL_INTEGER:
    case MODEL_LONG:
    case MODEL_FLOAT64:
    case MODEL_BOOLEAN:
    case MODEL_TIMESTAMP: memcpy(to, from, shape->size); break;
    case MODEL_STRUCTURE: copy_structure(shape, a, from, to); break;
    case MODEL_LIST:
    case MODEL_MAP: copy_items(shape, a, from, to); break;
    }
}

static bool equal_structures(const struct model_shape *shape, const void *a, const void *b)
{
    for (size_t i = 0; i < shape->member_count; i++) {
        const struct model_member *member = &shape->members[i];
        if (!model_equal(member->shape, slot_member(member, a), slot_member(member, b)))
            return false;
    }
    return true;
}

static bool equal_items(const struct model_shape *shape, const struct model_items *a,
                        const struct model_items *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        if (shape->kind == MODEL_MAP && !str_eq(*slot_key(shape, a, i), *slot_key(shape, b, i)))
            return false;
        if (!model_equal(shape->item, slot_item(shape, a, i), slot_item(shape, b, i)))
            return false;
    }
    return true;
}

static bool equal_present(const struct model_shape *shape, const void *a, const void *b)
{
    switch (shape->kind) {
    case MODEL_STRING: return str_eq(*(const struct str *)a, *(const struct str *)b);
    case MODEL_ENUM: return slot_enum(a) == slot_enum(b);
    case MODEL_INTEGER:
    case MODEL_LONG: return ((const struct model_int *)a)->value == ((const struct model_int *)b)->value;
    case MODEL_FLOAT64:
        return ((const struct model_double *)a)->value == ((const struct model_double *)b)->value;
    case MODEL_BOOLEAN: return ((const struct model_bool *)a)->value == ((const struct model_bool *)b)->value;
    case MODEL_TIMESTAMP: return ((const struct model_time *)a)->ms == ((const struct model_time *)b)->ms;
    case MODEL_STRUCTURE: return equal_structures(shape, a, b);
    case MODEL_LIST:
    case MODEL_MAP: return equal_items(shape, a, b);
    }
    return false;
}

bool model_equal(const struct model_shape *shape, const void *a, const void *b)
{
    bool absent = slot_absent(shape, a);
    return absent == slot_absent(shape, b) && (absent || equal_present(shape, a, b));
}
