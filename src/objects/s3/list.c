/* ListObjectsV2. */
#include "objects/s3/list.h"
#include "base/encode.h"
#include "base/xml.h"
#include "objects/s3/call.h"
#include "objects/s3/operation.h"

enum { KEYS_MAX = 1000, TOKEN_PLAIN_MAX = 4096, TOKEN_MAX = 8192 };

/* --- Parameters --- */

/* Behind the version of the token's form: the key from which the next page goes on. */
static const struct str token_version = STR("1");

struct str s3_list_token(struct arena *arena, struct str next_start_after)
{
    CLEANUP_BUF struct buf plain;
    CLEANUP_BUF struct buf token;
    buf_init(&plain, TOKEN_PLAIN_MAX);
    buf_init(&token, TOKEN_MAX);
    buf_add_str(&plain, token_version);
    buf_add_str(&plain, next_start_after);
    base64_add(&token, plain.p, plain.n);
    return arena_str(arena, buf_str(&token));
}

static bool read_token(struct arena *arena, struct str token, struct str *ret)
{
    char *plain = arena_alloc(arena, token.n + 1);
    size_t n;
    if (!token.n || !base64_decode(token, plain, token.n, &n) || !str_starts(str_of(plain, n), token_version))
        return false;
    *ret = str_of(plain + token_version.n, n - token_version.n);
    return true;
}

static bool read_encoding(struct str encoding, bool *ret_url)
{
    *ret_url = str_is(encoding, "url");
    return !encoding.n || *ret_url;
}

int s3_list_parse(struct arena *arena, const struct s3_query *query, struct s3_list *ret, struct err *err)
{
    struct s3_list q = {
        .prefix = s3_query_get(query, "prefix"),
        .delimiter = s3_query_get(query, "delimiter"),
        .start_after = s3_query_get(query, "start-after"),
        .token = s3_query_get(query, "continuation-token"),
        .fetch_owner = str_is(s3_query_get(query, "fetch-owner"), "true"),
    };
    if (!str_is(s3_query_get(query, "list-type"), "2"))
        return err_set(err, ERR_INVALID_ARGUMENT, "The list-type must be 2.");
    if (s3_query_int(query, "max-keys", INT32_MAX, KEYS_MAX, &q.max_keys, err) < 0)
        return -1;
    if (!read_encoding(s3_query_get(query, "encoding-type"), &q.url_encoded))
        return err_set(err, ERR_INVALID_ARGUMENT, "Invalid Encoding Method specified in Request");
    q.from = q.start_after;
    if (q.token.p && !read_token(arena, q.token, &q.from))
        return err_set(err, ERR_INVALID_ARGUMENT, "The continuation token provided is incorrect");
    if (q.max_keys > KEYS_MAX)
        q.max_keys = KEYS_MAX;
    *ret = q;
    return 0;
}

/* --- The answer --- */

/* A key or a part of one, as the client asked for it; nothing if it is absent. */
static void key_element(struct buf *xml, const struct s3_list *q, const char *name, struct str key)
{
    if (!q->url_encoded || !key.p) {
        xml_element(xml, name, key);
        return;
    }
    buf_printf(xml, "<%s>", name);
    uri_encode_add(xml, key, true);
    buf_printf(xml, "</%s>", name);
}

static void etag_element(struct buf *xml, struct str etag)
{
    buf_printf(xml, "<ETag>&quot;%.*s&quot;</ETag>", STR_ARG(etag));
}

static void write_object(struct buf *xml, const struct s3_call *call, const struct s3_list *q,
                         const struct object_record *r)
{
    buf_add_cstr(xml, "<Contents>");
    key_element(xml, q, "Key", r->key);
    s3_xml_time(xml, "LastModified", r->modified_ms);
    etag_element(xml, r->etag);
    s3_xml_int(xml, "Size", r->size);
    if (q->fetch_owner)
        s3_xml_owner(xml, call);
    xml_element(xml, "StorageClass", STR("STANDARD"));
    buf_add_cstr(xml, "</Contents>");
}

static void write_prefix(struct buf *xml, const struct s3_list *q, struct str prefix)
{
    buf_add_cstr(xml, "<CommonPrefixes>");
    key_element(xml, q, "Prefix", prefix);
    buf_add_cstr(xml, "</CommonPrefixes>");
}

static void write_parameters(struct buf *xml, const struct s3_call *call, const struct s3_list *q)
{
    xml_element(xml, "Name", call->target.bucket);
    key_element(xml, q, "Prefix", q->prefix.p ? q->prefix : STR(""));
    key_element(xml, q, "Delimiter", q->delimiter.n ? q->delimiter : STR_NULL);
    key_element(xml, q, "StartAfter", q->start_after);
    xml_element(xml, "ContinuationToken", q->token);
    s3_xml_int(xml, "MaxKeys", q->max_keys);
    if (q->url_encoded)
        xml_element(xml, "EncodingType", STR("url"));
}

static void write_page(struct buf *xml, const struct s3_call *call, const struct s3_list *q,
                       const struct store_object_page *page)
{
    write_parameters(xml, call, q);
    s3_xml_int(xml, "KeyCount", (int64_t)(page->object_count + page->prefix_count));
    s3_xml_bool(xml, "IsTruncated", page->truncated);
    if (page->truncated)
        xml_element(xml, "NextContinuationToken", s3_list_token(call->req->arena, page->next_start_after));
    for (size_t i = 0; i < page->object_count; i++)
        write_object(xml, call, q, &page->objects[i]);
    for (size_t i = 0; i < page->prefix_count; i++)
        write_prefix(xml, q, page->prefixes[i]);
}

static void got_page(void *ctx, const struct store_object_page *page, const struct err *err)
{
    struct s3_call *call = ctx;
    if (err) {
        s3_fail(call, err);
        return;
    }
    CLEANUP_BUF struct buf xml;
    s3_xml_begin(&xml, "ListBucketResult");
    write_page(&xml, call, call->state, page);
    s3_xml_end(&xml, "ListBucketResult");
    s3_respond_xml(call, &xml);
}

static void list(struct s3_call *call, const struct s3_list *q)
{
    struct store_object_list wanted = {
        .bucket = call->target.bucket,
        .prefix = q->prefix,
        .delimiter = q->delimiter.n ? q->delimiter : STR_NULL,
        .start_after = q->from,
        .limit = (size_t)q->max_keys,
    };
    store_list_objects(call->endpoint->store, &wanted, got_page, call);
}

void s3_list_objects_v2(struct s3_call *call)
{
    struct s3_list *q = arena_alloc(call->req->arena, sizeof *q);
    struct err err;
    call->state = q;
    if (s3_list_parse(call->req->arena, &call->query, q, &err) < 0)
        s3_fail(call, &err);
    else
        list(call, q);
}
