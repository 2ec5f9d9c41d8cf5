/* The object that CopyObject and UploadPartCopy read. */
#pragma once

#include "objects/s3/call.h"

struct s3_copy_source {
    struct str bucket;
    struct str key;
};

/* The bucket that the request copies from; absent where it copies from none. */
struct str s3_copy_source_bucket(const struct s3_call *call);
/* The header x-amz-copy-source: "bucket/key" or "/bucket/key", percent-encoded, with "?versionId=null" at
 * most. Also whether the caller may read it. */
int s3_copy_source_read(const struct s3_call *call, struct s3_copy_source *ret, struct err *err) MUST_CHECK;
/* The x-amz-copy-source-if-* headers hold; ERR_PRECONDITION, also where a read would be answered by 304. */
int s3_copy_source_check(const struct s3_call *call, const struct object_record *r,
                         struct err *err) MUST_CHECK;
