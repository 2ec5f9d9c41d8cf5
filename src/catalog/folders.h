/* Folders at the locations of new tables and partitions, made between a commit and its answer. Loop thread.
 */
#pragma once

#include "base/buf.h"
#include "catalog/catalog.h"

struct folders;

struct folders *folders_new(const struct catalog_config *config);
/* Makes them one after the other, then calls `done`. `locations` (each ends with a newline) is taken over. */
void folders_make(struct folders *f, struct buf locations, loop_fn *done, void *ctx);
/* Calls every `done` that is due: folders that are not made yet are none. */
void folders_stop(struct folders *f);
/* After folders_stop. What the store is still at goes with its answer. */
void folders_free(struct folders *f);
