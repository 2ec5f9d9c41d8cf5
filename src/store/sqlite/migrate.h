/* The schema and its numbered steps. */
#pragma once

#include "store/sqlite/db.h"

enum { SCHEMA_VERSION = 5 };

/* Brings the database to SCHEMA_VERSION, each step in a transaction of its own. Refuses one of a newer
 * program. */
int migrate(struct db *db, struct err *err) MUST_CHECK;
