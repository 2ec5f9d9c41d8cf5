/* Makes the folders of new tables and partitions for the catalog: an empty object "path/", here or in a
 * bucket elsewhere, unless something lies below it. Loop thread. */
#pragma once

#include "base/str.h"
#include "loop/loop.h"

/* For catalog_files; `server` is the struct server. One that cannot be made leaves a line in the log. */
void new_folder_make(void *server, struct str location, loop_fn *done, void *arg);
