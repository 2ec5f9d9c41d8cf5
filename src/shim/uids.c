#include "shim/uids.h"

#include "base/mem.h"

void uid_pool_init(struct uid_pool *p, uint32_t first, uint32_t count)
{
    *p = (struct uid_pool){.first = first, .count = count, .taken = mem_new_array(count, sizeof(bool))};
}

void uid_pool_done(struct uid_pool *p)
{
    free(p->taken);
    *p = (struct uid_pool){0};
}

uint32_t uid_pool_take(struct uid_pool *p)
{
    for (uint32_t i = 0; i < p->count; i++) {
        uint32_t at = (p->next + i) % p->count;
        if (p->taken[at])
            continue;
        p->taken[at] = true;
        p->next = (at + 1) % p->count;
        return p->first + at;
    }
    return 0;
}

static void set(struct uid_pool *p, uint32_t uid, bool taken)
{
    if (uid >= p->first && uid - p->first < p->count)
        p->taken[uid - p->first] = taken;
}

void uid_pool_mark(struct uid_pool *p, uint32_t uid)
{
    set(p, uid, true);
}

void uid_pool_release(struct uid_pool *p, uint32_t uid)
{
    set(p, uid, false);
}
