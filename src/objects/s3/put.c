/* PutObject: bucket and conditions are looked up while the body comes. */
#include "objects/s3/conditional.h"
#include "objects/s3/intake.h"
#include "objects/s3/meta.h"
#include "objects/s3/operation.h"
#include "objects/s3/refuse.h"
#include "objects/s3/tags.h"
#include "store/missing.h"

struct upload {
    struct s3_call *call;
    struct s3_checksum checksum;
    struct str meta;
    struct str tags;
    int64_t size;
    struct object_condition condition;
};

static void fail(struct upload *u, const struct err *err)
{
    u->call->res.header_count = 0;
    s3_fail(u->call, err);
}

/* --- The body is durable: make it visible --- */

static void committed(void *ctx, const struct err *err)
{
    struct upload *u = ctx;
    struct s3_call *call = u->call;
    if (err) {
        fail(u, err);
        return;
    }
    if (u->size > OBJECT_INLINE_MAX)
        objects_sweep(call->endpoint->objects); /* the body that it replaced may be as large */
    s3_add_header(call, u->checksum.header, u->checksum.value);
    s3_add_header(call, "x-amz-checksum-type", STR("FULL_OBJECT"));
    s3_respond(call, 200, STR_NULL);
}

static void commit(struct upload *u, struct object_body *body)
{
    struct s3_call *call = u->call;
    struct s3_endpoint *e = call->endpoint;
    u->size = object_body_info(body)->size;
    s3_add_etag(call, arena_str(call->req->arena, str_from(object_body_info(body)->etag)));

    struct object_put put = {
        .bucket = call->target.bucket,
        .key = call->target.key,
        .content_type = s3_header(call, "content-type"),
        .meta = u->meta,
        .tags = u->tags,
        .condition = u->condition,
        .modified_ms = s3_now_ms(call),
    };
    struct store_batch *batch = store_batch_new(e->store);
    objects_add(e->objects, batch, &put, body);
    store_commit(e->store, batch, committed, u);
}

static void body_taken(void *ctx, struct object_body *body, const struct s3_checksum *checksum,
                       const struct err *err)
{
    struct upload *u = ctx;
    struct s3_call *call = u->call;
    struct err wrong;
    if (err) {
        fail(u, err);
        return;
    }
    u->checksum = *checksum;
    if (s3_meta_from_headers(call->req->arena, &call->req->headers, checksum, &u->meta, &wrong) == 0) {
        commit(u, body);
        return;
    }
    object_body_free(body);
    fail(u, &wrong);
}

/* --- Bucket and conditions are looked up while the body comes; the batch checks both again --- */

static void looked_up(struct upload *u, const struct err *err)
{
    if (!err) {
        s3_intake_admit(u->call->intake);
        return;
    }
    s3_intake_refuse(u->call->intake);
    fail(u, err);
}

static void got_object(void *ctx, const struct object_record *r, const struct err *err)
{
    struct upload *u = ctx;
    struct err wrong;
    if (!err && condition_check_write(&u->condition, r, &wrong) < 0)
        err = &wrong;
    looked_up(u, err);
}

static void got_bucket(void *ctx, const struct bucket_record *r, const struct err *err)
{
    struct err wrong;
    if (!err && !r) {
        no_such_bucket(&wrong);
        err = &wrong;
    }
    looked_up(ctx, err);
}

static void look_up(struct upload *u)
{
    struct store *store = u->call->endpoint->store;
    const struct s3_target *target = &u->call->target;
    if (condition_is_any(&u->condition))
        store_get_object(store, target->bucket, target->key, got_object, u);
    else
        store_get_bucket(store, target->bucket, got_bucket, u);
}

/* --- The head --- */

static int read_head(struct upload *u, struct err *err)
{
    struct s3_call *call = u->call;
    const struct http_headers *headers = &call->req->headers;
    if (s3_refuse_headers(headers, err) < 0 || condition_for_write(headers, &u->condition, err) < 0 ||
        s3_meta_check(headers, err) < 0 || s3_tags_of_header(call, &u->tags, err) < 0)
        return -1;
    return s3_intake_begin(call, call->endpoint->config.max_object_bytes, body_taken, u, err);
}

void s3_put_object_head(struct s3_call *call)
{
    struct upload *u = arena_alloc(call->req->arena, sizeof *u);
    struct err err;
    u->call = call;
    if (read_head(u, &err) < 0)
        s3_fail(call, &err);
    else
        look_up(u);
}
