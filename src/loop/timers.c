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

static bool before(const struct timer *a, const struct timer *b)
{
    return a->due_ms < b->due_ms || (a->due_ms == b->due_ms && a->turn < b->turn);
}

static void sift_up(struct timers *ts, size_t i)
{
    struct timer *t = ts->heap[i];
    while (i > 0 && before(t, ts->heap[(i - 1) / 2])) {
        place(ts, i, ts->heap[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
    place(ts, i, t);
}

static void sift_down(struct timers *ts, size_t i)
{
    struct timer *t = ts->heap[i];
    for (size_t child; (child = 2 * i + 1) < ts->count; i = child) {
        if (child + 1 < ts->count && before(ts->heap[child + 1], ts->heap[child]))
            child++;
        if (!before(ts->heap[child], t))
            break;
        place(ts, i, ts->heap[child]);
    }
    place(ts, i, t);
}

static int64_t earliest(const struct timers *ts)
{
    return ts->count ? ts->heap[0]->due_ms : INT64_MAX;
}

static void notify(struct timers *ts, int64_t earliest_before)
{
    if (ts->rearm && earliest(ts) != earliest_before)
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
    int64_t earliest_before = earliest(ts);
    if (t->slot)
        take_out(ts, t);
    if (ts->count == ts->capacity) {
        ts->capacity = ts->capacity ? ts->capacity * 2 : 64;
        ts->heap = mem_grow(ts->heap, ts->capacity, sizeof *ts->heap);
    }
    t->fn = fn;
    t->ctx = ctx;
    int64_t now = clock_mono_ms(ts->clock);
    t->due_ms = delay_ms <= 0 ? now : delay_ms > INT64_MAX - now ? INT64_MAX : now + delay_ms;
    t->turn = ts->next_turn++;
    place(ts, ts->count++, t);
    sift_up(ts, ts->count - 1);
    notify(ts, earliest_before);
}

void timer_stop(struct timers *ts, struct timer *t)
{
    if (!t->slot)
        return;
    int64_t earliest_before = earliest(ts);
    take_out(ts, t);
    notify(ts, earliest_before);
}

void timers_run_due(struct timers *ts)
{
    int64_t now = clock_mono_ms(ts->clock);
    uint64_t end = ts->next_turn;
    while (ts->count && ts->heap[0]->due_ms <= now && ts->heap[0]->turn < end) {
        struct timer *t = ts->heap[0];
        take_out(ts, t);
        t->fn(t);
    }
    if (ts->rearm)
        ts->rearm(ts);
}

int64_t timers_next_ms(const struct timers *ts)
{
    if (!ts->count)
        return -1;
    int64_t left = ts->heap[0]->due_ms - clock_mono_ms(ts->clock);
    return left > 0 ? left : 0;
}
