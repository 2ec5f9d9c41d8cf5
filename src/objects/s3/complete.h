/* The document of CompleteMultipartUpload. */
#pragma once

#include "objects/s3/upload.h"

struct s3_wanted_part {
    int64_t number;
    struct str etag;     /* without quotes */
    struct str checksum; /* of the upload's algorithm; absent: none was sent */
};

struct s3_wanted {
    struct s3_wanted_part *parts;
    size_t count;
};

/* Parts in ascending order; `algorithm` is the one whose checksums count. Strings lie in the arena. Fails
 * with ERR_SERIALIZATION, ERR_INVALID_PART_ORDER or ERR_INVALID_ARGUMENT. */
int s3_wanted_read(struct arena *arena, struct str document, const struct s3_checksum *algorithm,
                   struct s3_wanted *ret, struct err *err) MUST_CHECK;
