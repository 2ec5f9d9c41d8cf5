// The buckets that a setting grants: "bucket, bucket/prefix/*, bucket:ro, *".
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "objects/s3/s3.h"

/* The grants lie in the arena; views of `text`. ERR_INVALID_ARGUMENT names the entry that is none. */
int grants_parse(struct arena *a, struct str text, struct s3_grants *ret, struct err *err) MUST_CHECK;
/* `g` and a grant of everything below an s3:// location, in the arena. */
struct s3_grants grants_with_location(struct arena *a, const struct s3_grants *g, struct str location);
