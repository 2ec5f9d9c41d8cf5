#include "base/log.h"
#include "base/utf8.h"
#include "core/calculation.h"
#include "model/athena.gen.h"
#include "query/private.h"

struct queries *queries_new(struct core *core, struct objects *objects, struct loop *loop,
                            struct timers *timers, const struct query_config *config)
{
    struct queries *q = mem_new(sizeof *q);
    q->core = core;
    q->objects = objects;
    q->loop = loop;
    q->timers = timers;
    q->config = config;
    list_init(&q->waiting);
    list_init(&q->ending);
    core_watch_own(core, queries_on_own, q);
    return q;
}

void queries_pump_soon(struct queries *q)
{
    if (!q->detached)
        timer_start(q->timers, &q->pump, 0, queries_on_pump, q);
}

/* What the record's detail says. False if it cannot be read. */
static bool take_detail(struct query *g)
{
    struct athena_query_execution d = {0};
    struct err err;
    if (model_decode_stored(&athena_shape_query_execution, g->r.detail, g->arena, &d, &err) < 0) {
        log_error("query", "a stored statement cannot be read", F_STR("query_id", g->r.id), F_ERR(&err));
        return false;
    }
    g->statement = d.query;
    g->kind = d.substatement_type;
    g->database = d.query_execution_context ? d.query_execution_context->database : STR_NULL;
    g->location = d.result_configuration ? d.result_configuration->output_location : STR_NULL;
    return true;
}

static struct query *query_new(struct queries *q, const struct query_record *r)
{
    struct arena *a = arena_new(QUERY_ARENA_MAX);
    struct query *g = arena_alloc(a, sizeof *g);
    *g = (struct query){.queries = q, .arena = a, .r = *r};
    struct str *texts[] = {&g->r.id,    &g->r.workgroup, &g->r.detail,
                           &g->r.state, &g->r.reason,    &g->r.calculation_id};
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        *texts[i] = arena_str(a, *texts[i]);
    list_init(&g->link);
    return g;
}

void query_free(struct query *g)
{
    struct queries *q = g->queries;
    list_remove(&g->link);
    if (q->active == g)
        q->active = NULL;
    timer_stop(q->timers, &g->retry);
    object_body_free(g->body);
    arena_free(g->arena);
}

void query_set_reason(struct query *g, struct str reason)
{
    struct str cut = str_sub(reason, 0, QUERY_REASON_MAX);
    g->r.reason = arena_str(g->arena, str_sub(cut, 0, utf8_floor(cut)));
}

/* --- StartQueryExecution --- */

struct starting {
    struct query *query;
    store_done_fn *fn;
    void *ctx;
};

static void on_start_stored(void *ctx, const struct err *err)
{
    struct starting *s = ctx;
    struct query *g = s->query;
    struct queries *q = g->queries;
    s->fn(s->ctx, err);
    if (err) {
        query_free(g);
    } else {
        list_append(&q->waiting, &g->link);
        queries_pump_soon(q);
    }
    free(s);
}

void query_start(struct queries *q, const struct query_request *r, store_done_fn *fn, void *ctx)
{
    struct query *g = query_new(q, &(struct query_record){
                                       .id = r->id,
                                       .workgroup = r->workgroup,
                                       .detail = r->detail,
                                       .state = STR(QUERY_QUEUED),
                                       .submitted_ms = core_now_ms(q->core),
                                   });
    struct err err;
    if (!take_detail(g)) {
        query_free(g);
        err_set(&err, ERR_INTERNAL, "The statement cannot be kept.");
        fn(ctx, &err);
        return;
    }
    struct store_batch *batch = store_batch_new(core_store(q->core));
    store_put_query(batch, &g->r);
    for (size_t i = 0; i < r->token_count; i++) {
        struct token_record token = r->tokens[i];
        token.resource_id = g->r.id;
        store_add_token(batch, &token);
    }
    struct starting *s = mem_new(sizeof *s);
    *s = (struct starting){g, fn, ctx};
    store_commit(core_store(q->core), batch, on_start_stored, s);
}

/* --- StopQueryExecution --- */

static struct query *find_waiting(const struct queries *q, struct str id)
{
    LIST_EACH(node, &q->waiting) {
        struct query *g = CONTAINER_OF(node, struct query, link);
        if (str_eq(g->r.id, id))
            return g;
    }
    return NULL;
}

static void on_stop_asked(void *ctx, struct str id, enum athena_calculation_execution_state state,
                          const struct err *err)
{
    (void)ctx;
    (void)state;
    if (err)
        log_error("query", "a statement could not be stopped", F_STR("calculation_id", id), F_ERR(err));
}

void query_stop(struct queries *q, struct str id, store_done_fn *fn, void *ctx)
{
    struct query *g = find_waiting(q, id);
    if (g && !g->unsure) {
        query_end(g, QUERY_CANCELLED, STR("Query cancelled by user"));
    } else if (g || (q->active && str_eq(q->active->r.id, id))) {
        g = g ? g : q->active;
        g->stopped = true;
        if (g->r.calculation_id.p)
            calculation_stop(q->core, g->r.calculation_id, on_stop_asked, NULL);
    }
    fn(ctx, NULL);
}

/* --- The start and the end of the server --- */

static void on_live(void *ctx, const struct query_record *r, size_t count, const struct err *err)
{
    struct queries *q = ctx;
    (void)err;
    for (size_t i = 0; i < count; i++) {
        struct query *g = query_new(q, &r[i]);
        (void)take_detail(g);
        g->unsure = true;
        list_append(&q->waiting, &g->link);
    }
}

int queries_load(struct queries *q, struct err *err)
{
    return store_load_live_queries(core_store(q->core), on_live, q, err);
}

void queries_resume(struct queries *q)
{
    queries_pump_soon(q);
}

void queries_detach(struct queries *q)
{
    q->detached = true;
    core_watch_own(q->core, NULL, NULL);
    timer_stop(q->timers, &q->pump);
    timer_stop(q->timers, &q->again);
    LIST_EACH(node, &q->ending) {
        struct query *g = CONTAINER_OF(node, struct query, link);
        timer_stop(q->timers, &g->retry);
        query_deliver_stop(g);
    }
    if (q->active)
        timer_stop(q->timers, &q->active->retry);
}

void queries_free(struct queries *q)
{
    if (!q)
        return;
    LIST_EACH_SAFE(node, &q->waiting)
        query_free(CONTAINER_OF(node, struct query, link));
    LIST_EACH_SAFE(node, &q->ending)
        query_free(CONTAINER_OF(node, struct query, link));
    if (q->active)
        query_free(q->active);
    free(q);
}
