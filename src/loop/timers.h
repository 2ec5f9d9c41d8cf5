/* Deadlines on an injected clock. The core sets timers here; the loop (or a test) calls timers_run_due. Loop
 * thread. */
#pragma once

#include "base/clock.h"

#include <stdbool.h>
#include <stddef.h>

struct timer;
typedef void timer_fn(struct timer *t);

/* Lies in its owner; zeroed memory is an idle timer. It fires once. */
struct timer {
    timer_fn *fn;
    void *ctx;
    int64_t due_ms; /* monotonic */
    uint64_t turn;  /* orders timers that are due at the same time: first set, first run */
    size_t slot;    /* 1 + place in the heap; 0: idle */
};

struct timers {
    const struct clock *clock;
    struct timer **heap;
    size_t count;
    size_t capacity;
    uint64_t next_turn;
    /* Called when the earliest deadline changed and after timers_run_due; may be NULL. */
    void (*rearm)(struct timers *ts);
    void *rearm_ctx;
};

void timers_init(struct timers *ts, const struct clock *clock);
void timers_done(struct timers *ts);
/* (Re)starts the timer: due after `delay_ms` from now; a negative delay counts as 0. Never calls `fn` at
 * once. */
void timer_start(struct timers *ts, struct timer *t, int64_t delay_ms, timer_fn *fn, void *ctx);
void timer_stop(struct timers *ts, struct timer *t);
static inline bool timer_active(const struct timer *t)
{
    return t->slot != 0;
}
/* Runs what is due now; timers set meanwhile with no delay run at the next call. */
void timers_run_due(struct timers *ts);
/* Milliseconds to the earliest deadline (0 if past), or -1 if there is none. */
int64_t timers_next_ms(const struct timers *ts);
