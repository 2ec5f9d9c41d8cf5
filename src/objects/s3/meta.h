/* What is kept beside an object's bytes: user metadata, content headers and the checksum, as the `meta` of
 * its record:
 *
 *     {"headers": {"Cache-Control": "..."}, "user": {"name": "value"}, "checksum": {"CRC32": "..."}}
 *
 * Every member may be missing, and so may the whole text. */
#pragma once

#include "base/json.h"
#include "http/message.h"
#include "objects/s3/checksum.h"

enum { S3_USER_META_MAX_BYTES = 2048, S3_USER_META_MAX_COUNT = 40 };

/* The headers of an upload can be kept. */
int s3_meta_check(const struct http_headers *headers, struct err *err) MUST_CHECK;
/* The text from the headers of an upload that s3_meta_check let pass. The result lies in the arena. */
int s3_meta_from_headers(struct arena *arena, const struct http_headers *headers,
                         const struct s3_checksum *checksum, struct str *ret, struct err *err) MUST_CHECK;

/* The checksum that the text has; `ret->header` is NULL if there is none. */
int s3_meta_checksum(struct arena *arena, struct str meta, struct s3_checksum *ret,
                     struct err *err) MUST_CHECK;
/* The text with another checksum; as it is if `value` is absent. */
int s3_meta_with_checksum(struct arena *arena, struct str meta, const char *name, struct str value,
                          struct str *ret, struct err *err) MUST_CHECK;

/* Gives every header that the text stands for; name and value are valid during the call. The checksum counts
 * only if `with_checksum`. */
void s3_meta_each(const json_t *meta, bool with_checksum,
                  void (*fn)(void *ctx, struct str name, struct str value), void *ctx);
