/* CompleteMultipartUpload: what the client lists is compared with the parts that are there; then one commit
 * makes the object of their blobs. A client that asks again, as it does when an answer was lost, gets the
 * same answer for as long as the upload is remembered. */
#include "objects/s3/complete.h"

#include "base/encode.h"
#include "base/xml.h"
#include "objects/s3/conditional.h"
#include "objects/s3/meta.h"
#include "objects/s3/operation.h"
#include "objects/s3/xml_read.h"
#include "store/pieces.h"

enum { ATTEMPTS_MAX = 4, PARTS_TEXT_MAX = 2 * 1024 * 1024, PIECES_TEXT_MAX = 8 * 1024 * 1024 };

struct completion {
    struct s3_call *call;
    struct arena *arena;         /* of the document */
    struct upload_record upload; /* strings in the request's arena */
    struct s3_checksum algorithm;
    struct s3_wanted wanted;
    struct object_condition condition;
    int64_t size;
    struct str etag;
    struct str checksum; /* of the object; absent: one of a part is not known */
};

static void finish(struct completion *c, const struct err *err)
{
    arena_free(c->arena);
    if (err) {
        s3_fail(c->call, err);
        return;
    }
    const struct s3_target *target = &c->call->target;
    CLEANUP_BUF struct buf xml;
    s3_xml_begin(&xml, "CompleteMultipartUploadResult");
    buf_printf(&xml, "<Location>http%s://", c->call->req->tls ? "s" : "");
    xml_escape(&xml, c->call->req->host);
    xml_escape(&xml, c->call->req->path);
    buf_add_cstr(&xml, "</Location>");
    xml_element(&xml, "Bucket", target->bucket);
    xml_element(&xml, "Key", target->key);
    buf_printf(&xml, "<ETag>&quot;%.*s&quot;</ETag>", STR_ARG(c->etag));
    if (c->checksum.n) {
        xml_element(&xml, arena_printf(c->call->req->arena, "Checksum%s", c->algorithm.name).p, c->checksum);
        xml_element(&xml, "ChecksumType", str_from(s3_checksum_type(c->checksum)));
    }
    s3_xml_end(&xml, "CompleteMultipartUploadResult");
    s3_respond_xml(c->call, &xml);
}

/* --- What the parts become --- */

/* The MD5 of the parts' MD5s, and how many there are. False where an entity tag is none of a part. */
static bool make_etag(struct completion *c)
{
    unsigned char md5[DIGEST_SIZE_MAX];
    char hex[2 * 16 + 1];
    CLEANUP_DIGEST struct digest d;
    digest_init(&d, DIGEST_MD5);
    for (size_t i = 0; i < c->wanted.count; i++) {
        if (!hex_decode(c->wanted.parts[i].etag, md5, 16))
            return false;
        digest_update(&d, str_of(md5, 16));
    }
    digest_final(&d, md5);
    hex_encode(md5, 16, hex);
    c->etag = arena_printf(c->call->req->arena, "%s-%zu", hex, c->wanted.count);
    return true;
}

static bool decode_checksum(const struct completion *c, struct str text, unsigned char ret[DIGEST_SIZE_MAX])
{
    size_t n;
    return base64_decode(text, ret, DIGEST_SIZE_MAX, &n) && n == digest_size(c->algorithm.kind);
}

static struct str full_object(const struct completion *c, const struct part_record *const *parts)
{
    unsigned char whole[DIGEST_SIZE_MAX], part[DIGEST_SIZE_MAX];
    for (size_t i = 0; i < c->wanted.count; i++) {
        if (!decode_checksum(c, parts[i]->checksum, i ? part : whole))
            return STR_NULL;
        if (i)
            digest_combine(c->algorithm.kind, whole, part, (uint64_t)parts[i]->size);
    }
    return s3_checksum_text(&c->algorithm, whole, c->call->req->arena);
}

static struct str composite(const struct completion *c, const struct part_record *const *parts)
{
    struct arena *arena = c->call->req->arena;
    unsigned char sum[DIGEST_SIZE_MAX];
    CLEANUP_DIGEST struct digest d;
    digest_init(&d, c->algorithm.kind);
    for (size_t i = 0; i < c->wanted.count; i++) {
        if (!decode_checksum(c, parts[i]->checksum, sum))
            return STR_NULL;
        digest_update(&d, str_of(sum, digest_size(c->algorithm.kind)));
    }
    digest_final(&d, sum);
    struct str text = s3_checksum_text(&c->algorithm, sum, arena);
    return arena_printf(arena, "%.*s-%zu", STR_ARG(text), c->wanted.count);
}

/* --- What was promised --- */

static int invalid_part(struct err *err)
{
    return err_set(err, ERR_INVALID_PART,
                   "One or more of the specified parts could not be found. The part may not have been "
                   "uploaded, or the specified entity tag may not match the part's entity tag.");
}

static int check_part(const struct s3_wanted_part *w, const struct part_record *r, bool last, struct err *err)
{
    if (!str_eq(w->etag, r->etag) || (w->checksum.p && !str_eq(w->checksum, r->checksum)))
        return invalid_part(err);
    if (!last && r->size < S3_PART_SIZE_MIN)
        return err_set(err, ERR_PART_TOO_SMALL,
                       "Your proposed upload is smaller than the minimum allowed size");
    return 0;
}

/* The parts that are there, in the order of the client's list. */
static int match(struct completion *c, const struct part_record *r, size_t count,
                 const struct part_record **ret, struct err *err)
{
    c->size = 0;
    for (size_t i = 0, k = 0; i < c->wanted.count; i++) {
        const struct s3_wanted_part *w = &c->wanted.parts[i];
        while (k < count && r[k].number < w->number)
            k++;
        if (k == count || r[k].number != w->number)
            return invalid_part(err);
        if (check_part(w, &r[k], i + 1 == c->wanted.count, err) < 0)
            return -1;
        c->size += r[k].size;
        ret[i] = &r[k];
    }
    return 0;
}

static int check_size(const struct completion *c, struct err *err)
{
    struct str text = s3_header(c->call, "x-amz-mp-object-size");
    uint64_t size;
    if (!text.p || (str_to_u64(text, &size) && size == (uint64_t)c->size))
        return 0;
    return err_set(err, ERR_INVALID_REQUEST,
                   "The provided 'x-amz-mp-object-size' header value does not match what was computed.");
}

/* SDKs send a composite one with the number of parts behind it or without. */
static bool is_checksum(struct str checksum, struct str sent)
{
    return str_eq(sent, checksum) || (checksum.p && str_eq(sent, str_cut(&checksum, '-')));
}

/* The checksum of the whole that the client may send. */
static int check_checksum(const struct completion *c, struct err *err)
{
    struct str type = s3_header(c->call, "x-amz-checksum-type");
    struct str sent = s3_header(c->call, c->algorithm.header);
    if (type.p && !str_is(type, s3_upload_is_full_object(&c->upload) ? "FULL_OBJECT" : "COMPOSITE"))
        return err_set(err, ERR_INVALID_REQUEST,
                       "The upload was created using the %s checksum mode. The complete request must use the "
                       "same checksum mode.",
                       s3_upload_is_full_object(&c->upload) ? "FULL_OBJECT" : "COMPOSITE");
    if (sent.p && !is_checksum(c->checksum, sent))
        return err_set(err, ERR_BAD_DIGEST, "The %s you specified did not match the calculated checksum.",
                       c->algorithm.name);
    return 0;
}

/* --- The commit --- */

static void list_parts(struct completion *c);

static void committed(void *ctx, const struct err *err)
{
    struct completion *c = ctx;
    if (err && err->code == ERR_BLOB_GONE && ++c->call->attempts < ATTEMPTS_MAX) {
        list_parts(c);
        return;
    }
    if (!err)
        objects_sweep(c->call->endpoint->objects);
    finish(c, err);
}

static void write_parts(const struct completion *c, const struct part_record *const *parts, struct buf *text,
                        struct buf *pieces)
{
    for (size_t i = 0; i < c->wanted.count; i++) {
        s3_parts_add(text, &(struct s3_part){parts[i]->number, (uint64_t)parts[i]->size, parts[i]->checksum});
        buf_add_str(pieces, parts[i]->pieces);
    }
}

static int commit(struct completion *c, const struct part_record *const *parts, struct err *err)
{
    struct store *store = c->call->endpoint->store;
    CLEANUP_BUF struct buf text;
    CLEANUP_BUF struct buf pieces;
    buf_init(&text, PARTS_TEXT_MAX);
    buf_init(&pieces, PIECES_TEXT_MAX);
    write_parts(c, parts, &text, &pieces);
    if (text.overflow || pieces.overflow)
        return err_set(err, ERR_TOO_LARGE, "The object would have too many pieces.");
    struct object_record r = {
        .bucket = c->upload.bucket,
        .key = c->upload.key,
        .size = c->size,
        .etag = c->etag,
        .content_type = c->upload.content_type,
        .tags = c->upload.tags,
        .parts = buf_str(&text),
        .pieces = buf_str(&pieces),
        .modified_ms = s3_now_ms(c->call),
    };
    if (s3_meta_with_checksum(c->arena, c->upload.meta, c->algorithm.name, c->checksum, &r.meta, err) < 0)
        return -1;
    struct store_batch *batch = store_batch_new(store);
    store_complete_upload(batch, c->upload.id, c->checksum, &r, &c->condition);
    store_commit(store, batch, committed, c);
    return 0;
}

static int complete(struct completion *c, const struct part_record *r, size_t count, struct err *err)
{
    const struct part_record **parts = arena_array(c->arena, c->wanted.count, sizeof *parts);
    if (match(c, r, count, parts, err) < 0 || check_size(c, err) < 0)
        return -1;
    if (!make_etag(c))
        return invalid_part(err);
    c->checksum = s3_upload_is_full_object(&c->upload) ? full_object(c, parts) : composite(c, parts);
    return check_checksum(c, err) < 0 ? -1 : commit(c, parts, err);
}

static s3_upload_fn found;

static void got_parts(void *ctx, const struct part_record *r, size_t count, const struct err *err)
{
    struct completion *c = ctx;
    struct err wrong;
    if (err)
        finish(c, err);
    else if (count == 0 && ++c->call->attempts < ATTEMPTS_MAX)
        s3_upload_find(c->call, found, c); /* it may have ended since it was found */
    else if (complete(c, r, count, &wrong) < 0)
        finish(c, &wrong);
}

static void list_parts(struct completion *c)
{
    store_list_parts(c->call->endpoint->store, c->upload.id, 0, S3_PART_NUMBER_MAX, got_parts, c);
}

/* --- The upload --- */

static void keep_upload(struct completion *c, const struct upload_record *u)
{
    struct arena *a = c->call->req->arena;
    c->upload = *u;
    struct str *all[] = {&c->upload.id,           &c->upload.bucket,        &c->upload.key,
                         &c->upload.meta,         &c->upload.content_type,  &c->upload.tags,
                         &c->upload.checksum,     &c->upload.checksum_type, &c->upload.done_etag,
                         &c->upload.done_checksum};
    for (size_t i = 0; i < ARRAY_SIZE(all); i++)
        *all[i] = arena_str(a, *all[i]);
}

/* The upload is complete already: the same answer for the same parts. */
static void answer_again(struct completion *c)
{
    struct err err;
    c->checksum = c->upload.done_checksum;
    bool same = make_etag(c) && str_eq(c->etag, c->upload.done_etag);
    if (!same)
        s3_no_such_upload(&err);
    finish(c, same ? NULL : &err);
}

static void found(void *ctx, const struct upload_record *u, const struct err *err)
{
    struct completion *c = ctx;
    struct err wrong;
    if (err) {
        finish(c, err);
        return;
    }
    keep_upload(c, u);
    arena_reset(c->arena); /* the document is read anew where the upload is looked up again */
    c->algorithm = s3_upload_checksum(u);
    if (s3_wanted_read(c->arena, c->call->req->body, &c->algorithm, &c->wanted, &wrong) < 0)
        finish(c, &wrong);
    else if (u->done_etag.p)
        answer_again(c);
    else
        list_parts(c);
}

void s3_complete_multipart_upload(struct s3_call *call)
{
    struct completion *c = arena_alloc(call->req->arena, sizeof *c);
    struct err err;
    c->call = call;
    if (condition_for_write(&call->req->headers, &c->condition, &err) < 0) {
        s3_fail(call, &err);
        return;
    }
    c->arena = arena_new(XML_READ_ARENA_BYTES);
    s3_upload_find(call, found, c);
}
