/* Removes the data of what was dropped. The catalog remembers each removal from the drop's commit until it is
 * done; they are taken one after another, and tried again later when the store fails. Loop thread. */
#pragma once

#include "catalog/catalog.h"

struct removals;

struct removals *removals_new(struct catalog *c, struct loop *loop, const struct catalog_config *config);
/* Starts with what an earlier process left; `first` is done in the same transaction before. */
void removals_load(struct removals *r, catalog_work_fn *first);
/* Looks for new ones; calls `done` when all that are remembered by now are done, have failed, or time is
 * over. */
void removals_wait(struct removals *r, int64_t patience_ms, loop_fn *done, void *ctx);
/* Nothing starts any more; those who wait are called. */
void removals_stop(struct removals *r);
/* A removal that the store is at work on may still end afterwards. */
void removals_free(struct removals *r);
