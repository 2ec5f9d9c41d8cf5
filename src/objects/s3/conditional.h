/* Conditional requests: If-Match, If-None-Match, If-Modified-Since, If-Unmodified-Since, If-Range. */
#pragma once

#include "base/err.h"
#include "http/message.h"
#include "store/store.h"

enum condition_result {
    CONDITION_HOLDS,
    CONDITION_NOT_MODIFIED, /* answer 304 */
    CONDITION_FAILED,       /* answer 412 */
};

struct condition_outcome {
    enum condition_result result;
    const char *header; /* that decided, as S3 names it in its error */
};

/* Without white space, W/ and quotes around it. */
struct str etag_unquote(struct str tag);

/* For reads, in the order of RFC 9110, section 13.2.2, which is S3's as well: If-Match decides over
 * If-Unmodified-Since, If-None-Match over If-Modified-Since. Dates that cannot be read do not count. */
struct condition_outcome condition_check(const struct http_headers *headers, struct str etag,
                                         int64_t modified_ms);
/* If-Match and If-None-Match of a request that writes: what the key has to hold then. Fails for what S3 does
 * not know. Views of the headers. */
int condition_for_write(const struct http_headers *headers, struct object_condition *ret,
                        struct err *err) MUST_CHECK;
/* Whether there is any, and whether it holds for what the key holds now (NULL: nothing). */
bool condition_is_any(const struct object_condition *c);
int condition_check_write(const struct object_condition *c, const struct object_record *r,
                          struct err *err) MUST_CHECK;
/* If-Range allows the Range header (also when there is no If-Range). */
bool condition_range_allowed(const struct http_headers *headers, struct str etag, int64_t modified_ms);
