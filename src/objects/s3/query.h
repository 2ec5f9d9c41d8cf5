/* The query of a request, decoded. */
#pragma once

#include "base/arena.h"
#include "base/err.h"

enum { S3_QUERY_PARAMS_MAX = 64 };

struct s3_param {
    struct str name;
    struct str value; /* empty for "?acl" */
};

struct s3_query {
    struct s3_param *items;
    size_t count;
};

/* `raw` is what follows '?', or absent. Fails with ERR_INVALID_URI. */
int s3_query_parse(struct arena *arena, struct str raw, struct s3_query *ret, struct err *err) MUST_CHECK;
/* The value of the first parameter of that name, or STR_NULL. */
struct str s3_query_get(const struct s3_query *q, const char *name);
/* The whole number in [0, max]; `fallback` if it is absent. Fails with ERR_INVALID_ARGUMENT. */
int s3_query_int(const struct s3_query *q, const char *name, int64_t max, int64_t fallback, int64_t *ret,
                 struct err *err) MUST_CHECK;
