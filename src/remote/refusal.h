/* What a remote's answer says, and whether it is a success at all. */
#pragma once

#include "base/err.h"
#include "http/message.h"

enum refusal_kind {
    REFUSAL_FINAL,  /* another attempt will be answered no better */
    REFUSAL_PASSES, /* 5xx, SlowDown, RequestTimeout, ... */
    REFUSAL_SKEWED, /* our clock is not its own */
    REFUSAL_EXPIRED /* the keys have ended */
};

/* Of what is no success. `body` is S3's XML, or anything; the sentence names the remote's code and message.
 */
enum refusal_kind refusal_read(int status, const struct http_headers *headers, struct str body,
                               struct str bucket, struct err *ret);
/* The code is about what this server signs with: keys, clock and region. */
bool refusal_is_of_keys(struct str code);
/* The region where the bucket lies, as who asks another one is told by S3 in one of several ways; absent: it
 * is none of these answers. */
struct str refusal_region(int status, const struct http_headers *headers, struct str body);
/* The document tells an error, whatever the status: S3 may answer 200 before it knows
 * (CompleteMultipartUpload, CopyObject). */
bool refusal_is_told(struct str body);
/* The text of the first such element, or absent; entities stay as they are. */
struct str refusal_element(struct str xml, const char *name);
