/* Drivers under users of their own: can they work, and where does their code lie for them. These calls block.
 */
#pragma once

#include "shim/client.h"

#define STAGING_PREFIX "driver-"

/* Puts a copy of the driver's package into the work root, readable by all, and returns its folder (the caller
 * frees it), held by `*ret_hold` (the caller closes it). Its name has a digest of the content, so a copy that
 * drivers use is never changed. NULL on failure. */
char *staging_driver(const struct shim_config *c, int *ret_hold, struct err *err) MUST_CHECK;
/* Makes the work root: `shared` lets other users pass through it, not list it. */
int staging_work_root(const struct shim_config *c, bool shared, struct err *err) MUST_CHECK;
