/* Access to values whose type is known by a table only. A slot is the address of a value: for a structure
 * that is the structure itself, so the pointer in a member is followed first. */
#pragma once

#include "model/model.h"

/* Any generated list or map. */
struct __attribute__((may_alias)) model_items {
    void *items;
    size_t count;
    bool present;
};

static inline void *slot_pointer(const void *at)
{
    void *p;
    memcpy(&p, at, sizeof p);
    return p;
}

static inline void slot_set_pointer(void *at, void *p)
{
    memcpy(at, &p, sizeof p);
}

static inline unsigned slot_enum(const void *slot)
{
    unsigned value;
    memcpy(&value, slot, sizeof value);
    return value;
}

static inline void slot_set_enum(void *slot, unsigned value)
{
    memcpy(slot, &value, sizeof value);
}

/* The slot of a member; NULL for a structure that is absent. */
static inline void *slot_member(const struct model_member *member, const void *structure)
{
    char *at = (char *)(uintptr_t)structure + member->offset;
    return member->shape->kind == MODEL_STRUCTURE ? slot_pointer(at) : at;
}

/* The i-th entry of a map starts with its key. */
static inline struct str *slot_key(const struct model_shape *shape, const struct model_items *list, size_t i)
{
    return (struct str *)(void *)((char *)list->items + i * shape->item_size);
}

/* The slot of the i-th item of a list, or of the value of a map's i-th entry. */
static inline void *slot_item(const struct model_shape *shape, const struct model_items *list, size_t i)
{
    return (char *)list->items + i * shape->item_size + shape->item_offset;
}

/* Whether a slot holds no value; `slot` may be NULL. */
bool slot_absent(const struct model_shape *shape, const void *slot);
