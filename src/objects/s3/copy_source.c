#include "objects/s3/copy_source.h"

#include "base/encode.h"
#include "objects/s3/access.h"
#include "objects/s3/conditional.h"

static int unclear(struct err *err)
{
    return err_set(err, ERR_INVALID_ARGUMENT,
                   "Copy Source must mention the source bucket and key: sourcebucket/sourcekey");
}

/* False: the header is no encoded "bucket/key" at all, or absent. */
static bool split(const struct s3_call *call, struct s3_copy_source *ret, struct str *ret_query)
{
    struct str query = s3_header(call, "x-amz-copy-source"), key;
    struct str path = str_cut(&query, '?');
    if (!path.n || !uri_decode(call->req->arena, path, false, &key))
        return false;
    if (str_starts(key, STR("/")))
        key = str_sub(key, 1, key.n);
    ret->bucket = str_cut(&key, '/');
    ret->key = key;
    *ret_query = query;
    return key.n && ret->bucket.n;
}

struct str s3_copy_source_bucket(const struct s3_call *call)
{
    struct s3_copy_source source;
    struct str query;
    return split(call, &source, &query) ? source.bucket : STR_NULL;
}

int s3_copy_source_read(const struct s3_call *call, struct s3_copy_source *ret, struct err *err)
{
    static const struct str version = STR("versionId=");
    struct str query;
    if (!split(call, ret, &query))
        return unclear(err);
    if (str_starts(query, version) && !str_is(str_sub(query, version.n, query.n), "null"))
        return err_set(err, ERR_NOT_IMPLEMENTED, "This store has no versions of objects (versionId).");
    if (!bucket_name_valid(ret->bucket))
        return err_set(err, ERR_INVALID_BUCKET_NAME, "The specified bucket is not valid.");
    if (!object_key_valid(ret->key, err))
        return -1;
    return s3_check_key(call, ret->bucket, ret->key, false, err);
}

int s3_copy_source_check(const struct s3_call *call, const struct object_record *r, struct err *err)
{
    static const char *const names[] = {"if-match", "if-none-match", "if-modified-since",
                                        "if-unmodified-since"};
    struct http_header items[ARRAY_SIZE(names)];
    struct http_headers headers = {items, 0};
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        struct str value =
            s3_header(call, arena_printf(call->req->arena, "x-amz-copy-source-%s", names[i]).p);
        if (value.p)
            items[headers.count++] = (struct http_header){str_from(names[i]), value};
    }
    if (condition_check(&headers, r->etag, r->modified_ms).result == CONDITION_HOLDS)
        return 0;
    return err_set(err, ERR_PRECONDITION, "At least one of the pre-conditions you specified did not hold");
}
