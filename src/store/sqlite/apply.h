/* Applies batches to the database, on the writer's connection inside its transaction. */
#pragma once

#include "store/backend.h"
#include "store/sqlite/db.h"

/* Applies the batch whole or not at all; a failure is kept in the batch. -1 with `err` when the whole
 * transaction is lost with it. */
int apply_batch(struct db *db, struct store_batch *b, struct err *err) MUST_CHECK;
