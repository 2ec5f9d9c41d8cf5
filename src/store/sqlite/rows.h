/* Rows of an answer, collected in the read's arena. */
#pragma once

#include "store/backend.h"

struct rows {
    struct store_read *read;
    size_t size; /* of a row */
    size_t count;
    size_t capacity;
    char *first;
};

/* Room for one more, zeroed. NULL with `err` when the answer grows beyond RESULT_BYTES_MAX. */
static inline void *rows_add(struct rows *r, struct err *err)
{
    struct arena *a = r->read->arena;
    if (arena_used(a) > RESULT_BYTES_MAX) {
        err_set(err, ERR_TOO_LARGE, "The answer has more than %d MiB; ask for fewer at once.",
                RESULT_BYTES_MAX >> 20);
        return NULL;
    }
    if (r->count == r->capacity) {
        size_t capacity = r->capacity ? 2 * r->capacity : 4;
        char *grown = arena_array(a, capacity, r->size);
        if (r->count)
            memcpy(grown, r->first, r->count * r->size);
        r->first = grown;
        r->capacity = capacity;
    }
    return r->first + r->count++ * r->size;
}
