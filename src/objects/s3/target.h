/* Which bucket and key a path names. */
#pragma once

#include "base/arena.h"
#include "base/err.h"

enum s3_level { S3_SERVICE, S3_BUCKET, S3_OBJECT };

struct s3_target {
    enum s3_level level;
    struct str bucket; /* absent at S3_SERVICE */
    struct str key;    /* decoded once; absent but at S3_OBJECT */
};

/* "/" is the service, "/bucket" and "/bucket/" a bucket, all else an object: ".." and "//" are ordinary
 * characters of a key. Fails with ERR_INVALID_URI, ERR_INVALID_BUCKET_NAME or ERR_KEY_TOO_LONG; `*ret` is
 * then untouched. */
int s3_target_parse(struct arena *arena, struct str raw_path, struct s3_target *ret,
                    struct err *err) MUST_CHECK;
