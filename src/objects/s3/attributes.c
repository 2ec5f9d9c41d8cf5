/* GetObjectAttributes. */
#include "base/xml.h"
#include "objects/s3/call.h"
#include "objects/s3/conditional.h"
#include "objects/s3/meta.h"
#include "objects/s3/operation.h"
#include "objects/s3/parts.h"

enum { PARTS_PAGE_MAX = 1000 };

/* In the order of the answer. */
enum attribute { ETAG, CHECKSUM, PARTS, CLASS, SIZE, ATTRIBUTES };
static const char *const names[ATTRIBUTES] = {"ETag", "Checksum", "ObjectParts", "StorageClass",
                                              "ObjectSize"};

struct question {
    struct s3_call *call;
    bool wanted[ATTRIBUTES];
    int64_t marker;
    int64_t max_parts;
};

static int read_number(const struct s3_call *call, const char *header, int64_t *ret, struct err *err)
{
    struct str text = s3_header(call, header);
    if (!text.p || (str_to_i64(text, ret) && *ret >= 0))
        return 0;
    return err_set(err, ERR_INVALID_ARGUMENT, "The header %s is no number.", header);
}

static int read_names(struct question *q, struct err *err)
{
    struct str rest = s3_header(q->call, "x-amz-object-attributes");
    if (!rest.n)
        return err_set(err, ERR_INVALID_ARGUMENT,
                       "The x-amz-object-attributes header specifying the attributes to be retrieved is "
                       "either missing or empty");
    while (rest.p) {
        struct str name = str_trim(str_cut(&rest, ','));
        size_t i = 0;
        while (i < ATTRIBUTES && !str_is(name, names[i]))
            i++;
        if (i == ATTRIBUTES)
            return err_set(err, ERR_INVALID_ARGUMENT, "Invalid attribute name specified.");
        q->wanted[i] = true;
    }
    return 0;
}

static void write_checksum(struct buf *xml, const struct question *q, const struct s3_checksum *checksum)
{
    if (!checksum->header)
        return;
    buf_add_cstr(xml, "<Checksum>");
    xml_element(xml, arena_printf(q->call->req->arena, "Checksum%s", checksum->name).p, checksum->value);
    xml_element(xml, "ChecksumType", str_from(s3_checksum_type(checksum->value)));
    buf_add_cstr(xml, "</Checksum>");
}

static void write_part(struct buf *xml, const struct question *q, const struct s3_checksum *checksum,
                       const struct s3_part *part)
{
    buf_add_cstr(xml, "<Part>");
    s3_xml_int(xml, "PartNumber", part->number);
    s3_xml_int(xml, "Size", (int64_t)part->size);
    if (checksum->header && part->checksum.n)
        xml_element(xml, arena_printf(q->call->req->arena, "Checksum%s", checksum->name).p, part->checksum);
    buf_add_cstr(xml, "</Part>");
}

/* A part is listed where it has a checksum of its own, as on S3. */
static void write_parts(struct buf *xml, const struct question *q, const struct s3_checksum *checksum,
                        struct str parts)
{
    struct s3_part part;
    int64_t shown = 0, last = q->marker;
    bool truncated = false;
    buf_add_cstr(xml, "<ObjectParts>");
    s3_xml_int(xml, "PartsCount", (int64_t)s3_parts_count(parts));
    for (struct str rest = parts; s3_parts_next(&rest, &part);) {
        if (part.number <= q->marker || !part.checksum.n)
            continue;
        truncated = shown == q->max_parts;
        if (truncated)
            break;
        write_part(xml, q, checksum, &part);
        last = part.number;
        shown++;
    }
    s3_xml_int(xml, "PartNumberMarker", q->marker);
    s3_xml_int(xml, "NextPartNumberMarker", last);
    s3_xml_int(xml, "MaxParts", q->max_parts);
    s3_xml_bool(xml, "IsTruncated", truncated);
    buf_add_cstr(xml, "</ObjectParts>");
}

static void respond(void *ctx, const struct object_record *r)
{
    const struct question *q = ctx;
    struct s3_checksum checksum;
    struct err err;
    if (s3_meta_checksum(q->call->req->arena, r->meta, &checksum, &err) < 0) {
        s3_fail(q->call, &err);
        return;
    }
    CLEANUP_BUF struct buf xml;
    s3_xml_begin(&xml, "GetObjectAttributesResponse");
    if (q->wanted[ETAG])
        xml_element(&xml, "ETag", r->etag);
    if (q->wanted[CHECKSUM])
        write_checksum(&xml, q, &checksum);
    if (q->wanted[PARTS] && r->parts.n)
        write_parts(&xml, q, &checksum, r->parts);
    if (q->wanted[CLASS])
        xml_element(&xml, "StorageClass", STR("STANDARD"));
    if (q->wanted[SIZE])
        s3_xml_int(&xml, "ObjectSize", r->size);
    s3_xml_end(&xml, "GetObjectAttributesResponse");
    s3_add_last_modified(q->call, r->modified_ms);
    s3_respond_xml(q->call, &xml);
}

void s3_get_object_attributes(struct s3_call *call)
{
    struct question *q = arena_alloc(call->req->arena, sizeof *q);
    struct err err;
    *q = (struct question){.call = call, .max_parts = PARTS_PAGE_MAX};
    if (read_names(q, &err) < 0 || read_number(call, "x-amz-max-parts", &q->max_parts, &err) < 0 ||
        read_number(call, "x-amz-part-number-marker", &q->marker, &err) < 0) {
        s3_fail(call, &err);
        return;
    }
    if (q->max_parts > PARTS_PAGE_MAX)
        q->max_parts = PARTS_PAGE_MAX;
    s3_with_object(call, respond, q);
}
