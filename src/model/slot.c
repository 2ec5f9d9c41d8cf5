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
