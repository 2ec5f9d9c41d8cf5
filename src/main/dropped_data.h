/* Removes the data of dropped tables and partitions for the catalog: what lies below their location in the
 * built-in store. Objects in buckets of another S3 are left where they are, with a line in the log. Loop
 * thread. */
#pragma once

#include "catalog/catalog.h"
#include "main/server.h"
#include "objects/s3/s3.h"

/* For catalog_config. Removals under way when the server stops are begun anew by the next one. */
struct catalog_files dropped_data_files(struct server *s);
/* Whether the grants reach all that would be removed below the location: true where nothing would. Any
 * thread. */
bool dropped_data_reached(const struct s3_grants *grants, struct str location);
