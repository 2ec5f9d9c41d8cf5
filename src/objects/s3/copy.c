/* CopyObject: the new object shares the blobs of its source, so a copy costs the same whatever its size. It
 * keeps the entity tag and the parts of the source. */
#include "objects/s3/conditional.h"
#include "objects/s3/copy_source.h"
#include "objects/s3/meta.h"
#include "objects/s3/operation.h"
#include "objects/s3/refuse.h"
#include "objects/s3/tags.h"

enum { ATTEMPTS_MAX = 4 };

struct copy {
    struct s3_call *call;
    struct s3_copy_source source;
    bool replace_meta;
    bool replace_tags;
    struct str tags; /* of the request */
    struct object_condition condition;
    struct str etag;
    struct s3_checksum checksum; /* of the source; `header` is NULL if there is none */
    int64_t modified_ms;
};

static void look_up(struct copy *c);

static void committed(void *ctx, const struct err *err)
{
    struct copy *c = ctx;
    struct s3_call *call = c->call;
    if (err && err->code == ERR_BLOB_GONE && ++call->attempts < ATTEMPTS_MAX) {
        look_up(c);
        return;
    }
    if (err) {
        s3_fail(call, err);
        return;
    }
    objects_sweep(call->endpoint->objects);
    s3_copy_result(call, "CopyObjectResult", c->etag, c->modified_ms, &c->checksum);
}

/* A copy onto itself that changes nothing is a mistake. */
static int check_change(const struct copy *c, struct err *err)
{
    const struct s3_target *to = &c->call->target;
    bool itself = str_eq(c->source.bucket, to->bucket) && str_eq(c->source.key, to->key);
    if (!itself || c->replace_meta || s3_header(c->call, "x-amz-storage-class").p ||
        s3_header(c->call, "x-amz-server-side-encryption").p)
        return 0;
    return err_set(err, ERR_INVALID_REQUEST,
                   "This copy request is illegal because it is trying to copy an object to itself without "
                   "changing the object's metadata, storage class, website redirect location or encryption "
                   "attributes.");
}

/* The checksum of another algorithm would need the bytes. */
static int check_algorithm(const struct copy *c, struct err *err)
{
    struct str wanted = s3_header(c->call, "x-amz-checksum-algorithm");
    if (!wanted.p || (c->checksum.header && str_eq_nocase(wanted, str_from(c->checksum.name))))
        return 0;
    return err_set(err, ERR_NOT_IMPLEMENTED,
                   "A copy keeps the checksum of its source (%s); this store computes no other one (header "
                   "x-amz-checksum-algorithm).",
                   c->checksum.header ? c->checksum.name : "none");
}

static int write_meta(struct copy *c, const struct object_record *from, struct object_record *r,
                      struct err *err)
{
    const struct http_headers *headers = &c->call->req->headers;
    if (s3_meta_checksum(c->call->req->arena, from->meta, &c->checksum, err) < 0 ||
        check_algorithm(c, err) < 0)
        return -1;
    if (!c->replace_meta)
        return 0;
    r->content_type = s3_header(c->call, "content-type");
    return s3_meta_from_headers(c->call->req->arena, headers, &c->checksum, &r->meta, err);
}

static int commit(struct copy *c, const struct object_record *from, struct err *err)
{
    struct store *store = c->call->endpoint->store;
    struct object_record r = *from;
    r.bucket = c->call->target.bucket;
    r.key = c->call->target.key;
    r.modified_ms = c->modified_ms = s3_now_ms(c->call);
    if (c->replace_tags)
        r.tags = c->tags;
    if (s3_copy_source_check(c->call, from, err) < 0 || write_meta(c, from, &r, err) < 0)
        return -1;
    c->etag = arena_str(c->call->req->arena, from->etag);
    struct store_batch *batch = store_batch_new(store);
    store_put_object(batch, &r, &c->condition);
    store_commit(store, batch, committed, c);
    return 0;
}

static void found(void *ctx, const struct object_record *r)
{
    struct copy *c = ctx;
    struct err err;
    if (commit(c, r, &err) < 0)
        s3_fail(c->call, &err);
}

static void look_up(struct copy *c)
{
    s3_with_object_at(c->call, c->source.bucket, c->source.key, found, c);
}

static int read_head(struct copy *c, struct err *err)
{
    const struct http_headers *headers = &c->call->req->headers;
    if (s3_refuse_headers(headers, err) < 0 || s3_copy_source_read(c->call, &c->source, err) < 0 ||
        s3_copy_directive(c->call, "x-amz-metadata-directive", &c->replace_meta, err) < 0 ||
        s3_copy_directive(c->call, "x-amz-tagging-directive", &c->replace_tags, err) < 0 ||
        check_change(c, err) < 0 || condition_for_write(headers, &c->condition, err) < 0)
        return -1;
    return s3_tags_of_header(c->call, &c->tags, err) < 0 ? -1 : s3_meta_check(headers, err);
}

void s3_copy_object(struct s3_call *call)
{
    struct copy *c = arena_alloc(call->req->arena, sizeof *c);
    struct err err;
    c->call = call;
    if (read_head(c, &err) < 0)
        s3_fail(call, &err);
    else
        look_up(c);
}
