/* UploadPartCopy: a part that shares the blobs of an object, or of a range of it. An object that is a row has
 * none: its bytes are written. The entity tag of a part of blobs names its content; it is the MD5 only where
 * that is known. */
#include "base/encode.h"
#include "objects/s3/copy_source.h"
#include "objects/s3/meta.h"
#include "objects/s3/operation.h"
#include "objects/s3/refuse.h"
#include "objects/s3/upload.h"
#include "store/pieces.h"

enum { ATTEMPTS_MAX = 4, PIECES_TEXT_MAX = 4 * 1024 * 1024, MD5_HEX_LEN = 32 };

struct copy {
    struct s3_call *call;
    struct s3_copy_source source;
    struct s3_checksum expected; /* of the upload */
    bool chosen;                 /* when the upload was begun */
    struct part_record part;
};

static void look_up(struct copy *c);

static void committed(void *ctx, const struct err *err)
{
    struct copy *c = ctx;
    if (err && err->code == ERR_BLOB_GONE && ++c->call->attempts < ATTEMPTS_MAX) {
        look_up(c);
        return;
    }
    if (err) {
        s3_fail(c->call, err);
        return;
    }
    objects_sweep(c->call->endpoint->objects);
    struct s3_checksum checksum = c->chosen ? c->expected : (struct s3_checksum){0};
    checksum.value = c->part.checksum;
    s3_copy_result(c->call, "CopyPartResult", c->part.etag, c->part.modified_ms, &checksum);
}

/* --- A row's bytes --- */

static void written(void *ctx, struct object_body *body, const struct err *err)
{
    struct copy *c = ctx;
    struct s3_endpoint *e = c->call->endpoint;
    struct arena *a = c->call->req->arena;
    if (err) {
        s3_fail(c->call, err);
        return;
    }
    c->part.etag = arena_str(a, str_from(object_body_info(body)->etag));
    c->part.checksum = s3_checksum_text(&c->expected, object_body_digest(body, c->expected.kind), a);
    struct store_batch *batch = store_batch_new(e->store);
    objects_add_part(e->objects, batch, &c->part, body);
    store_commit(e->store, batch, committed, c);
}

static void write_bytes(struct copy *c, struct str bytes)
{
    struct object_writer *w = object_writer_new(c->call->endpoint->objects, (int64_t)bytes.n, NULL, NULL);
    object_writer_in_file(w);
    object_writer_digest(w, c->expected.kind);
    object_writer_add(w, bytes);
    object_writer_finish(w, written, c);
}

/* --- Blobs --- */

static struct str name_content(struct arena *a, struct str pieces)
{
    unsigned char md5[DIGEST_SIZE_MAX];
    char hex[MD5_HEX_LEN + 1];
    digest_of(DIGEST_MD5, pieces, md5);
    hex_encode(md5, digest_size(DIGEST_MD5), hex);
    return arena_str(a, str_from(hex));
}

static void put_part(struct copy *c)
{
    struct store *store = c->call->endpoint->store;
    struct store_batch *batch = store_batch_new(store);
    store_put_part(batch, &c->part);
    store_commit(store, batch, committed, c);
}

static void hashed(void *ctx, const unsigned char *md5, const unsigned char *digest, const struct err *err)
{
    struct copy *c = ctx;
    struct arena *a = c->call->req->arena;
    char hex[MD5_HEX_LEN + 1];
    if (err) {
        s3_fail(c->call, err);
        return;
    }
    hex_encode(md5, digest_size(DIGEST_MD5), hex);
    c->part.etag = arena_str(a, str_from(hex));
    c->part.checksum = s3_checksum_text(&c->expected, digest, a);
    put_part(c);
}

/* The upload wants a checksum of its parts, and nobody knows it: the content is read. */
static void hash_content(struct copy *c)
{
    struct objects *objects = c->call->endpoint->objects;
    struct http_pieces pieces;
    struct err err;
    size_t n;
    const struct object_piece *all = pieces_all(c->call->req->arena, c->part.pieces, &n);
    uint64_t size = (uint64_t)c->part.size;
    if (objects_read(objects, all, n, 0, size, &pieces, &err) == 0)
        objects_digest(objects, &pieces, size, c->expected.kind, hashed, c);
    else
        s3_fail(c->call, &err);
}

/* What is known of the whole object holds for the part if it is all of it. */
static int describe(struct copy *c, const struct object_record *r, bool *ret_known, struct err *err)
{
    struct arena *a = c->call->req->arena;
    bool whole = c->part.size == r->size;
    struct s3_checksum checksum = {0};
    if (whole && s3_meta_checksum(a, r->meta, &checksum, err) < 0)
        return -1;
    *ret_known = checksum.header && checksum.kind == c->expected.kind &&
                 str_is(str_from(s3_checksum_type(checksum.value)), "FULL_OBJECT");
    c->part.checksum = *ret_known ? checksum.value : STR_NULL;
    c->part.etag =
        whole && r->etag.n == MD5_HEX_LEN ? arena_str(a, r->etag) : name_content(a, c->part.pieces);
    return 0;
}

static int share(struct copy *c, const struct object_record *r, const struct byte_range *range,
                 struct err *err)
{
    bool known;
    CLEANUP_BUF struct buf pieces;
    buf_init(&pieces, PIECES_TEXT_MAX);
    pieces_add_range(&pieces, r->pieces, range->offset, range->length);
    if (pieces.overflow)
        return err_set(err, ERR_TOO_LARGE, "The source has too many pieces.");
    c->part.pieces = arena_str(c->call->req->arena, buf_str(&pieces));
    c->part.size = (int64_t)range->length;
    if (describe(c, r, &known, err) < 0)
        return -1;
    if (c->chosen && !known)
        hash_content(c);
    else
        put_part(c);
    return 0;
}

/* --- The source --- */

static int take(struct copy *c, const struct object_record *r, struct err *err)
{
    struct byte_range range;
    if (s3_copy_source_check(c->call, r, err) < 0 ||
        s3_copy_range(c->call, (uint64_t)r->size, &range, err) < 0)
        return -1;
    c->part.modified_ms = s3_now_ms(c->call);
    if (r->pieces.p)
        return share(c, r, &range, err);
    write_bytes(c, str_sub(r->body, range.offset, range.offset + range.length));
    return 0;
}

static void found_source(void *ctx, const struct object_record *r)
{
    struct copy *c = ctx;
    struct err err;
    if (take(c, r, &err) < 0)
        s3_fail(c->call, &err);
}

static void look_up(struct copy *c)
{
    s3_with_object_at(c->call, c->source.bucket, c->source.key, found_source, c);
}

static void found_upload(void *ctx, const struct upload_record *u, const struct err *err)
{
    struct copy *c = ctx;
    struct err wrong;
    if (!err && u->done_etag.p) {
        s3_no_such_upload(&wrong);
        err = &wrong;
    }
    if (err) {
        s3_fail(c->call, err);
        return;
    }
    c->expected = s3_upload_checksum(u);
    c->chosen = u->checksum.p != NULL;
    look_up(c);
}

void s3_upload_part_copy(struct s3_call *call)
{
    struct copy *c = arena_alloc(call->req->arena, sizeof *c);
    struct err err;
    c->call = call;
    c->part.upload_id = s3_query_get(&call->query, "uploadId");
    if (s3_part_number_read(call, &c->part.number, &err) < 0 ||
        s3_refuse_headers(&call->req->headers, &err) < 0 || s3_copy_source_read(call, &c->source, &err) < 0)
        s3_fail(call, &err);
    else
        s3_upload_find(call, found_upload, c);
}
