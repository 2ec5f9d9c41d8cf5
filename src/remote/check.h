/* Does a bucket exist that is said to live elsewhere? */
#pragma once

#include "remote/remote.h"

/* `missing`: its store says that there is no such bucket. All else, a store that does not answer in time
 * among it, is no reason to refuse anything: what has to go there waits. */
typedef void remote_check_fn(void *ctx, bool missing);

/* Answers within `wait_ms`, never before it returns. */
void remote_check_bucket(struct remote *r, struct str bucket, int64_t wait_ms, remote_check_fn *fn,
                         void *ctx);
