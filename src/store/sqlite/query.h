/* Runs reads, on the reader's connection. */
#pragma once

#include "store/backend.h"
#include "store/sqlite/db.h"

/* Fills the answer into the read, its error too. */
void query_run(struct db *db, struct store_read *r);
