/* The document of DeleteObjects. */
#pragma once

#include "objects/s3/xml_read.h"

enum { S3_DELETE_KEYS_MAX = 1000 };

struct s3_deletion {
    struct str key;
    struct str version_id; /* absent: none */
    struct str etag;       /* as sent; absent: none */
    bool conditional;      /* on more than the entity tag, which this store cannot do */
};

struct s3_deletions {
    struct s3_deletion *items;
    size_t count;
    bool quiet;
};

/* Strings lie in the arena. ERR_SERIALIZATION. */
int s3_deletions_read(struct arena *arena, struct str document, struct s3_deletions *ret,
                      struct err *err) MUST_CHECK;
