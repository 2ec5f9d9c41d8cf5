/* ListMultipartUploads. */
#include "base/xml.h"
#include "objects/s3/call.h"
#include "objects/s3/list.h"
#include "objects/s3/operation.h"

static struct str or_empty(struct str s)
{
    return s.p ? s : STR("");
}

static void write_upload(struct buf *xml, const struct s3_call *call, const struct s3_list *q,
                         const struct upload_record *u)
{
    buf_add_cstr(xml, "<Upload>");
    s3_list_key(xml, q, "Key", u->key);
    xml_element(xml, "UploadId", u->id);
    s3_xml_initiator(xml, call);
    s3_xml_owner(xml, call);
    xml_element(xml, "StorageClass", STR("STANDARD"));
    s3_xml_time(xml, "Initiated", u->initiated_ms);
    buf_add_cstr(xml, "</Upload>");
}

static void write_page(struct buf *xml, const struct s3_call *call, const struct s3_list *q,
                       const struct store_upload_page *page)
{
    xml_element(xml, "Bucket", call->target.bucket);
    s3_list_key(xml, q, "KeyMarker", or_empty(q->marker));
    xml_element(xml, "UploadIdMarker", or_empty(q->id));
    if (page->truncated) {
        s3_list_key(xml, q, "NextKeyMarker", s3_list_marker(page->next_key));
        xml_element(xml, "NextUploadIdMarker", or_empty(page->next_id));
    }
    s3_list_key(xml, q, "Delimiter", q->delimiter.n ? q->delimiter : STR_NULL);
    s3_list_key(xml, q, "Prefix", or_empty(q->prefix));
    s3_xml_int(xml, "MaxUploads", q->max_keys);
    if (q->url_encoded)
        xml_element(xml, "EncodingType", STR("url"));
    s3_xml_bool(xml, "IsTruncated", page->truncated);
    for (size_t i = 0; i < page->upload_count; i++)
        write_upload(xml, call, q, &page->uploads[i]);
    s3_list_prefixes(xml, q, page->prefixes, page->prefix_count);
}

static void got_page(void *ctx, const struct store_upload_page *page, const struct err *err)
{
    struct s3_call *call = ctx;
    if (err) {
        s3_fail(call, err);
        return;
    }
    CLEANUP_BUF struct buf xml;
    s3_xml_begin(&xml, "ListMultipartUploadsResult");
    write_page(&xml, call, call->state, page);
    s3_xml_end(&xml, "ListMultipartUploadsResult");
    s3_respond_xml(call, &xml);
}

void s3_list_multipart_uploads(struct s3_call *call)
{
    struct s3_list *q = arena_alloc(call->req->arena, sizeof *q);
    struct err err;
    call->state = q;
    if (s3_list_parse(call->req->arena, &call->query, S3_LIST_UPLOADS, q, &err) < 0) {
        s3_fail(call, &err);
        return;
    }
    struct store_upload_list wanted = {
        .bucket = call->target.bucket,
        .prefix = q->prefix,
        .delimiter = q->delimiter.n ? q->delimiter : STR_NULL,
        .after_key = q->from.n ? q->from : STR_NULL,
        .after_id = q->id.n ? q->id : STR_NULL,
        .limit = (size_t)q->max_keys,
    };
    store_list_uploads(call->endpoint->store, &wanted, got_page, call);
}
