/* Folders in buckets elsewhere, for data of tables: made where nothing lies, and removed with all below them.
 * Loop thread. */
#pragma once

#include "remote/remote.h"

/* `err` is ERR_UNAVAILABLE where a later attempt may do better. Called later, once; by remotes_free at the
 * latest. */
typedef void remote_folder_fn(void *ctx, const struct err *err);

/* The empty object `prefix`, which ends with '/', unless something lies below it. Strings are copied. */
void remote_folder_make(struct remote *r, struct str bucket, struct str prefix, remote_folder_fn *fn,
                        void *ctx);
/* Deletes what lies below and was last modified at `before_ms` (of this machine's clock) or earlier. */
void remote_folder_remove(struct remote *r, struct str bucket, struct str prefix, int64_t before_ms,
                          remote_folder_fn *fn, void *ctx);
