/* An arena: memory that is freed in one call. One per request, per batch of changes, per loaded file. */
#pragma once

#include "base/mem.h"
#include "base/str.h"

struct arena;

/* `max_bytes` bounds the whole arena; crossing it ends the program, so callers bound what they copy in. */
struct arena *arena_new(size_t max_bytes);
/* As arena_new, but crossing the bound ends nothing: more is given, and arena_overflow says so from then on.
 * Whoever fills it asks now and then, and checks by arena_room what could cross it far at once. */
struct arena *arena_new_watched(size_t max_bytes);
bool arena_overflow(const struct arena *a);
void arena_free(struct arena *a); /* NULL is allowed */
void arena_free_p(struct arena **a);
/* Forgets everything that was allocated and keeps one block, so that the arena can serve again. */
void arena_reset(struct arena *a);
#define CLEANUP_ARENA CLEANUP(arena_free_p)

/* Zeroed, aligned for any type. */
void *arena_alloc(struct arena *a, size_t size) __attribute__((returns_nonnull));
void *arena_array(struct arena *a, size_t count, size_t size) __attribute__((returns_nonnull));
/* A copy that is also terminated by NUL (the NUL is not counted). STR_NULL stays STR_NULL. */
struct str arena_str(struct arena *a, struct str s);
/* Such a copy in lower case (ascii_lower). */
struct str arena_lower(struct arena *a, struct str s);
/* A terminated C string of the slice. */
char *arena_cstr(struct arena *a, struct str s);
struct str arena_printf(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3);
size_t arena_used(const struct arena *a);
/* Bytes that are left; each allocation takes up to 16 more than was asked for. */
size_t arena_room(const struct arena *a);
