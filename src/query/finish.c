/* The end of a statement: its object, its rows and its state become visible in one commit. */
#include "base/log.h"
#include "query/private.h"

enum { RETRY_MS = 1000 };

static void store_end(struct query *g);

static void on_retry(struct timer *t)
{
    store_end(t->ctx);
}

/* The bucket was deleted meanwhile, or the object cannot be made: the statement fails, without rows. */
static void fail_instead(struct query *g, const struct err *err)
{
    g->rows = g->columns = STR_NULL;
    g->r.state = STR(QUERY_FAILED);
    query_set_reason(g, arena_printf(g->arena, "The result could not be stored: %s", err->text));
    store_end(g);
}

static void on_stored(void *ctx, const struct err *err)
{
    struct query *g = ctx;
    struct queries *q = g->queries;
    if (q->detached)
        return;
    if (err && err->code == ERR_NO_SUCH_BUCKET && g->columns.p) {
        fail_instead(g, err);
        return;
    }
    if (err) {
        log_error("query", "a statement's end could not be stored, trying again", F_STR("query_id", g->r.id),
                  F_ERR(err));
        timer_start(q->timers, &g->retry, RETRY_MS, on_retry, g);
        return;
    }
    log_info("query", "statement ended", F_STR("query_id", g->r.id), F_STR("state", g->r.state),
             F_STR("reason", g->r.reason));
    query_free(g);
    queries_pump_soon(q);
}

static void commit(struct query *g)
{
    struct store *store = core_store(g->queries->core);
    struct store_batch *batch = store_batch_new(store);
    g->r.completed_ms = core_now_ms(g->queries->core);
    store_batch_urgent(batch);
    store_put_query(batch, &g->r);
    if (g->columns.p) {
        if (g->body)
            query_add_object(g, batch);
        store_put_query_result(batch, &(struct query_result_record){g->r.id, g->columns, g->rows});
    }
    if (g->r.calculation_id.p)
        store_delete_query_result(batch, g->r.calculation_id);
    store_commit(store, batch, on_stored, g);
}

static void commit_in_room(struct query *g)
{
    struct err err;
    if (query_check_room(g, &err) == 0) {
        commit(g);
        return;
    }
    object_body_free(TAKE(g->body));
    fail_instead(g, &err);
}

static void on_body(void *ctx, struct object_body *body, const struct err *err)
{
    struct query *g = ctx;
    g->body = body;
    if (g->queries->detached)
        return;
    if (err)
        fail_instead(g, err);
    else if (!query_deliver(g, commit_in_room))
        commit(g);
}

static void no_matter(void *ctx)
{
    (void)ctx;
}

static void store_end(struct query *g)
{
    if (!g->columns.p || !g->location.p) {
        commit(g);
        return;
    }
    struct object_writer *w = object_writer_new(g->queries->objects, QUERY_RESULT_MAX, no_matter, g);
    (void)object_writer_add(w, g->rows);
    object_writer_finish(w, on_body, g);
}

void query_end(struct query *g, const char *state, struct str reason)
{
    struct queries *q = g->queries;
    g->r.state = str_from(state);
    if (q->active != g) {
        list_remove(&g->link);
        list_append(&q->ending, &g->link);
    }
    g->r.completed_ms = core_now_ms(q->core);
    if (reason.p)
        query_set_reason(g, reason);
    store_end(g);
}

void query_succeed(struct query *g, struct str columns, struct str rows)
{
    g->columns = columns;
    g->rows = rows;
    query_end(g, QUERY_SUCCEEDED, STR_NULL);
}
