/* What a caller may reach: buckets, or parts of them, to read or to write. A pure function of the caller's
 * grants and the request; everything is allowed where a request carries no grants. */
#pragma once

#include "objects/s3/s3.h"

struct s3_call;

/* Whether the objects of this key, or with this prefix, may be read or written. */
bool s3_may_reach(const struct s3_grants *g, struct str bucket, struct str key, bool write);
/* Whether the key has dots for a name between its slashes. Here that is a name and no more; a store elsewhere
 * may take a key for a path, whose dots lead out of what was granted. */
bool s3_may_lead_out(struct str key);
/* Whether anything in the bucket may be reached: what ListBuckets shows. */
bool s3_may_see(const struct s3_grants *g, struct str bucket);

/* Whether the request lists a folder above what is granted, which itself is not: it sees the way there, the
 * names in what is granted, and no more. Clients look for parents before they write (Hadoop's mkdirs). */
bool s3_lists_above_grants(const struct s3_call *call);
/* The next part of the way from the prefix to what is granted, with its slash; absent if there is none. */
struct str s3_way_to_grant(const struct s3_grant *grant, struct str bucket, struct str prefix);

/* The request itself, as its target and operation say: ERR_ACCESS_DENIED, and ERR_NO_SUCH_KEY for reads of a
 * key that is a folder on the way to what is granted. What else an operation touches (the source of a copy,
 * the keys of a document) it asks by s3_check_key. */
int s3_check_access(const struct s3_call *call, struct err *err) MUST_CHECK;
int s3_check_key(const struct s3_call *call, struct str bucket, struct str key, bool write,
                 struct err *err) MUST_CHECK;
