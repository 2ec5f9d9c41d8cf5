/* What a caller may reach: buckets, or parts of them, to read or to write. A pure function of the caller's
 * grants and the request; everything is allowed where a request carries no grants. */
#pragma once

#include "objects/s3/s3.h"

struct s3_call;

/* Whether the objects of this key, or with this prefix, may be read or written. */
bool s3_may_reach(const struct s3_grants *g, struct str bucket, struct str key, bool write);
/* Whether anything in the bucket may be reached: what ListBuckets shows. */
bool s3_may_see(const struct s3_grants *g, struct str bucket);

/* The request itself, as its target and operation say: ERR_ACCESS_DENIED. What else an operation touches
 * (the source of a copy, the keys of a document) it asks by s3_check_key. */
int s3_check_access(const struct s3_call *call, struct err *err) MUST_CHECK;
int s3_check_key(const struct s3_call *call, struct str bucket, struct str key, bool write,
                 struct err *err) MUST_CHECK;
