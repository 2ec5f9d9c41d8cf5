/* What earlier servers left in the work root: working folders of sessions that have ended, and copies of the
 * driver that no live session uses. */
#pragma once

#include "shim/client.h"

/* Folders of sessions that this data folder does not know stay: several servers may have one work root.
 * Blocks; harmless beside sessions that start or end. */
void sweep_work_root(const struct shim_config *c);
