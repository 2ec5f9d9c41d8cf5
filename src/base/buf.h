/* A growing byte buffer with a mandatory maximum. Crossing the maximum sets `overflow`, drops what was
 * appended from then on, and every further append is a no-op: callers write straight on and check once at the
 * end. */
#pragma once

#include "base/mem.h"
#include "base/str.h"

struct buf {
    char *p;
    size_t n;
    size_t cap;
    size_t max;
    bool overflow;
};

void buf_init(struct buf *b, size_t max_bytes);
void buf_done(struct buf *b);  /* frees the memory; the buffer may be initialised again */
void buf_clear(struct buf *b); /* keeps the memory, forgets content and overflow */
/* Zeroes what it holds: for secrets. */
static inline void buf_wipe(struct buf *b)
{
    if (b->n)
        explicit_bzero(b->p, b->n);
}
#define CLEANUP_BUF CLEANUP(buf_done)

void buf_add(struct buf *b, const void *p, size_t n);
void buf_add_str(struct buf *b, struct str s);
void buf_add_cstr(struct buf *b, const char *s);
void buf_add_char(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Room for `n` more bytes at the end, or NULL on overflow; commit what was written by adding to `n`. */
char *buf_reserve(struct buf *b, size_t n);
/* Drops the first `n` bytes. */
void buf_consume(struct buf *b, size_t n);

static inline struct str buf_str(const struct buf *b)
{
    return (struct str){b->p ? b->p : "", b->n};
}
