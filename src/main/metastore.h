/* The metastore's listener, at which the Hive clients of sessions reach the catalog. Its port stays the same
 * over restarts, as sessions keep it for life. Loop thread. */
#pragma once

#include "main/server.h"

int metastore_start(struct server *s, struct err *err) MUST_CHECK;
