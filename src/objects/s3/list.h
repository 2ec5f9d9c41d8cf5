/* The parameters of the lists of a bucket's objects and uploads, and what their answers share. */
#pragma once

#include "base/buf.h"
#include "objects/s3/query.h"
#include "store/store.h"

struct s3_call;

enum s3_list_kind {
    S3_LIST_V1,
    S3_LIST_V2,
    S3_LIST_VERSIONS,
    S3_LIST_UPLOADS,
};

struct s3_list {
    enum s3_list_kind kind;
    struct str prefix;
    struct str delimiter;
    struct str marker; /* as sent: marker, start-after or key-marker */
    struct str token;  /* as sent, of S3_LIST_V2 */
    struct str id;     /* as sent: upload-id-marker or version-id-marker */
    struct str from;   /* the page begins with the keys above */
    int64_t max_keys;  /* at most 1000 */
    bool url_encoded;
    bool with_owner;
};

/* The parameters; strings lie in the arena. Fails with ERR_INVALID_ARGUMENT. */
int s3_list_parse(struct arena *arena, const struct s3_query *query, enum s3_list_kind kind,
                  struct s3_list *ret, struct err *err) MUST_CHECK;
/* The token with which the next page of S3_LIST_V2 goes on, and whether a token is such a one: the lists of
 * other stores have tokens of their own. */
struct str s3_list_token(struct arena *arena, struct str next_start_after);
bool s3_list_token_is_ours(struct str token);
/* Where a page ends that ends with this common prefix: behind every key that has it. */
struct str s3_list_behind_prefix(struct arena *arena, struct str prefix);
/* The marker with which the next page of the others goes on: the last key or common prefix. */
struct str s3_list_marker(struct str next_start_after);

/* A key or a part of one, as the client asked for it; nothing if it is absent. */
void s3_list_key(struct buf *xml, const struct s3_list *q, const char *name, struct str key);
void s3_list_prefixes(struct buf *xml, const struct s3_list *q, const struct str *prefixes, size_t count);

/* What a page begins with, and its objects. Of `page` the counts and where it ends count. */
void s3_list_head(struct buf *xml, const struct s3_call *call, const struct s3_list *q,
                  const struct store_object_page *page);
void s3_list_object(struct buf *xml, const struct s3_call *call, const struct s3_list *q,
                    const struct object_record *r);
