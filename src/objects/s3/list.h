/* The parameters of ListObjectsV2. */
#pragma once

#include "objects/s3/query.h"

struct s3_list {
    struct str prefix;
    struct str delimiter;
    struct str start_after; /* as sent */
    struct str token;       /* as sent */
    struct str from;        /* where the page begins: what the token says, else start_after */
    int64_t max_keys;       /* at most 1000 */
    bool url_encoded;
    bool fetch_owner;
};

/* Fails with ERR_INVALID_ARGUMENT. */
int s3_list_parse(struct arena *arena, const struct s3_query *query, struct s3_list *ret,
                  struct err *err) MUST_CHECK;
/* The token with which the next page goes on. */
struct str s3_list_token(struct arena *arena, struct str next_start_after);
