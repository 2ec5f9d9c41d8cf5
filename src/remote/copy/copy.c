#include "remote/copy/copy_private.h"

#include "objects/s3/operation.h"

enum { PIPE_MAX = 4 * COPY_ROOM_BYTES };

/* --- The end --- */

static void destroy(struct copy *c)
{
    struct remote *any = c->to_remote ? c->to_remote : c->from_remote;
    timer_stop(loop_timers(any->loop), &c->later);
    list_remove(&c->work.link);
    copy_from_close(c->from);
    copy_to_close(c->to);
    if (c->overtaken)
        deliveries_unhold(c->overtaken);
    if (c->has_space)
        deliveries_give_space(c->deliveries, c->length);
    buf_done(&c->pipe);
    if (c->from_remote)
        remote_unref(c->from_remote);
    if (c->to_remote)
        remote_unref(c->to_remote);
    free(c);
}

void copy_fail(struct copy *c, const struct err *err)
{
    struct s3_call *call = c->call;
    struct err own = *err;
    destroy(c);
    s3_fail(call, &own);
}

static void on_failed(struct timer *t)
{
    struct copy *c = t->ctx;
    copy_fail(c, &c->why);
}

void copy_fail_soon(struct copy *c, const struct err *err)
{
    struct remote *any = c->to_remote ? c->to_remote : c->from_remote;
    c->why = *err;
    timer_start(loop_timers(any->loop), &c->later, 0, on_failed, c);
}

static void on_work_failed(struct remote_work *w, const struct err *err)
{
    copy_fail(CONTAINER_OF(w, struct copy, work), err);
}

struct done {
    struct copy *copy;
    struct str etag;
    struct s3_checksum checksum;
};

static void answer(void *ctx, const struct err *err)
{
    const struct done *g = ctx;
    struct s3_call *call = g->copy->call;
    bool is_part = g->copy->is_part;
    destroy(g->copy);
    if (err)
        s3_fail(call, err);
    else
        s3_copy_result(call, is_part ? "CopyPartResult" : "CopyObjectResult", g->etag, s3_now_ms(call),
                       &g->checksum);
}

void copy_done(struct copy *c, struct str etag, const struct s3_checksum *checksum)
{
    struct done *g = arena_alloc(c->call->req->arena, sizeof *g);
    *g = (struct done){c, arena_str(c->call->req->arena, etag), *checksum};
    if (c->overtaken)
        deliveries_overtake(TAKE(c->overtaken), answer, g);
    else
        answer(g, NULL);
}

/* --- The content --- */

bool copy_has_room(const struct copy *c)
{
    return c->pipe.n - c->taken < COPY_ROOM_BYTES;
}

void copy_add(struct copy *c, struct str bytes)
{
    struct err err;
    c->left -= (int64_t)bytes.n;
    if (c->left < 0) {
        err_set(&err, ERR_UNAVAILABLE, "The source of the copy has more bytes than it said.");
        copy_fail_soon(c, &err);
        return;
    }
    buf_add_str(&c->pipe, bytes);
    if (c->to)
        copy_to_go_on(c->to);
}

struct str copy_content(const struct copy *c)
{
    return str_sub(buf_str(&c->pipe), c->taken, c->pipe.n);
}

void copy_consume(struct copy *c, size_t n)
{
    c->taken += n;
    if (c->taken == c->pipe.n || c->taken >= COPY_ROOM_BYTES) {
        buf_consume(&c->pipe, c->taken);
        c->taken = 0;
    }
    if (copy_has_room(c) && c->left)
        copy_from_go_on(c->from);
}

bool copy_is_whole(const struct copy *c)
{
    return c->left == 0;
}

void copy_known(struct copy *c)
{
    struct err err;
    if (c->length > c->call->endpoint->config.max_object_bytes) {
        err_set(&err, ERR_INVALID_REQUEST,
                "The specified copy source is larger than the maximum allowable size for a copy source: %lld",
                (long long)c->call->endpoint->config.max_object_bytes);
        copy_fail(c, &err);
        return;
    }
    c->to = copy_to_open(c);
}

/* --- The request --- */

static int read_head(struct copy *c, struct err *err)
{
    if (c->call->req->has_body)
        return err_set(err, ERR_INVALID_REQUEST, "A copy has no body.");
    if (s3_copy_source_read(c->call, &c->source, err) < 0 ||
        s3_copy_directive(c->call, "x-amz-metadata-directive", &c->replace_meta, err) < 0 ||
        s3_copy_directive(c->call, "x-amz-tagging-directive", &c->replace_tags, err) < 0)
        return -1;
    return copy_to_check(c, err);
}

static struct remote *ref(struct remote *r)
{
    return r ? remote_ref(r) : NULL;
}

void remote_copy(struct remotes *remotes, struct deliveries *deliveries, struct s3_call *call)
{
    struct copy *c = mem_new(sizeof *c);
    const struct s3_target *to = &call->target;
    struct err err;
    *c = (struct copy){.call = call, .deliveries = deliveries};
    c->is_part = strcmp(call->operation->name, "UploadPartCopy") == 0;
    c->to_remote = ref(remotes_find(remotes, to->bucket));
    c->from_remote = ref(remotes_find(remotes, s3_copy_source_bucket(call)));
    c->work.fail = on_work_failed;
    list_append(&(c->to_remote ? c->to_remote : c->from_remote)->work, &c->work.link);
    buf_init(&c->pipe, PIPE_MAX);
    if (c->to_remote && !c->is_part)
        c->overtaken = deliveries_hold(deliveries, to->bucket, to->key);
    if (read_head(c, &err) < 0)
        copy_fail(c, &err);
    else
        c->from = copy_from_open(c);
}
