#include "remote/delivery/ledger.h"

#include "base/encode.h"
#include "base/list.h"
#include "base/log.h"
#include "base/random.h"
#include "remote/backoff.h"
#include "remote/request.h"

enum { FIRST_WAIT_MS = 1000, ATTEMPTS_COUNTED = 30, ARENA_MAX = 64 * 1024, UPLOAD_ID_MAX = 2048 };

struct ledger {
    struct loop *loop;
    struct store *store;
    struct remotes *remotes;
    const struct clock *clock;
    const int64_t *retry_ms;
    struct list entries;
    bool freed;
};

struct ledger_entry {
    struct ledger *ledger;
    struct list link;
    struct arena *arena;
    struct remote_upload_record r;
    struct str query;
    store_done_fn *fn; /* until the row is durable, or nobody waits for it */
    void *ctx;
    unsigned commits; /* of the store, under way */
    bool owned;       /* by an upload that has not ended */
    bool ended;       /* the row is to go, or the ledger is */
    struct remote_call *call;
    struct timer retry;
    unsigned attempts;
};

static void attempt(struct ledger_entry *e);

/* --- Life --- */

struct ledger *ledger_new(struct loop *loop, struct store *store, struct remotes *remotes,
                          const struct clock *clock, const int64_t *retry_ms)
{
    struct ledger *l = mem_new(sizeof *l);
    *l = (struct ledger){
        .loop = loop, .store = store, .remotes = remotes, .clock = clock, .retry_ms = retry_ms};
    list_init(&l->entries);
    return l;
}

static void release_ledger(struct ledger *l)
{
    if (l->freed && list_empty(&l->entries))
        free(l);
}

static void release(struct ledger_entry *e)
{
    struct ledger *l = e->ledger;
    if (!e->ended || e->commits)
        return;
    list_remove(&e->link);
    arena_free(e->arena);
    free(e);
    release_ledger(l);
}

static void stop(struct ledger_entry *e)
{
    timer_stop(loop_timers(e->ledger->loop), &e->retry);
    remote_call_cancel(TAKE(e->call));
    e->fn = NULL;
}

void ledger_free(struct ledger *l)
{
    if (!l)
        return;
    LIST_EACH_SAFE(node, &l->entries) {
        struct ledger_entry *e = CONTAINER_OF(node, struct ledger_entry, link);
        stop(e);
        if (e->owned)
            continue;
        e->ended = true;
        release(e);
    }
    l->freed = true;
    release_ledger(l);
}

static struct ledger_entry *entry_new(struct ledger *l, const struct remote_upload_record *r)
{
    struct ledger_entry *e = mem_new(sizeof *e);
    CLEANUP_BUF struct buf id;
    e->ledger = l;
    e->arena = arena_new(ARENA_MAX);
    e->r = *r;
    e->r.bucket = arena_str(e->arena, r->bucket);
    e->r.key = arena_str(e->arena, r->key);
    e->r.upload_id = arena_str(e->arena, r->upload_id);
    buf_init(&id, 3 * UPLOAD_ID_MAX);
    uri_encode_add(&id, r->upload_id, false);
    e->query = arena_printf(e->arena, "uploadId=%.*s", STR_ARG(buf_str(&id)));
    list_append(&l->entries, &e->link);
    return e;
}

/* --- Rows --- */

static void on_row(void *ctx, const struct err *err)
{
    struct ledger_entry *e = ctx;
    store_done_fn *fn = TAKE(e->fn);
    e->commits--;
    if (fn)
        fn(e->ctx, err);
    release(e);
}

struct ledger_entry *ledger_add(struct ledger *l, struct str bucket, struct str key, struct str upload_id,
                                store_done_fn *fn, void *ctx)
{
    struct ledger_entry *e =
        entry_new(l, &(struct remote_upload_record){bucket, key, upload_id, clock_wall_ms(l->clock)});
    struct store_batch *batch = store_batch_new(l->store);
    e->owned = true;
    e->fn = fn;
    e->ctx = ctx;
    store_put_remote_upload(batch, &e->r);
    e->commits++;
    store_commit(l->store, batch, on_row, e);
    return e;
}

/* A row that stays for a failure here is found out by the next server: the remote knows no such upload. */
static void on_row_gone(void *ctx, const struct err *err)
{
    struct ledger_entry *e = ctx;
    if (err)
        log_warn("remote", "the end of an upload in parts could not be noted", F_ERR(err));
    e->commits--;
    release(e);
}

void ledger_complete(struct ledger_entry *e)
{
    struct ledger *l = e->ledger;
    struct store_batch *batch = store_batch_new(l->store);
    stop(e);
    e->owned = false;
    e->ended = true;
    store_end_remote_upload(batch, e->r.bucket, e->r.key, e->r.upload_id);
    e->commits++;
    store_commit(l->store, batch, on_row_gone, e);
}

/* --- Aborting --- */

static void on_retry(struct timer *t)
{
    attempt(t->ctx);
}

static void try_later(struct ledger_entry *e, const struct err *err)
{
    uint32_t random;
    random_bytes(&random, sizeof random);
    if (!e->attempts)
        log_warn("remote", "parts of an upload that failed stay at the remote until it answers",
                 F_STR("bucket", e->r.bucket), F_STR("key", e->r.key), F_ERR(err));
    e->attempts += e->attempts < ATTEMPTS_COUNTED;
    timer_start(loop_timers(e->ledger->loop), &e->retry,
                FIRST_WAIT_MS + backoff_ms(FIRST_WAIT_MS, *e->ledger->retry_ms, e->attempts, random),
                on_retry, e);
}

static void on_aborted(void *ctx, const struct remote_answer *answer, const struct err *err)
{
    struct ledger_entry *e = ctx;
    (void)answer;
    e->call = NULL;
    bool gone = !err || err->code == ERR_NO_SUCH_UPLOAD || err->code == ERR_NO_SUCH_KEY ||
                err->code == ERR_NO_SUCH_BUCKET;
    if (gone)
        ledger_complete(e);
    else
        try_later(e, err);
}

static void attempt(struct ledger_entry *e)
{
    struct remote *remote = remotes_find(e->ledger->remotes, e->r.bucket);
    struct remote_request r = {
        .method = STR("DELETE"),
        .bucket = e->r.bucket,
        .key = e->r.key,
        .query = e->query,
        .once = true,
    };
    struct err err;
    if (remote) {
        e->call = remote_send(remote, &r, on_aborted, e);
        return;
    }
    err_set(&err, ERR_INVALID_REQUEST, "no [remote] of the settings names this bucket any more");
    try_later(e, &err);
}

void ledger_abort(struct ledger_entry *e)
{
    stop(e);
    e->owned = false;
    if (!e->ledger->freed) {
        attempt(e);
        return;
    }
    e->ended = true;
    release(e);
}

void ledger_try_now(struct ledger *l)
{
    LIST_EACH(node, &l->entries) {
        struct ledger_entry *e = CONTAINER_OF(node, struct ledger_entry, link);
        if (timer_active(&e->retry))
            timer_start(loop_timers(l->loop), &e->retry, 0, on_retry, e);
    }
}

static void on_loaded(void *ctx, const struct remote_upload_record *r, size_t count, const struct err *err)
{
    struct ledger *l = ctx;
    (void)err;
    for (size_t i = 0; i < count; i++)
        attempt(entry_new(l, &r[i]));
}

int ledger_load(struct ledger *l, struct err *err)
{
    return store_load_remote_uploads(l->store, on_loaded, l, err);
}
