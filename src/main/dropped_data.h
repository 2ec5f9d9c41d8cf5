/* Removes the data of dropped tables and partitions for the catalog: what lies below their location in the
 * built-in store. Objects in buckets of another S3 are left where they are, with a line in the log. Loop
 * thread. */
#pragma once

#include "catalog/catalog.h"
#include "main/server.h"

/* For catalog_config. Removals under way when the server stops are begun anew by the next one. */
struct catalog_files dropped_data_files(struct server *s);
