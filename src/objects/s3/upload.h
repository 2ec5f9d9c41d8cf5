/* Multipart uploads, between the files of their operations. */
#pragma once

#include "objects/s3/call.h"
#include "objects/s3/checksum.h"
#include "objects/s3/parts.h"

enum { S3_PART_SIZE_MIN = 5 * 1024 * 1024 }; /* of every part but the last */

/* `u` is valid during the call; NULL with `err`. */
typedef void s3_upload_fn(void *ctx, const struct upload_record *u, const struct err *err);
/* The upload that the request's uploadId, bucket and key name, also one that is complete; ERR_NO_SUCH_UPLOAD.
 */
void s3_upload_find(struct s3_call *call, s3_upload_fn *fn, void *ctx);
int s3_no_such_upload(struct err *err);

/* 1 to S3_PART_NUMBER_MAX. */
int s3_part_number_read(const struct s3_call *call, int64_t *ret, struct err *err) MUST_CHECK;

/* The algorithm of an upload's checksums: the one that was asked for, else CRC64NVME, as S3 does. */
struct s3_checksum s3_upload_checksum(const struct upload_record *u);
/* One checksum for the whole object, not one made of the parts' checksums. */
bool s3_upload_is_full_object(const struct upload_record *u);
