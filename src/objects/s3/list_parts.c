/* ListParts. */
#include "base/xml.h"
#include "objects/s3/operation.h"
#include "objects/s3/upload.h"

enum { PARTS_PAGE_MAX = 1000 };

struct listing {
    struct s3_call *call;
    int64_t marker;
    int64_t max;
    struct str checksum; /* algorithm, as the next */
    struct str checksum_type;
};

static void write_owner(struct buf *xml, const struct s3_call *call)
{
    s3_xml_initiator(xml, call);
    s3_xml_owner(xml, call);
    xml_element(xml, "StorageClass", STR("STANDARD"));
}

static void write_part(struct buf *xml, const struct listing *l, const struct part_record *r)
{
    buf_add_cstr(xml, "<Part>");
    s3_xml_int(xml, "PartNumber", r->number);
    s3_xml_time(xml, "LastModified", r->modified_ms);
    buf_printf(xml, "<ETag>&quot;%.*s&quot;</ETag>", STR_ARG(r->etag));
    s3_xml_int(xml, "Size", r->size);
    if (l->checksum.p)
        xml_element(xml, arena_printf(l->call->req->arena, "Checksum%.*s", STR_ARG(l->checksum)).p,
                    r->checksum);
    buf_add_cstr(xml, "</Part>");
}

static void write_page(struct buf *xml, const struct listing *l, const struct part_record *r, size_t count)
{
    bool truncated = count > (size_t)l->max;
    size_t shown = truncated ? (size_t)l->max : count;
    xml_element(xml, "Bucket", l->call->target.bucket);
    xml_element(xml, "Key", l->call->target.key);
    xml_element(xml, "UploadId", s3_query_get(&l->call->query, "uploadId"));
    write_owner(xml, l->call);
    s3_xml_int(xml, "PartNumberMarker", l->marker);
    s3_xml_int(xml, "NextPartNumberMarker", shown ? r[shown - 1].number : 0);
    s3_xml_int(xml, "MaxParts", l->max);
    s3_xml_bool(xml, "IsTruncated", truncated);
    xml_element(xml, "ChecksumAlgorithm", l->checksum);
    xml_element(xml, "ChecksumType", l->checksum_type);
    for (size_t i = 0; i < shown; i++)
        write_part(xml, l, &r[i]);
}

static void got_parts(void *ctx, const struct part_record *r, size_t count, const struct err *err)
{
    const struct listing *l = ctx;
    if (err) {
        s3_fail(l->call, err);
        return;
    }
    CLEANUP_BUF struct buf xml;
    s3_xml_begin(&xml, "ListPartsResult");
    write_page(&xml, l, r, count);
    s3_xml_end(&xml, "ListPartsResult");
    s3_respond_xml(l->call, &xml);
}

static void found(void *ctx, const struct upload_record *u, const struct err *err)
{
    struct listing *l = ctx;
    struct err wrong;
    if (!err && u->done_etag.p) {
        s3_no_such_upload(&wrong);
        err = &wrong;
    }
    if (err) {
        s3_fail(l->call, err);
        return;
    }
    l->checksum = arena_str(l->call->req->arena, u->checksum);
    l->checksum_type = arena_str(l->call->req->arena, u->checksum_type);
    store_list_parts(l->call->endpoint->store, u->id, l->marker, (size_t)l->max + 1, got_parts, l);
}

void s3_list_parts(struct s3_call *call)
{
    struct listing *l = arena_alloc(call->req->arena, sizeof *l);
    struct err err;
    l->call = call;
    if (s3_query_int(&call->query, "max-parts", INT32_MAX, PARTS_PAGE_MAX, &l->max, &err) < 0 ||
        s3_query_int(&call->query, "part-number-marker", INT32_MAX, 0, &l->marker, &err) < 0) {
        s3_fail(call, &err);
        return;
    }
    if (l->max > PARTS_PAGE_MAX)
        l->max = PARTS_PAGE_MAX;
    s3_upload_find(call, found, l);
}
