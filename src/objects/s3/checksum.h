/* The checksums that clients send with a body, and want back with it. */
#pragma once

#include "aws/digest.h"
#include "base/arena.h"
#include "base/err.h"
#include "http/message.h"

struct s3_checksum {
    const char *header; /* "x-amz-checksum-crc32", ...; NULL: none */
    const char *name;   /* "CRC32", ... */
    enum digest_kind kind;
    struct str value; /* base64 */
};

/* The x-amz-checksum-* header of an upload, or the one that comes as its trailer (`value` is absent then;
 * NULL: no trailer); `ret->header` is NULL if there is none. Fails for malformed values, more than one,
 * algorithms that are unknown, and for x-amz-sdk-checksum-algorithm without its header. */
int s3_checksum_read(const struct http_headers *headers, const struct s3_checksum *trailer,
                     struct s3_checksum *ret, struct err *err) MUST_CHECK;
/* The row of a header ("x-amz-checksum-crc32", in any case); false if it is none. `value` is left absent. */
bool s3_checksum_of_header(struct str header, struct s3_checksum *ret);
/* The text is base64 of as many bytes as the algorithm gives. */
bool s3_checksum_value_valid(const struct s3_checksum *checksum, struct str value);
/* "COMPOSITE" for a value made of those of parts ("value-N"), else "FULL_OBJECT". */
const char *s3_checksum_type(struct str value);
/* The row of an algorithm ("CRC32"); false if it is unknown. `value` is left absent. */
bool s3_checksum_named(struct str name, struct s3_checksum *ret);

/* Bytes of a value in base64. */
size_t s3_checksum_value_bytes(const struct s3_checksum *checksum);
/* The digest as S3's headers have it: base64. */
struct str s3_checksum_text(const struct s3_checksum *checksum, const unsigned char *digest,
                            struct arena *arena);

/* The Content-MD5 header's bytes; `*ret_sent` is false if there is none. */
int s3_content_md5_read(const struct http_headers *headers, unsigned char ret[DIGEST_SIZE_MAX],
                        bool *ret_sent, struct err *err) MUST_CHECK;
