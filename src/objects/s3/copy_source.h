/* The object that CopyObject and UploadPartCopy read. */
#pragma once

#include "objects/s3/call.h"
#include "objects/s3/checksum.h"
#include "objects/s3/range.h"

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

/* A header that says COPY or REPLACE, or nothing; `ret`: REPLACE. */
int s3_copy_directive(const struct s3_call *call, const char *header, bool *ret, struct err *err) MUST_CHECK;
/* x-amz-copy-source-range: "bytes=first-last", both of them and inside the source, or absent: all of it. */
int s3_copy_range(const struct s3_call *call, uint64_t size, struct byte_range *ret,
                  struct err *err) MUST_CHECK;
/* Answers with the root element's document; of `checksum` only where its header is set. */
void s3_copy_result(struct s3_call *call, const char *root, struct str etag, int64_t modified_ms,
                    const struct s3_checksum *checksum);
