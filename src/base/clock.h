/* Clocks. Deadlines use the monotonic clock, records the wall clock. Code that a test wants to move in time
 * takes a `struct clock`. */
#pragma once

#include <stdint.h>

struct clock {
    int64_t (*mono_ms)(const struct clock *c);
    int64_t (*wall_ms)(const struct clock *c); /* since the epoch, UTC */
};

extern const struct clock clock_system;

/* A clock that stands still until a test moves it. */
struct clock_manual {
    struct clock clock;
    int64_t mono;
    int64_t wall;
};
void clock_manual_init(struct clock_manual *c, int64_t wall_ms);
void clock_manual_advance(struct clock_manual *c, int64_t ms);

static inline int64_t clock_mono_ms(const struct clock *c)
{
    return c->mono_ms(c);
}

static inline int64_t clock_wall_ms(const struct clock *c)
{
    return c->wall_ms(c);
}

/* Monotonic nanoseconds of the system, for latency figures. */
uint64_t clock_nanos(void);
