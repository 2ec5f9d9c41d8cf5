#include "loop/timers.h"

#include "base/mem.h"

void timers_init(struct timers *ts, const struct clock *clock)
{
    *ts = (struct timers){.clock = clock};
}

void timers_done(struct timers *ts)
{
    free(ts->heap);
    ts->heap = NULL;
    ts->count = ts->capacity = 0;
}

static void place(struct timers *ts, size_t i, struct timer *t)
{
    ts->heap[i] = t;
    t->slot = i + 1;
}

static void sift_up(struct timers *ts, size_t i)
{
    struct timer *t = ts->heap[i];
    while (i > 0 && ts->heap[(i - 1) / 2]->due_ms > t->due_ms) {
        place(ts, i, ts->heap[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
    place(ts, i, t);
}

static void sift_down(struct timers *ts, size_t i)
{
    struct timer *t = ts->heap[i];
    for (size_t child; (child = 2 * i + 1) < ts->count; i = child) {
        if (child + 1 < ts->count && ts->heap[child + 1]->due_ms < ts->heap[child]->due_ms)
            child++;
        if (ts->heap[child]->due_ms >= t->due_ms)
            break;
        place(ts, i, ts->heap[child]);
    }
    place(ts, i, t);
}

static void notify(struct timers *ts)
{
    if (ts->rearm)
        ts->rearm(ts);
}

static void take_out(struct timers *ts, struct timer *t)
{
    size_t i = t->slot - 1;
    struct timer *last = ts->heap[--ts->count];
    t->slot = 0;
    if (last == t)
        return;
    place(ts, i, last);
    sift_up(ts, i);
    sift_down(ts, last->slot - 1);
}

void timer_start(struct timers *ts, struct timer *t, int64_t delay_ms, timer_fn *fn, void *ctx)
{
    if (t->slot)
        take_out(ts, t);
    if (ts->count == ts->capacity) {
        ts->capacity = ts->capacity ? ts->capacity * 2 : 64;
        ts->heap = mem_grow(ts->heap, ts->capacity, sizeof *ts->heap);
    }
    t->fn = fn;
    t->ctx = ctx;
    t->due_ms = clock_mono_ms(ts->clock) + (delay_ms > 0 ? delay_ms : 0);
    place(ts, ts->count++, t);
    sift_up(ts, ts->count - 1);
    notify(ts);
}

void timer_stop(struct timers *ts, struct timer *t)
{
    if (!t->slot)
        return;
    take_out(ts, t);
    notify(ts);
}

void timers_run_due(struct timers *ts)
{
    int64_t now = clock_mono_ms(ts->clock);
    for (size_t left = ts->count; left && ts->count && ts->heap[0]->due_ms <= now; left--) {
        struct timer *t = ts->heap[0];
        take_out(ts, t);
        t->fn(t);
    }
    notify(ts);
}

int64_t timers_next_ms(const struct timers *ts)
{
    if (!ts->count)
        return -1;
    int64_t left = ts->heap[0]->due_ms - clock_mono_ms(ts->clock);
    return left > 0 ? left : 0;
}
