/* A hash map from string slices to pointers. Keys are borrowed: they lie in the values and outlive their
 * entry. Iteration order is undefined. */
#pragma once

#include "base/mem.h"
#include "base/str.h"

struct map_slot {
    struct str key;
    void *value; /* NULL: free */
    uint64_t hash;
};

struct map {
    struct map_slot *slots;
    size_t capacity;
    size_t count;
    uint64_t seed;
};

void map_init(struct map *m);
void map_done(struct map *m); /* frees the table, not the values */
void *map_get(const struct map *m, struct str key);
/* Adds or replaces; returns the value that was replaced, or NULL. `value` is not NULL. */
void *map_put(struct map *m, struct str key, void *value);
/* Returns the value that was removed, or NULL. */
void *map_remove(struct map *m, struct str key);
/* Start with *at = 0; NULL at the end. Entries must not be added or removed during the walk. */
void *map_next(const struct map *m, size_t *at);
