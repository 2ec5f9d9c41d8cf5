/* A data folder whose glaux.db is gone while objects' files are there: an empty database would make all of
 * them leftovers, which the start removes. */
#pragma once

#include "base/err.h"

/* -1 where it is so: nothing was changed. Before the store is opened. Blocks. */
int lost_index_check(const char *dir, struct err *err) MUST_CHECK;
