#include "catalog/removals.h"

#include "base/list.h"
#include "base/log.h"
#include "catalog/tx.h"

enum { RETRY_FIRST_MS = 1000, RETRY_LAST_MS = 30000 };

/* What has failed goes behind all that has not: its number grows by this, each time. */
static const int64_t FAILED_STEP = 1LL << 40;

struct waiter {
    struct list link;
    struct timer timer;
    struct removals *removals;
    loop_fn *done;
    void *ctx;
};

struct removals {
    struct catalog *catalog;
    struct loop *loop;
    const struct catalog_config *config;
    catalog_work_fn *first;
    struct list waiters;
    struct timer retry;
    int64_t retry_ms;
    bool reading;  /* a transaction for the next one is under way */
    bool removing; /* the store is at work */
    bool again;    /* look again after it */
    bool retrying; /* what has failed before may be tried once */
    bool stopped;
    bool freed;        /* goes when the store has answered */
    int64_t done_id;   /* delete this row; 0: none */
    int64_t failed_id; /* this one goes to the end; 0: none */
    /* The one that is next, as the transaction found it; the row's location lies in the arena. */
    struct arena *arena;
    int64_t id;
    struct str location;
    int64_t dropped_ms;
};

int tx_add_removal(struct catalog_tx *tx, struct str location, struct err *err)
{
    int64_t id;
    if (!tx_is_s3(location))
        return 0;
    if (tx->caller && !tx->caller->may_write(tx->caller->ctx, location))
        return err_set(err, ERR_ACCESS_DENIED,
                       "Nothing was dropped since %.*s is not writable by the session's role (settings "
                       "session.buckets and [role NAME]).",
                       STR_ARG(str_sub(location, 0, CATALOG_LOCATION_MAX)));
    if (tx_next_id(tx, &id, err) < 0 ||
        CDB_RUN(tx->db, "INSERT INTO removals (id, location, dropped_ms, server) VALUES (?1, ?2, ?3, ?4)",
                NULL, NULL, err, CDB_INT(id), CDB_TEXT(location), CDB_INT(tx->now_ms),
                CDB_TEXT(tx->server)) < 0)
        return -1;
    tx->removes = true;
    return 0;
}

/* --- Finding the next, on the catalog's thread --- */

static int on_removal(void *ctx, const struct cdb_row *row, struct err *err)
{
    struct removals *r = ctx;
    (void)err;
    r->id = cdb_int(row, 0);
    r->location = arena_str(r->arena, row->cells[1]);
    r->dropped_ms = cdb_int(row, 2);
    return 0;
}

static int take_next(struct catalog_tx *tx, void *ctx, struct err *err)
{
    struct removals *r = ctx;
    r->id = 0;
    if (r->first && r->first(tx, NULL, err) < 0)
        return -1;
    if (r->done_id &&
        CDB_RUN(tx->db, "DELETE FROM removals WHERE id = ?1", NULL, NULL, err, CDB_INT(r->done_id)) < 0)
        return -1;
    if (r->failed_id && CDB_RUN(tx->db, "UPDATE removals SET id = id + ?2 WHERE id = ?1", NULL, NULL, err,
                                CDB_INT(r->failed_id), CDB_INT(FAILED_STEP)) < 0)
        return -1;
    return CDB_RUN(tx->db,
                   "SELECT id, location, dropped_ms FROM removals WHERE server = ?1 OR server = ''"
                   " ORDER BY id LIMIT 1",
                   on_removal, r, err, CDB_TEXT(tx->server)) < 0
               ? -1
               : 0;
}

/* --- Waiters --- */

static void release(struct waiter *w)
{
    loop_fn *done = w->done;
    void *ctx = w->ctx;
    timer_stop(loop_timers(w->removals->loop), &w->timer);
    list_remove(&w->link);
    free(w);
    done(ctx);
}

static void release_all(struct removals *r)
{
    LIST_EACH_SAFE(node, &r->waiters)
        release(CONTAINER_OF(node, struct waiter, link));
}

static void on_patience_over(struct timer *t)
{
    release(t->ctx);
}

/* --- One after another --- */

static void look(struct removals *r);

static void on_retry(struct timer *t)
{
    struct removals *r = t->ctx;
    r->retrying = true;
    look(r);
}

/* Nothing is left but what has failed, or what cannot be read: nobody waits for that. */
static void start_retry(struct removals *r)
{
    timer_start(loop_timers(r->loop), &r->retry, r->retry_ms, on_retry, r);
    release_all(r);
}

static void wait_longer(struct removals *r)
{
    r->retry_ms = r->retry_ms * 2 < RETRY_LAST_MS ? r->retry_ms * 2 : RETRY_LAST_MS;
}

static void go_on(struct removals *r, const struct err *err)
{
    if (err) {
        log_warn("catalog", "dropped data is not removed yet; this is tried again",
                 F_STR("location", r->location), F_INT("retry_ms", r->retry_ms), F_ERR(err));
        wait_longer(r);
        r->failed_id = r->id;
    } else {
        r->retry_ms = RETRY_FIRST_MS;
        r->done_id = r->id;
        r->retrying = r->id >= FAILED_STEP; /* what kept it from going may keep no other one */
    }
    look(r);
}

static void on_removed(void *arg, const struct err *err)
{
    struct removals *r = arg;
    r->removing = false;
    if (r->freed)
        free(r);
    else if (!r->stopped)
        go_on(r, err);
}

static void on_found(void *ctx, const struct err *err)
{
    struct removals *r = ctx;
    r->reading = false;
    if (r->stopped)
        return;
    if (err) {
        log_warn("catalog", "the catalog's database cannot be used; this is tried again", F_ERR(err));
        start_retry(r);
        wait_longer(r);
        return;
    }
    r->first = NULL;
    r->done_id = r->failed_id = 0;
    bool has_failed = r->id >= FAILED_STEP;
    r->retrying = r->retrying && r->id != 0;
    if (r->again && (r->id == 0 || has_failed)) {
        look(r);
    } else if (r->id == 0 || !r->config->files.remove) {
        release_all(r);
    } else if (has_failed && !r->retrying) {
        start_retry(r);
    } else {
        r->removing = true;
        if (has_failed)
            r->retrying = false;
        r->config->files.remove(r->config->files.ctx, r->location, r->dropped_ms, on_removed, r);
    }
}

static void look(struct removals *r)
{
    r->again = r->reading || r->removing;
    if (r->again || r->stopped)
        return;
    timer_stop(loop_timers(r->loop), &r->retry);
    arena_reset(r->arena);
    r->reading = true;
    catalog_run(r->catalog, CATALOG_WRITE, NULL, r->arena, take_next, on_found, r);
}

/* --- Interface --- */

struct removals *removals_new(struct catalog *c, struct loop *loop, const struct catalog_config *config)
{
    struct removals *r = mem_new(sizeof *r);
    *r = (struct removals){.catalog = c, .loop = loop, .config = config, .retry_ms = RETRY_FIRST_MS};
    r->arena = catalog_arena_new();
    list_init(&r->waiters);
    return r;
}

void removals_load(struct removals *r, catalog_work_fn *first)
{
    r->first = first;
    r->retrying = true;
    look(r);
}

void removals_wait(struct removals *r, int64_t patience_ms, loop_fn *done, void *ctx)
{
    struct waiter *w = mem_new(sizeof *w);
    if (r->stopped) {
        free(w);
        done(ctx);
        return;
    }
    *w = (struct waiter){.removals = r, .done = done, .ctx = ctx};
    list_append(&r->waiters, &w->link);
    timer_start(loop_timers(r->loop), &w->timer, patience_ms, on_patience_over, w);
    look(r);
}

void removals_stop(struct removals *r)
{
    r->stopped = true;
    timer_stop(loop_timers(r->loop), &r->retry);
    release_all(r);
}

void removals_free(struct removals *r)
{
    arena_free(r->arena);
    r->freed = r->removing;
    if (!r->freed)
        free(r);
}
