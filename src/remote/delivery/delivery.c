#include "remote/delivery/delivery.h"

#include "remote/delivery/deliveries_private.h"

#include "base/log.h"

enum { ITEMS_MAX = 8 };

struct delivery {
    struct deliveries *all;
    struct delivery_item *items;
    size_t count;
    size_t pending;
    struct err why; /* the first failure */
    struct timer deadline;
    delivery_fn *fn;
    void *ctx;
    struct one {
        struct delivery *delivery;
        struct upload *upload;
    } at[ITEMS_MAX];
};

static void destroy(struct delivery *v)
{
    timer_stop(loop_timers(v->all->loop), &v->deadline);
    for (size_t i = 0; i < v->count; i++)
        if (v->at[i].upload)
            upload_cancel(v->at[i].upload);
    free(v);
}

void delivery_cancel(struct delivery *v)
{
    destroy(v);
}

static void end(struct delivery *v)
{
    bool failed = v->why.code != ERR_NONE;
    delivery_fn *fn = v->fn;
    void *ctx = v->ctx;
    struct err why = v->why;
    v->all->stats.failures += failed;
    destroy(v);
    fn(ctx, failed ? &why : NULL);
}

static void on_uploaded(void *ctx, struct str etag, const struct err *err)
{
    struct one *one = ctx;
    struct delivery *v = one->delivery;
    (void)etag;
    one->upload = NULL;
    v->items[one - v->at].delivered = !err;
    v->all->stats.delivered += !err;
    if (err && !v->why.code)
        v->why = *err;
    if (--v->pending == 0)
        end(v);
}

static void on_deadline(struct timer *t)
{
    struct delivery *v = t->ctx;
    if (!v->why.code)
        err_set(&v->why, ERR_UNAVAILABLE, "it was not delivered within %lld ms (delivery.wait)",
                (long long)v->all->config->wait_ms);
    end(v);
}

/* No remote, or a blob that cannot be opened: the deadline tells. */
static void fail_now(struct delivery *v, const struct err *err)
{
    if (!v->why.code)
        v->why = *err;
    timer_start(loop_timers(v->all->loop), &v->deadline, 0, on_deadline, v);
}

static void begin(struct delivery *v, struct remote *remote, struct str bucket, size_t i)
{
    struct delivery_item *item = &v->items[i];
    struct upload_source source = {0};
    struct http_header type = {STR("Content-Type"), item->content_type};
    struct upload_target target = {bucket, item->key, &type, 1};
    struct err err;
    if (object_body_source(item->body, &source.bytes, &source.fd, &err) < 0) {
        fail_now(v, &err);
        return;
    }
    source.size = object_body_info(item->body)->size;
    v->at[i].delivery = v;
    v->pending++;
    v->at[i].upload = upload_start(remote, v->all->ledger, &target, &source, on_uploaded, &v->at[i]);
}

struct delivery *delivery_start(struct deliveries *d, struct str bucket, struct delivery_item *items,
                                size_t count, delivery_fn *fn, void *ctx)
{
    struct remote *remote = remotes_find(d->remotes, bucket);
    struct delivery *v = mem_new(sizeof *v);
    struct err err;
    REQUIRE(count <= ITEMS_MAX);
    *v = (struct delivery){.all = d, .items = items, .count = count, .fn = fn, .ctx = ctx};
    timer_start(loop_timers(d->loop), &v->deadline, d->config->wait_ms, on_deadline, v);
    if (!remote) {
        err_set(&err, ERR_INVALID_REQUEST, "no [remote] of the settings names this bucket any more");
        fail_now(v, &err);
    }
    for (size_t i = 0; remote && i < count; i++)
        begin(v, remote, bucket, i);
    return v;
}
