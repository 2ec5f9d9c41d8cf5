/* The target of a copy in the built-in store: an object, or a part of an upload. */
#include "objects/s3/conditional.h"
#include "objects/s3/meta.h"
#include "objects/s3/refuse.h"
#include "objects/s3/upload.h"
#include "remote/copy/copy_to.h"
#include "store/missing.h"

/* --- The commit --- */

static void on_committed(void *ctx, const struct err *err)
{
    struct copy_to *t = ctx;
    struct s3_checksum none = {0};
    struct copy *c = copy_to_answered(t);
    if (!c)
        return;
    objects_sweep(c->call->endpoint->objects); /* it may have replaced one */
    if (err)
        copy_fail(c, err);
    else
        copy_done(c, t->etag, c->is_part && !t->chosen ? &none : &t->checksum);
}

static struct object_put put_of(const struct copy_to *t)
{
    const struct copy *c = t->copy;
    struct http_headers headers = {(struct http_header *)c->headers, c->header_count};
    struct object_put put = {
        .bucket = c->call->target.bucket,
        .key = c->call->target.key,
        .content_type =
            c->replace_meta ? s3_header(c->call, "content-type") : http_header(&headers, "content-type"),
        .meta = t->meta,
        .tags = c->tags,
        .modified_ms = s3_now_ms(c->call),
    };
    return put;
}

static int add_object(struct copy_to *t, struct store_batch *batch, struct object_body *body, struct err *err)
{
    const struct copy *c = t->copy;
    struct http_headers kept = {(struct http_header *)c->headers, c->header_count};
    struct arena *a = c->call->req->arena;
    const struct http_headers *headers = c->replace_meta ? &c->call->req->headers : &kept;
    if (s3_meta_check(headers, err) < 0 || s3_meta_from_headers(a, headers, &t->checksum, &t->meta, err) < 0)
        return -1;
    struct object_put put = put_of(t);
    if (condition_for_write(&c->call->req->headers, &put.condition, err) < 0)
        return -1;
    objects_add(c->call->endpoint->objects, batch, &put, body);
    return 0;
}

static void add_part(struct copy_to *t, struct store_batch *batch, struct object_body *body)
{
    const struct s3_call *call = t->copy->call;
    struct part_record r = {
        .upload_id = s3_query_get(&call->query, "uploadId"),
        .checksum = t->checksum.value,
        .modified_ms = s3_now_ms(call),
    };
    struct err ignored;
    (void)!s3_part_number_read(call, &r.number, &ignored); /* copy_to_check has read it */
    objects_add_part(call->endpoint->objects, batch, &r, body);
}

void copy_here_commit(struct copy_to *t, struct object_body *body)
{
    struct copy *c = t->copy;
    struct store *store = c->call->endpoint->store;
    struct store_batch *batch = store_batch_new(store);
    struct err err;
    if (c->is_part) {
        add_part(t, batch, body);
    } else if (add_object(t, batch, body, &err) < 0) {
        store_batch_free(batch);
        object_body_free(body);
        copy_fail(c, &err);
        return;
    }
    copy_to_expect(t);
    store_commit(store, batch, on_committed, t);
}

/* --- What has to be there --- */

static void on_upload(void *ctx, const struct upload_record *u, const struct err *err)
{
    struct copy_to *t = ctx;
    struct copy *c = copy_to_answered(t);
    struct err own;
    if (!c)
        return;
    if (!err && u->done_etag.p) {
        s3_no_such_upload(&own);
        err = &own;
    }
    if (err) {
        copy_fail(c, err);
        return;
    }
    t->checksum = s3_upload_checksum(u);
    t->chosen = u->checksum.p != NULL;
    copy_to_write(t);
}

static void on_bucket(void *ctx, const struct bucket_record *r, const struct err *err)
{
    struct copy_to *t = ctx;
    struct copy *c = copy_to_answered(t);
    struct err own;
    if (!c)
        return;
    if (!err && !r) {
        no_such_bucket(&own);
        err = &own;
    }
    if (err)
        copy_fail(c, err);
    else
        copy_to_write(t);
}

void copy_here_open(struct copy_to *t)
{
    const struct copy *c = t->copy;
    struct str wanted = s3_header(c->call, "x-amz-checksum-algorithm");
    copy_to_expect(t);
    if (c->is_part) {
        s3_upload_find(c->call, on_upload, t);
        return;
    }
    (void)s3_checksum_named(wanted.p ? wanted : STR("CRC64NVME"), &t->checksum);
    store_get_bucket(c->call->endpoint->store, c->call->target.bucket, on_bucket, t);
}

int copy_here_check(struct copy *c, struct err *err)
{
    const struct http_headers *headers = &c->call->req->headers;
    struct str algorithm = s3_header(c->call, "x-amz-checksum-algorithm");
    struct s3_checksum checksum;
    struct object_condition condition;
    int64_t number;
    if (s3_refuse_headers(headers, err) < 0 || s3_meta_check(headers, err) < 0)
        return -1;
    if (c->is_part)
        return s3_part_number_read(c->call, &number, err);
    if (algorithm.p && !s3_checksum_named(algorithm, &checksum))
        return err_set(err, ERR_INVALID_ARGUMENT,
                       "Unknown algorithm in the header x-amz-checksum-algorithm.");
    return condition_for_write(headers, &condition, err);
}
