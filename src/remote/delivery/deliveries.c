#include "remote/delivery/deliveries_private.h"

enum { OBJECT_COST_BYTES = 4096 }; /* what an object costs beside its bytes */

struct deliveries *deliveries_new(struct loop *loop, struct objects *objects, struct remotes *remotes,
                                  const struct clock *clock, const struct deliveries_config *config)
{
    struct deliveries *d = mem_new(sizeof *d);
    *d = (struct deliveries){.loop = loop,
                             .objects = objects,
                             .store = objects_store(objects),
                             .remotes = remotes,
                             .clock = clock,
                             .config = config};
    d->ledger = ledger_new(loop, d->store, remotes, clock, &config->retry_ms);
    list_init(&d->waiting);
    map_init(&d->by_place);
    map_init(&d->by_owner);
    return d;
}

void deliveries_free(struct deliveries *d)
{
    if (!d)
        return;
    d->freed = true;
    timer_stop(loop_timers(d->loop), &d->timer);
    LIST_EACH_SAFE(node, &d->waiting) {
        struct waiting *w = CONTAINER_OF(node, struct waiting, link);
        if (w->upload) {
            upload_cancel(TAKE(w->upload));
            waiting_unref(w);
        }
        waiting_remove(w);
    }
    ledger_free(TAKE(d->ledger));
    deliveries_release(d);
}

void deliveries_release(struct deliveries *d)
{
    if (!d->freed || d->answers)
        return;
    map_done(&d->by_place);
    map_done(&d->by_owner);
    free(d);
}

static void on_loaded(void *ctx, const struct delivery_record *r, size_t count, const struct err *err)
{
    struct deliveries *d = ctx;
    (void)err;
    for (size_t i = 0; i < count; i++)
        waiting_add(d, &r[i]);
}

int deliveries_load(struct deliveries *d, struct err *err)
{
    if (ledger_load(d->ledger, err) < 0 || store_load_deliveries(d->store, on_loaded, d, err) < 0)
        return -1;
    worker_wake(d);
    return 0;
}

void deliveries_try_now(struct deliveries *d)
{
    LIST_EACH(node, &d->waiting)
        CONTAINER_OF(node, struct waiting, link)->next_ms = 0;
    worker_wake(d);
    ledger_try_now(d->ledger);
}

struct remotes *deliveries_remotes(const struct deliveries *d)
{
    return d->remotes;
}

struct ledger *deliveries_ledger(const struct deliveries *d)
{
    return d->ledger;
}

int deliveries_check_room(const struct deliveries *d, int64_t bytes, size_t objects, struct err *err)
{
    int64_t used = d->bytes + (int64_t)d->count * OBJECT_COST_BYTES;
    int64_t wanted = bytes + (int64_t)objects * OBJECT_COST_BYTES;
    if (used + wanted <= d->config->space_bytes)
        return 0;
    return err_set(err, ERR_INTERNAL,
                   "too much waits for delivery already (%lld of %lld bytes, delivery.space)",
                   (long long)used, (long long)d->config->space_bytes);
}

int deliveries_take_space(struct deliveries *d, int64_t bytes, struct err *err)
{
    int64_t space = d->config->space_bytes;
    if (bytes > space)
        return err_set(
            err, ERR_INVALID_REQUEST,
            "A content of %lld bytes does not fit on this server's disk on its way to another store "
            "(delivery.space: %lld bytes). Copy it in parts.",
            (long long)bytes, (long long)space);
    if (bytes > space - d->passing_bytes)
        return err_set(err, ERR_UNAVAILABLE,
                       "Copies on their way to other stores take %lld of %lld bytes of this server's disk "
                       "(delivery.space). Try again.",
                       (long long)d->passing_bytes, (long long)space);
    d->passing_bytes += bytes;
    d->answers++;
    return 0;
}

void deliveries_give_space(struct deliveries *d, int64_t bytes)
{
    d->passing_bytes -= bytes;
    d->answers--;
    deliveries_release(d);
}

/* --- Into the store --- */

struct adding {
    struct deliveries *deliveries;
    struct arena *arena;
    struct delivery_record record;
};

static void on_batch_end(void *ctx, bool committed)
{
    struct adding *g = ctx;
    struct deliveries *d = g->deliveries;
    if (committed && !d->freed) {
        waiting_add(d, &g->record);
        worker_wake(d);
    }
    arena_free(g->arena);
    d->answers--;
    deliveries_release(d);
    free(g);
}

void deliveries_add(struct deliveries *d, struct store_batch *batch, const struct delivery_record *r)
{
    struct adding *g = mem_new(sizeof *g);
    struct arena *a = arena_new(16 * 1024);
    g->deliveries = d;
    g->arena = a;
    g->record = *r;
    g->record.bucket = arena_str(a, r->bucket);
    g->record.key = arena_str(a, r->key);
    g->record.owner_id = arena_str(a, r->owner_id);
    g->record.etag = arena_str(a, r->etag);
    g->record.error = arena_str(a, r->error);
    d->answers++;
    store_ensure_bucket(batch, &(struct bucket_record){r->bucket, r->created_ms});
    store_put_delivery(batch, r);
    store_batch_on_end(batch, on_batch_end, g);
}

/* --- Overtaken by a client --- */

struct waiting *deliveries_hold(struct deliveries *d, struct str bucket, struct str key)
{
    struct waiting *w = waiting_find(d, bucket, key);
    if (!w)
        return NULL;
    w->held++;
    worker_stop(w);
    d->answers++;
    return waiting_ref(w);
}

void deliveries_unhold(struct waiting *w)
{
    struct deliveries *d = w->all;
    w->held--;
    waiting_unref(w);
    d->answers--;
    if (!d->freed)
        worker_wake(d);
    deliveries_release(d);
}

struct overtaking {
    struct waiting *waiting;
    store_done_fn *fn;
    void *ctx;
};

static void on_overtaken(void *ctx, const struct err *err)
{
    struct overtaking g = *(struct overtaking *)ctx;
    bool live = !g.waiting->all->freed;
    free(ctx);
    if (!err && live)
        waiting_remove(g.waiting);
    deliveries_unhold(g.waiting);
    if (live)
        g.fn(g.ctx, err);
}

void deliveries_overtake(struct waiting *w, store_done_fn *fn, void *ctx)
{
    struct store_batch *batch = store_batch_new(w->all->store);
    struct overtaking *g = mem_new(sizeof *g);
    *g = (struct overtaking){w, fn, ctx};
    struct delivery_record r = waiting_record(w);
    store_end_delivery(batch, &r);
    store_commit(w->all->store, batch, on_overtaken, g);
}
