/* Removes sessions of the past with all that belongs to them. */
#pragma once

#include "store/sqlite/db.h"
#include "store/store.h"

int purge(struct db *db, const struct store_purge *p, struct err *err) MUST_CHECK;
