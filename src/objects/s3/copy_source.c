#include "objects/s3/copy_source.h"

#include "base/encode.h"
#include "base/xml.h"
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
    if (!split(call, ret, &query) || (query.p && !str_starts(query, version)))
        return unclear(err); /* a key's own question mark is encoded */
    if (query.p && !str_is(str_sub(query, version.n, query.n), "null"))
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

int s3_copy_directive(const struct s3_call *call, const char *header, bool *ret, struct err *err)
{
    struct str text = s3_header(call, header);
    *ret = str_is(text, "REPLACE");
    if (!text.p || *ret || str_is(text, "COPY"))
        return 0;
    return err_set(err, ERR_INVALID_ARGUMENT, "Unknown directive in the header %s.", header);
}

int s3_copy_range(const struct s3_call *call, uint64_t size, struct byte_range *ret, struct err *err)
{
    struct str header = s3_header(call, "x-amz-copy-source-range");
    struct str last = header;
    struct str first = str_cut(&last, '=');
    uint64_t from, to;
    *ret = (struct byte_range){RANGE_WHOLE, 0, size};
    if (!header.p)
        return 0;
    first = str_is(first, "bytes") ? str_cut(&last, '-') : STR_NULL;
    if (!str_to_u64(first, &from) || !str_to_u64(last, &to) || from > to)
        return err_set(err, ERR_INVALID_ARGUMENT,
                       "The x-amz-copy-source-range value must be of the form bytes=first-last where first "
                       "and last are the zero-based offsets of the first and last bytes to copy");
    if (to >= size)
        return err_set(err, ERR_INVALID_RANGE, "Range specified is not valid for source object of size: %llu",
                       (unsigned long long)size);
    *ret = (struct byte_range){RANGE_PART, from, to - from + 1};
    return 0;
}

void s3_copy_result(struct s3_call *call, const char *root, struct str etag, int64_t modified_ms,
                    const struct s3_checksum *checksum)
{
    CLEANUP_BUF struct buf xml;
    s3_xml_begin(&xml, root);
    s3_xml_time(&xml, "LastModified", modified_ms);
    buf_printf(&xml, "<ETag>&quot;%.*s&quot;</ETag>", STR_ARG(etag));
    if (checksum->header) {
        xml_element(&xml, arena_printf(call->req->arena, "Checksum%s", checksum->name).p, checksum->value);
        if (strcmp(root, "CopyObjectResult") == 0)
            xml_element(&xml, "ChecksumType", str_from(s3_checksum_type(checksum->value)));
    }
    s3_xml_end(&xml, root);
    s3_respond_xml(call, &xml);
}
