/* ListObjects, ListObjectsV2 and ListObjectVersions. */
#include "objects/s3/list.h"
#include "base/xml.h"
#include "objects/s3/access.h"
#include "objects/s3/call.h"
#include "objects/s3/operation.h"

static const char *const roots[] = {
    [S3_LIST_V1] = "ListBucketResult",
    [S3_LIST_V2] = "ListBucketResult",
    [S3_LIST_VERSIONS] = "ListVersionsResult",
};

static struct str or_empty(struct str s)
{
    return s.p ? s : STR("");
}

/* There is one version of every key, the "null" one. */
void s3_list_object(struct buf *xml, const struct s3_call *call, const struct s3_list *q,
                    const struct object_record *r)
{
    bool version = q->kind == S3_LIST_VERSIONS;
    buf_add_cstr(xml, version ? "<Version>" : "<Contents>");
    s3_list_key(xml, q, "Key", r->key);
    if (version)
        buf_add_cstr(xml, "<VersionId>null</VersionId><IsLatest>true</IsLatest>");
    s3_xml_time(xml, "LastModified", r->modified_ms);
    buf_printf(xml, "<ETag>&quot;%.*s&quot;</ETag>", STR_ARG(r->etag));
    s3_xml_int(xml, "Size", r->size);
    if (q->with_owner)
        s3_xml_owner(xml, call);
    xml_element(xml, "StorageClass", STR("STANDARD"));
    buf_add_cstr(xml, version ? "</Version>" : "</Contents>");
}

static void write_v1(struct buf *xml, const struct s3_list *q, const struct store_object_page *page)
{
    s3_list_key(xml, q, "Marker", or_empty(q->marker));
    if (page->truncated && q->delimiter.n)
        s3_list_key(xml, q, "NextMarker", s3_list_marker(page->next_start_after));
}

static void write_v2(struct buf *xml, const struct s3_call *call, const struct s3_list *q,
                     const struct store_object_page *page)
{
    s3_list_key(xml, q, "StartAfter", q->marker);
    xml_element(xml, "ContinuationToken", q->token);
    s3_xml_int(xml, "KeyCount", (int64_t)(page->object_count + page->prefix_count));
    if (page->truncated)
        xml_element(xml, "NextContinuationToken", s3_list_token(call->req->arena, page->next_start_after));
}

static void write_versions(struct buf *xml, const struct s3_list *q, const struct store_object_page *page)
{
    s3_list_key(xml, q, "KeyMarker", or_empty(q->marker));
    xml_element(xml, "VersionIdMarker", or_empty(q->id));
    if (!page->truncated)
        return;
    s3_list_key(xml, q, "NextKeyMarker", s3_list_marker(page->next_start_after));
    xml_element(xml, "NextVersionIdMarker", STR("null"));
}

void s3_list_head(struct buf *xml, const struct s3_call *call, const struct s3_list *q,
                  const struct store_object_page *page)
{
    xml_element(xml, "Name", call->target.bucket);
    s3_list_key(xml, q, "Prefix", or_empty(q->prefix));
    s3_list_key(xml, q, "Delimiter", q->delimiter.n ? q->delimiter : STR_NULL);
    if (q->kind == S3_LIST_V1)
        write_v1(xml, q, page);
    else if (q->kind == S3_LIST_V2)
        write_v2(xml, call, q, page);
    else
        write_versions(xml, q, page);
    s3_xml_int(xml, "MaxKeys", q->max_keys);
    if (q->url_encoded)
        xml_element(xml, "EncodingType", STR("url"));
    s3_xml_bool(xml, "IsTruncated", page->truncated);
}

static void write_page(struct buf *xml, const struct s3_call *call, const struct s3_list *q,
                       const struct store_object_page *page)
{
    s3_list_head(xml, call, q, page);
    for (size_t i = 0; i < page->object_count; i++)
        s3_list_object(xml, call, q, &page->objects[i]);
    s3_list_prefixes(xml, q, page->prefixes, page->prefix_count);
}

static void got_page(void *ctx, const struct store_object_page *page, const struct err *err)
{
    struct s3_call *call = ctx;
    const struct s3_list *q = call->state;
    if (err) {
        s3_fail(call, err);
        return;
    }
    CLEANUP_BUF struct buf xml;
    s3_xml_begin(&xml, roots[q->kind]);
    write_page(&xml, call, q, page);
    s3_xml_end(&xml, roots[q->kind]);
    s3_respond_xml(call, &xml);
}

/* --- A folder above what the caller may reach: the parts of the way, from the grants alone --- */

static int compare_names(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static struct store_object_page page_of(struct arena *arena, const struct s3_list *q, struct str *names,
                                        size_t count)
{
    struct store_object_page page = {.prefixes = names};
    qsort(names, count, sizeof *names, compare_names);
    for (size_t i = 0; i < count; i++) {
        struct str last = page.prefix_count ? names[page.prefix_count - 1] : q->from;
        if (str_cmp(names[i], last) <= 0)
            continue;
        if (page.prefix_count == (size_t)q->max_keys) {
            page.truncated = q->max_keys > 0;
            break;
        }
        names[page.prefix_count++] = names[i];
    }
    if (page.truncated)
        page.next_start_after = s3_list_behind_prefix(arena, names[page.prefix_count - 1]);
    return page;
}

static void list_way(struct s3_call *call, const struct s3_list *q)
{
    struct arena *arena = call->req->arena;
    struct str *names = arena_array(arena, call->grants->count, sizeof *names);
    size_t count = 0;
    for (size_t i = 0; i < call->grants->count; i++) {
        struct str way = s3_way_to_grant(&call->grants->items[i], call->target.bucket, q->prefix);
        if (way.p)
            names[count++] = way;
    }
    struct store_object_page page = page_of(arena, q, names, count);
    got_page(call, &page, NULL);
}

static void list(struct s3_call *call, enum s3_list_kind kind)
{
    struct s3_list *q = arena_alloc(call->req->arena, sizeof *q);
    struct err err;
    call->state = q;
    if (s3_list_parse(call->req->arena, &call->query, kind, q, &err) < 0) {
        s3_fail(call, &err);
        return;
    }
    if (s3_lists_above_grants(call)) {
        list_way(call, q);
        return;
    }
    struct store_object_list wanted = {
        .bucket = call->target.bucket,
        .prefix = q->prefix,
        .delimiter = q->delimiter.n ? q->delimiter : STR_NULL,
        .start_after = q->from,
        .limit = (size_t)q->max_keys,
    };
    store_list_objects(call->endpoint->store, &wanted, got_page, call);
}

void s3_list_objects(struct s3_call *call)
{
    list(call, S3_LIST_V1);
}

void s3_list_objects_v2(struct s3_call *call)
{
    list(call, S3_LIST_V2);
}

void s3_list_object_versions(struct s3_call *call)
{
    list(call, S3_LIST_VERSIONS);
}
