/* The way that the body of every upload takes (PutObject, UploadPart): off the connection into an
 * object_writer, and out of it as a durable body when all that was promised about it holds: length,
 * x-amz-content-sha256, Content-MD5, x-amz-checksum-*. Nothing stays of a body that breaks off or is not what
 * was promised.
 *
 * An operation begins in its `head`, looks up what it needs while the body comes, and then admits or refuses
 * the body; s3_intake_whole (operation.h) is its `run`. Loop thread. */
#pragma once

#include "objects/s3/call.h"
#include "objects/s3/checksum.h"

struct s3_intake;

/* The end of an intake that was not refused, exactly once: the body, the caller's from then on, with its
 * checksum (what the client promised; else CRC64NVME, as S3 does; `value` lies in the request's arena), or
 * why there is none. The request is to be answered either way. */
typedef void s3_intake_fn(void *ctx, struct object_body *body, const struct s3_checksum *checksum,
                          const struct err *err);

/* Reads what the head promises and lets the bytes come: at most `max_bytes` of them. The intake lies in the
 * request's arena, and call->intake is set. -1: the head promises nonsense, nothing has begun. */
int s3_intake_begin(struct s3_call *call, int64_t max_bytes, s3_intake_fn *fn, void *ctx,
                    struct err *err) MUST_CHECK;
/* The body gets a file however small it is. At once after s3_intake_begin. */
void s3_intake_in_file(struct s3_intake *i);
/* The operation knows of nothing against the body; `fn` may be called before this returns. */
void s3_intake_admit(struct s3_intake *i);
/* What came is dropped, and `fn` is not called: the operation answers. */
void s3_intake_refuse(struct s3_intake *i);
