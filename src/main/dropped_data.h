/* Removes the data of dropped tables and partitions for the catalog: what lies below their location, here or
 * in a bucket elsewhere. Loop thread. */
#pragma once

#include "base/err.h"
#include "objects/s3/s3.h"

/* For catalog_files; `server` is the struct server. A removal under way when the server stops is begun anew
 * by the next one. */
void dropped_data_remove(void *server, struct str location, int64_t before_ms,
                         void (*done)(void *arg, const struct err *err), void *arg);
/* Whether the grants reach all that would be removed below the location: true where nothing would. Any
 * thread. */
bool dropped_data_reached(const struct s3_grants *grants, struct str location);
