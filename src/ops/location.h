/* Output locations that calls name. */
#pragma once

#include "ops/op.h"

/* `missing`: there is no such bucket. One elsewhere that cannot be asked in time is no reason to refuse. */
typedef void location_fn(void *ctx, bool missing, const struct err *err);
/* AWS's bounds of an output location: s3://, a bucket's name, 700 bytes at most. */
bool location_valid(struct str location);
/* Looks for the bucket of an s3:// location, here or on the remote that the settings name for it. */
void location_check(struct op_call *call, struct str location, location_fn *fn, void *ctx);
