/* The users that drivers run as: one for each live session, so that sessions cannot read each other's files.
 */
#pragma once

#include "base/err.h"

struct uid_pool {
    uint32_t first;
    uint32_t count;
    bool *taken;
    uint32_t next; /* where the search starts: a user rests as long as possible before it serves again */
};

void uid_pool_init(struct uid_pool *p, uint32_t first, uint32_t count);
void uid_pool_done(struct uid_pool *p);
/* 0 when all are taken. */
uint32_t uid_pool_take(struct uid_pool *p);
/* Marks the user of a session that was found; one outside the pool (the settings changed) is left alone. */
void uid_pool_mark(struct uid_pool *p, uint32_t uid);
void uid_pool_release(struct uid_pool *p, uint32_t uid);
