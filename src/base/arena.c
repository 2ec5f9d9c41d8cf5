#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>

enum { BLOCK_BYTES = 4096, ALIGNMENT = 16 };

struct block {
    struct block *next;
    size_t size;
    size_t used;
    _Alignas(ALIGNMENT) char data[];
};

struct arena {
    struct block *head;
    size_t used;
    size_t max;
    bool watched;
};

struct arena *arena_new(size_t max_bytes)
{
    struct arena *a = mem_new(sizeof *a);
    a->max = max_bytes;
    return a;
}

struct arena *arena_new_watched(size_t max_bytes)
{
    struct arena *a = arena_new(max_bytes);
    a->watched = true;
    return a;
}

bool arena_overflow(const struct arena *a)
{
    return a->used > a->max;
}

static void free_blocks(struct block *b)
{
    for (struct block *next; b; b = next) {
        next = b->next;
        free(b);
    }
}

void arena_free(struct arena *a)
{
    if (!a)
        return;
    free_blocks(a->head);
    free(a);
}

void arena_reset(struct arena *a)
{
    struct block *kept = a->head;
    a->used = 0;
    if (!kept)
        return;
    free_blocks(kept->next);
    kept->next = NULL;
    if (kept->size != BLOCK_BYTES) {
        free(kept);
        a->head = NULL;
        return;
    }
    memset(kept->data, 0, kept->used);
    kept->used = 0;
}

void arena_free_p(struct arena **a)
{
    arena_free(*a);
}

static struct block *block_new(size_t size)
{
    struct block *b = mem_new(sizeof *b + size);
    b->size = size;
    return b;
}

/* A large piece gets a block of its own behind the head, so that the head's rest stays in use. */
static struct block *block_for(struct arena *a, size_t size)
{
    if (a->head && a->head->size - a->head->used >= size)
        return a->head;
    bool large = size > BLOCK_BYTES / 2;
    struct block *b = block_new(large ? size : BLOCK_BYTES);
    if (large && a->head) {
        b->next = a->head->next;
        a->head->next = b;
    } else {
        b->next = a->head;
        a->head = b;
    }
    return b;
}

void *arena_alloc(struct arena *a, size_t size)
{
    REQUIRE(size <= (a->watched ? SIZE_MAX / 2 - a->used : a->max));
    size = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    if (size == 0)
        size = ALIGNMENT;
    a->used += size;
    REQUIRE(a->watched || a->used <= a->max + ALIGNMENT);
    struct block *b = block_for(a, size);
    void *p = b->data + b->used;
    b->used += size;
    return p;
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
    size_t total;
    REQUIRE(!__builtin_mul_overflow(count, size, &total));
    return arena_alloc(a, total);
}

char *arena_cstr(struct arena *a, struct str s)
{
    char *copy = arena_alloc(a, s.n + 1);
    if (s.n)
        memcpy(copy, s.p, s.n);
    return copy;
}

struct str arena_str(struct arena *a, struct str s)
{
    return s.p ? str_of(arena_cstr(a, s), s.n) : STR_NULL;
}

struct str arena_lower(struct arena *a, struct str s)
{
    char *copy = s.p ? arena_cstr(a, s) : NULL;
    for (size_t i = 0; copy && i < s.n; i++)
        copy[i] = ascii_lower(copy[i]);
    return copy ? str_of(copy, s.n) : STR_NULL;
}

struct str arena_printf(struct arena *a, const char *fmt, ...)
{
    REQUIRE(fmt); /* told to gcc, which suspects it where it instruments */
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    REQUIRE(n >= 0);
    char *p = arena_alloc(a, (size_t)n + 1);
    vsnprintf(p, (size_t)n + 1, fmt, again);
    va_end(again);
    return str_of(p, (size_t)n);
}

size_t arena_used(const struct arena *a)
{
    return a->used;
}

size_t arena_room(const struct arena *a)
{
    return a->used < a->max ? a->max - a->used : 0;
}
