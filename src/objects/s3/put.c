/* PutObject: the body flows from the connection into an object_writer while the bucket and the conditions are
 * looked up; it becomes an object when all that was promised about it holds, and leaves nothing behind
 * otherwise. */
#include "objects/s3/call.h"
#include "objects/s3/checksum.h"
#include "objects/s3/conditional.h"
#include "objects/s3/meta.h"
#include "objects/s3/operation.h"
#include "objects/s3/refuse.h"

struct upload {
    struct s3_call *call;
    struct object_writer *writer; /* NULL: finished or aborted */
    bool looking_up;
    bool whole; /* the body has come */
    bool gone;  /* the client went away before that */
    struct s3_checksum checksum;
    char md5[MD5_HEX_LEN + 1];
    struct str meta;
    struct object_condition condition;
    struct http_sink sink;
};

static void fail(struct upload *u, const struct err *err)
{
    if (u->writer)
        object_writer_abort(TAKE(u->writer));
    u->call->res.header_count = 0;
    s3_fail(u->call, err);
}

/* --- The body is durable: check it and make it visible --- */

static int check_body(const struct upload *u, const struct object_body_info *info, struct err *err)
{
    const struct s3_auth *auth = &u->call->auth;
    if (info->size != u->call->req->content_length)
        return err_set(err, ERR_INTERNAL, "%lld bytes of %lld were stored.", (long long)info->size,
                       (long long)u->call->req->content_length);
    if (auth->payload == SIGV4_PAYLOAD_HASH && !str_is(auth->payload_hash, info->sha256))
        return s3_refuse_hash(err);
    if (u->md5[0] && strcmp(u->md5, info->etag) != 0)
        return err_set(err, ERR_BAD_DIGEST, "The Content-MD5 you specified did not match what we received.");
    if (u->checksum.header && !str_is(u->checksum.value, info->digest))
        return err_set(err, ERR_BAD_DIGEST, "The %s you specified did not match the calculated checksum.",
                       u->checksum.name);
    return 0;
}

static void committed(void *ctx, const struct err *err)
{
    struct upload *u = ctx;
    struct s3_call *call = u->call;
    if (err) {
        fail(u, err);
        return;
    }
    if (call->req->content_length > OBJECT_INLINE_MAX)
        objects_sweep(call->endpoint->objects); /* the body that it replaced may be as large */
    s3_add_header(call, u->checksum.header, u->checksum.value);
    s3_add_header(call, "x-amz-checksum-type", STR("FULL_OBJECT"));
    s3_respond(call, 200, STR_NULL);
}

/* An upload without a checksum gets the one that the store has computed anyway. */
static int complete_meta(struct upload *u, const struct object_body_info *info, struct err *err)
{
    struct arena *arena = u->call->req->arena;
    if (!u->checksum.header && s3_checksum_named(STR("CRC32"), &u->checksum))
        u->checksum.value = arena_str(arena, str_from(info->crc32));
    return s3_meta_from_headers(arena, &u->call->req->headers, &u->checksum, &u->meta, err);
}

static void commit(struct upload *u, struct object_body *body)
{
    struct s3_call *call = u->call;
    struct s3_endpoint *e = call->endpoint;
    s3_add_etag(call, arena_str(call->req->arena, str_from(object_body_info(body)->etag)));

    struct object_put put = {
        .bucket = call->target.bucket,
        .key = call->target.key,
        .content_type = s3_header(call, "content-type"),
        .meta = u->meta,
        .condition = u->condition,
        .modified_ms = s3_now_ms(call),
    };
    struct store_batch *batch = store_batch_new(e->store);
    objects_add(e->objects, batch, &put, body);
    store_commit(e->store, batch, committed, u);
}

static void body_durable(void *ctx, struct object_body *body, const struct err *err)
{
    struct upload *u = ctx;
    struct err wrong;
    if (err) {
        fail(u, err);
    } else if (check_body(u, object_body_info(body), &wrong) < 0 ||
               complete_meta(u, object_body_info(body), &wrong) < 0) {
        object_body_free(body);
        fail(u, &wrong);
    } else {
        commit(u, body);
    }
}

/* Goes on when both the look-up and the body have ended. */
static void proceed(struct upload *u)
{
    struct err err;
    if (u->looking_up || (!u->whole && !u->gone))
        return;
    if (u->gone) {
        err_set(&err, ERR_BAD_HTTP, "The client went away before the end of the body.");
        fail(u, &err);
    } else {
        object_writer_finish(TAKE(u->writer), body_durable, u);
    }
}

/* --- Bucket and conditions are looked up while the body comes; the batch checks both again --- */

static void looked_up(struct upload *u, const struct err *err)
{
    u->looking_up = false;
    if (err)
        fail(u, err);
    else
        proceed(u);
}

static int check_condition(const struct object_condition *c, const struct object_record *r, struct err *err)
{
    if (c->must_be_absent && r)
        return err_set(err, ERR_PRECONDITION,
                       "At least one of the pre-conditions you specified did not hold (If-None-Match)");
    if (c->must_have_etag.p && !r)
        return err_set(err, ERR_NO_SUCH_KEY, "The specified key does not exist.");
    if (c->must_have_etag.p && !str_eq(c->must_have_etag, r->etag))
        return err_set(err, ERR_PRECONDITION,
                       "At least one of the pre-conditions you specified did not hold (If-Match)");
    return 0;
}

static void got_object(void *ctx, const struct object_record *r, const struct err *err)
{
    struct upload *u = ctx;
    struct err wrong;
    if (!err && check_condition(&u->condition, r, &wrong) < 0)
        err = &wrong;
    looked_up(u, err);
}

static void got_bucket(void *ctx, const struct bucket_record *r, const struct err *err)
{
    struct err wrong;
    if (!err && !r) {
        err_set(&wrong, ERR_NO_SUCH_BUCKET, "The specified bucket does not exist");
        err = &wrong;
    }
    looked_up(ctx, err);
}

static void look_up(struct upload *u)
{
    struct store *store = u->call->endpoint->store;
    const struct s3_target *target = &u->call->target;
    u->looking_up = true;
    if (u->condition.must_be_absent || u->condition.must_have_etag.p)
        store_get_object(store, target->bucket, target->key, got_object, u);
    else
        store_get_bucket(store, target->bucket, got_bucket, u);
}

/* --- The body comes --- */

static bool take_bytes(void *ctx, struct str bytes)
{
    struct upload *u = ctx;
    return object_writer_add(u->writer, bytes);
}

static void writer_drained(void *ctx)
{
    struct upload *u = ctx;
    http_body_resume(u->call->req);
}

static void client_gone(void *ctx)
{
    struct upload *u = ctx;
    u->gone = true;
    proceed(u);
}

/* --- The head --- */

static int read_condition(const struct s3_call *call, struct object_condition *ret, struct err *err)
{
    struct str none_match = s3_header(call, "if-none-match");
    struct str match = s3_header(call, "if-match");
    if ((none_match.p && !str_is(none_match, "*")) || str_is(match, "*") || (match.p && none_match.p))
        return err_set(err, ERR_NOT_IMPLEMENTED,
                       "An upload takes either If-None-Match with * or If-Match with one entity tag.");
    ret->must_be_absent = none_match.p != NULL;
    ret->must_have_etag = match.p ? etag_unquote(match) : STR_NULL;
    return 0;
}

static int check_length(const struct s3_call *call, struct err *err)
{
    int64_t max = call->endpoint->config.max_object_bytes;
    if (call->req->content_length < 0)
        return err_set(err, ERR_MISSING_LENGTH, "You must provide the Content-Length HTTP header.");
    if (call->req->content_length > max)
        return err_set(err, ERR_TOO_LARGE,
                       "Your proposed upload exceeds the maximum allowed object size of %lld bytes.",
                       (long long)max);
    return 0;
}

static int read_head(struct upload *u, struct err *err)
{
    const struct s3_call *call = u->call;
    const struct http_headers *headers = &call->req->headers;
    if (s3_refuse_headers(headers, err) < 0 || check_length(call, err) < 0 ||
        read_condition(call, &u->condition, err) < 0)
        return -1;
    if (s3_checksum_read(headers, &u->checksum, err) < 0 || s3_content_md5_read(headers, u->md5, err) < 0)
        return -1;
    return s3_meta_check(headers, err);
}

void s3_put_object_head(struct s3_call *call)
{
    struct upload *u = arena_alloc(call->req->arena, sizeof *u);
    struct err err;
    u->call = call;
    if (read_head(u, &err) < 0) {
        s3_fail(call, &err);
        return;
    }
    call->state = u;
    u->writer = object_writer_new(call->endpoint->objects, call->req->content_length, writer_drained, u);
    if (u->checksum.header)
        object_writer_digest(u->writer, u->checksum.kind);
    look_up(u);
    u->sink = (struct http_sink){u, take_bytes, client_gone};
    if (call->req->has_body)
        http_body_stream(call->req, &u->sink);
}

void s3_put_object(struct s3_call *call)
{
    struct upload *u = call->state;
    u->whole = true;
    proceed(u);
}
