/* What lies below a table's location: a bucket and a prefix of keys. */
#pragma once

#include "base/arena.h"

struct data_place {
    struct str bucket;
    struct str prefix; /* ends with '/' */
};

/* Of "s3://bucket/path", in the arena: a neighbour whose name only begins like the path is not below it.
 * False for a whole bucket, and for what is no location of S3. */
bool data_place_of(struct arena *a, struct str location, struct data_place *ret);
