/* Requests for buckets that live elsewhere (struct s3_elsewhere). */
#pragma once

#include "objects/s3/call.h"

bool s3_lives_elsewhere(const struct s3_call *call, struct str bucket);
/* The target or the source of a copy is such a bucket. */
bool s3_is_elsewhere(const struct s3_call *call);
/* Takes the request over, unless it is served here after all. */
bool s3_take_elsewhere(struct s3_call *call);
/* The buckets of a list with those that live elsewhere, each name once, in the names' order; in the request's
 * arena. */
const struct bucket_record *s3_with_elsewhere(const struct s3_call *call, const struct bucket_record *here,
                                              size_t *count);
