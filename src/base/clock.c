#include "base/clock.h"

#include "base/mem.h"

#include <time.h>

static int64_t read_ms(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t system_mono(const struct clock *c)
{
    (void)c;
    return read_ms(CLOCK_MONOTONIC);
}

static int64_t system_wall(const struct clock *c)
{
    (void)c;
    return read_ms(CLOCK_REALTIME);
}

const struct clock clock_system = {system_mono, system_wall};

static const struct clock_manual *manual(const struct clock *c)
{
    return (const struct clock_manual *)(const void *)c;
}

static int64_t manual_mono(const struct clock *c)
{
    return manual(c)->mono;
}

static int64_t manual_wall(const struct clock *c)
{
    return manual(c)->wall;
}

void clock_manual_init(struct clock_manual *c, int64_t wall_ms)
{
    *c = (struct clock_manual){{manual_mono, manual_wall}, 1000, wall_ms};
}

void clock_manual_advance(struct clock_manual *c, int64_t ms)
{
    c->mono += ms;
    c->wall += ms;
}

uint64_t clock_nanos(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}
