#include "model/slot.h"

static void write_value(const struct model_shape *shape, const void *slot, struct jsonw *w);

static void write_structure(const struct model_shape *shape, const void *structure, struct jsonw *w)
{
    jsonw_object(w);
    for (size_t i = 0; i < shape->member_count; i++) {
        const struct model_member *member = &shape->members[i];
        const void *slot = slot_member(member, structure);
        if (slot_absent(member->shape, slot))
            continue;
        jsonw_key(w, member->name);
        write_value(member->shape, slot, w);
    }
    jsonw_end_object(w);
}

static void write_list(const struct model_shape *shape, const struct model_items *list, struct jsonw *w)
{
    jsonw_array(w);
    for (size_t i = 0; i < list->count; i++) {
        const void *slot = slot_item(shape, list, i);
        if (!slot_absent(shape->item, slot))
            write_value(shape->item, slot, w);
    }
    jsonw_end_array(w);
}

static void write_map(const struct model_shape *shape, const struct model_items *map, struct jsonw *w)
{
    jsonw_object(w);
    for (size_t i = 0; i < map->count; i++) {
        const void *slot = slot_item(shape, map, i);
        if (slot_absent(shape->item, slot))
            continue;
        jsonw_key(w, *slot_key(shape, map, i));
        write_value(shape->item, slot, w);
    }
    jsonw_end_object(w);
}

static void write_value(const struct model_shape *shape, const void *slot, struct jsonw *w)
{
    switch (shape->kind) {
    case MODEL_STRING: jsonw_str(w, *(const struct str *)slot); break;
    case MODEL_ENUM: jsonw_str(w, model_enum_name(shape, slot_enum(slot))); break;
    case MODEL_INTEGER:
    case MODEL_LONG: jsonw_int(w, ((const struct model_int *)slot)->value); break;
    case MODEL_FLOAT64: jsonw_double(w, ((const struct model_double *)slot)->value); break;
    case MODEL_BOOLEAN: jsonw_bool(w, ((const struct model_bool *)slot)->value); break;
    case MODEL_TIMESTAMP: jsonw_time_ms(w, ((const struct model_time *)slot)->ms); break;
    case MODEL_STRUCTURE: write_structure(shape, slot, w); break;
    case MODEL_LIST: write_list(shape, slot, w); break;
    case MODEL_MAP: write_map(shape, slot, w); break;
    }
}

void model_encode(const struct model_shape *shape, const void *value, struct buf *out)
{
    struct jsonw w;
    jsonw_init(&w, out);
    write_value(shape, value, &w);
}
