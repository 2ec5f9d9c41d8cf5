/* "s3://bucket/key", as locations of results, tables and logs are written. */
#pragma once

#include "base/str.h"

/* Slices of the text; the key has no '/' at its front, and is absent where nothing follows the bucket. The
 * bucket's name is not checked. False, and both absent, for what does not begin with "s3://". */
bool s3_uri_split(struct str uri, struct str *ret_bucket, struct str *ret_key);
