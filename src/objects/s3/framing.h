/* How the body of an upload is framed, from the head: Content-Length or chunked transfer, which the
 * connection takes off, and aws-chunked within it (chunked.h). */
#pragma once

#include "objects/s3/call.h"
#include "objects/s3/checksum.h"

struct s3_framing {
    bool aws_chunked;
    int64_t length;             /* of the content; -1: only its end tells */
    struct s3_checksum trailer; /* that comes behind the last chunk; `header` NULL: none */
};

/* The body is in chunks of aws-chunked, as its x-amz-content-sha256 says. */
bool s3_is_framed(const struct s3_call *call);
/* ERR_MISSING_LENGTH, ERR_TOO_LARGE for more than `max_bytes`, ERR_INVALID_REQUEST for what does not go
 * together.
 */
int s3_framing_read(const struct s3_call *call, int64_t max_bytes, struct s3_framing *ret,
                    struct err *err) MUST_CHECK;

/* The value of Content-Encoding names aws-chunked. */
bool s3_is_aws_chunked(struct str encoding);
/* The value without it, for keeping: the other encodings are the content's own. */
struct str s3_content_encoding(struct arena *arena, struct str encoding);
