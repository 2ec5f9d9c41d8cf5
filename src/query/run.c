/* Statements on their way through the server's own session: one at a time, the oldest first. */
#include "base/jsonw.h"
#include "base/log.h"
#include "base/random.h"
#include "core/calculation.h"
#include "core/session.h"
#include "model/athena.gen.h"
#include "query/private.h"

enum { AGAIN_MS = 500, AGAIN_LAST_MS = 30000, DETAIL_MAX = 8 * 1024, CODE_MAX = 2 * 1024 * 1024 };

/* The calculation of a statement, found again by its id after a restart. */
static const char token_scope[] = "StatementCalculation";

/* --- The session --- */

static void on_again(struct timer *t)
{
    queries_on_pump(t);
}

static bool is_overdue(const struct queries *q, const struct query *g)
{
    return core_now_ms(q->core) - g->r.submitted_ms >= q->config->queue_longest_ms;
}

/* What cannot be had now (memory, DPUs) may be there later; a statement that has waited too long fails. */
static void wait_or_fail(struct queries *q, const struct err *why)
{
    struct query *g = CONTAINER_OF(list_first(&q->waiting), struct query, link);
    if (is_overdue(q, g))
        query_end(g, QUERY_FAILED, str_from(why->text));
    else
        timer_start(q->timers, &q->again, AGAIN_MS, on_again, q);
}

/* A start is a failed one until its session is ready: the next one is tried later, each time after twice as
 * long. */
static void note_start(struct queries *q)
{
    int64_t wait_ms = AGAIN_MS;
    for (unsigned i = 0; i < q->failed_starts && wait_ms < AGAIN_LAST_MS; i++)
        wait_ms *= 2;
    if (!q->failed_starts++)
        err_set(&q->start_failure, ERR_INTERNAL, "No session for statements could be started.");
    q->start_after_ms = core_now_ms(q->core) + (wait_ms < AGAIN_LAST_MS ? wait_ms : AGAIN_LAST_MS);
}

static void note_session(struct queries *q, const struct session_record *s)
{
    if (s->ready_ms)
        q->failed_starts = 0;
    else if (str_is(s->state, "FAILED"))
        err_set(&q->start_failure, ERR_INTERNAL, "No session for statements could be started: %.*s",
                STR_ARG(s->reason));
}

static bool may_start(const struct queries *q)
{
    const struct query *g = CONTAINER_OF(list_first(&q->waiting), struct query, link);
    return !q->failed_starts || (core_now_ms(q->core) >= q->start_after_ms && !is_overdue(q, g));
}

static void on_session_stored(void *ctx, struct str id, enum athena_session_state state,
                              const struct err *err)
{
    struct queries *q = ctx;
    (void)state;
    q->starting = false;
    if (!err)
        log_info("query", "the session of statements starts", F_STR("session_id", id));
    else if (!list_empty(&q->waiting) && !q->detached)
        wait_or_fail(q, err);
}

/* Statements make Iceberg tables as well, and describe those that sessions have made. */
static struct athena_parameters_map_entry session_properties[] = {
    {STR("spark.sql.catalog.spark_catalog"), STR("org.apache.iceberg.spark.SparkSessionCatalog")},
    {STR("spark.sql.catalog.spark_catalog.type"), STR("hive")},
};

static struct str session_detail(struct arena *a, const struct queries *q, struct str id, struct str folder)
{
    struct athena_engine_configuration engine = {
        .max_concurrent_dpus = MODEL_INT(2),
        .spark_properties = {session_properties, ARRAY_SIZE(session_properties), true},
    };
    struct athena_session_configuration session = {
        .working_directory = folder,
        .idle_timeout_seconds = MODEL_INT(q->config->idle_timeout_ms / 1000),
    };
    struct athena_get_session_response d = {
        .session_id = id,
        .description = STR("Statements of StartQueryExecution"),
        .work_group = STR(CORE_OWN_GROUP),
        .engine_version = q->config->engine_version,
        .engine_configuration = &engine,
        .session_configuration = &session,
    };
    CLEANUP_BUF struct buf b;
    buf_init(&b, DETAIL_MAX);
    model_encode(&athena_shape_get_session_response, &d, &b);
    return arena_str(a, buf_str(&b));
}

static void start_session(struct queries *q)
{
    CLEANUP_ARENA struct arena *a = arena_new(64 * 1024);
    char id[UUID_TEXT_LEN + 1];
    struct err err;
    if (!may_start(q)) {
        wait_or_fail(q, &q->start_failure);
        return;
    }
    if (session_make_room(q->core, 2, &err) < 0) {
        wait_or_fail(q, &err);
        return;
    }
    note_start(q);
    random_uuid(id);
    struct str folder =
        arena_printf(a, "%.*s/session/%s", STR_ARG(core_config_of(q->core)->default_location), id);
    q->starting = true;
    session_start(q->core,
                  &(struct session_request){
                      .id = str_from(id),
                      .workgroup = STR(CORE_OWN_GROUP),
                      .description = STR("Statements of StartQueryExecution"),
                      .engine_version = q->config->engine_version,
                      .principal = STR(""),
                      .detail = session_detail(a, q, str_from(id), folder),
                      .output_location = folder,
                      .idle_timeout_ms = q->config->idle_timeout_ms,
                      .max_dpus = 2,
                  },
                  on_session_stored, q);
}

/* --- A statement --- */

/* The statement is data in a line of JSON; the magic's name is all that is code. */
static struct str code_of(const struct query *g)
{
    CLEANUP_BUF struct buf b;
    struct jsonw w;
    buf_init(&b, CODE_MAX);
    buf_add_cstr(&b, "%%glaux_statement\n");
    jsonw_init(&w, &b);
    jsonw_object(&w);
    jsonw_member_str(&w, "kind", g->kind);
    if (g->database.n)
        jsonw_member_str(&w, "database", g->database);
    jsonw_member_str(&w, "statement", g->statement);
    jsonw_end_object(&w);
    return arena_str(g->arena, buf_str(&b));
}

static void on_running_stored(void *ctx, const struct err *err)
{
    (void)ctx;
    if (err) /* its end will say as much */
        log_error("query", "a statement's start could not be stored", F_ERR(err));
}

static void on_stop(void *ctx, struct str id, enum athena_calculation_execution_state state,
                    const struct err *err)
{
    (void)ctx;
    (void)state;
    if (err)
        log_error("query", "a statement could not be stopped", F_STR("calculation_id", id), F_ERR(err));
}

static void set_running(struct query *g, struct str calculation_id)
{
    struct queries *q = g->queries;
    struct store_batch *batch = store_batch_new(core_store(q->core));
    g->r.calculation_id = arena_str(g->arena, calculation_id);
    g->r.state = STR(QUERY_RUNNING);
    g->r.started_ms = core_now_ms(q->core);
    store_put_query(batch, &g->r);
    store_commit(core_store(q->core), batch, on_running_stored, NULL);
    if (g->stopped)
        calculation_stop(q->core, g->r.calculation_id, on_stop, NULL);
}

static void on_calculation(void *ctx, struct str id, enum athena_calculation_execution_state state,
                           const struct err *err)
{
    struct query *g = ctx;
    (void)state;
    if (g->queries->detached)
        return;
    if (err)
        query_end(g, QUERY_FAILED, str_from(err->text));
    else
        set_running(g, id);
}

static void run_next(struct queries *q, struct str session_id)
{
    struct query *g = CONTAINER_OF(list_first(&q->waiting), struct query, link);
    struct token_record token = {
        .scope = str_from(token_scope),
        .token = g->r.id,
        .digest = STR(""),
        .created_ms = core_now_ms(q->core),
    };
    list_remove(&g->link);
    q->active = g;
    calculation_start(q->core,
                      &(struct calculation_request){
                          .session_id = session_id,
                          .code = code_of(g),
                          .tokens = &token,
                          .token_count = 1,
                      },
                      on_calculation, g);
}

/* --- What earlier servers have left --- */

static void on_calculation_read(void *ctx, const struct calculation_record *r, const struct err *err)
{
    struct query *g = ctx;
    if (g->queries->detached)
        return;
    if (!r)
        query_end(g, QUERY_FAILED, err ? str_from(err->text) : STR("The statement's calculation is lost."));
    else
        queries_on_own(g->queries, NULL, r);
}

static void look_again(struct query *g)
{
    calculation_get(g->queries->core, g->r.calculation_id, on_calculation_read, g);
}

static void on_token(void *ctx, const struct token_record *r, const struct err *err)
{
    struct query *g = ctx;
    struct queries *q = g->queries;
    if (q->detached)
        return;
    if (err) {
        q->active = NULL;
        list_prepend(&q->waiting, &g->link);
        timer_start(q->timers, &q->again, AGAIN_MS, on_again, q);
        return;
    }
    g->unsure = false;
    if (!r) { /* it never ran */
        q->active = NULL;
        list_prepend(&q->waiting, &g->link);
        queries_pump_soon(q);
        return;
    }
    if (!g->r.calculation_id.p)
        set_running(g, r->resource_id);
    look_again(g);
}

static void look_up(struct queries *q, struct query *g)
{
    list_remove(&g->link);
    q->active = g;
    store_get_token(core_store(q->core), str_from(token_scope), g->r.id, on_token, g);
}

/* --- The pump --- */

void queries_on_pump(struct timer *t)
{
    struct queries *q = t->ctx;
    struct session_record s;
    struct list *first = list_first(&q->waiting);
    if (q->detached || q->active || q->starting || !first)
        return;
    struct query *g = CONTAINER_OF(first, struct query, link);
    if (g->unsure)
        look_up(q, g);
    else if (g->stopped)
        query_end(g, QUERY_CANCELLED, STR("Query cancelled by user"));
    else if (!session_any_in(q->core, STR(CORE_OWN_GROUP), &s))
        start_session(q);
    else if (str_is(s.state, "IDLE") && calculation_may_start(q->core, s.id)) /* not when it is just ending */
        run_next(q, s.id);
    else /* its next commit will tell; but that it was verified after a restart is none */
        timer_start(q->timers, &q->again, AGAIN_MS, on_again, q);
}

static void on_result(void *ctx, const struct query_result_record *r, const struct err *err)
{
    struct query *g = ctx;
    struct query_answer answer;
    struct err e;
    if (g->queries->detached)
        return;
    if (err || !r) {
        query_end(g, QUERY_FAILED, err ? str_from(err->text) : STR("The statement's result is missing."));
    } else if (query_answer_read(g->arena, r->text, &answer, &e) < 0) {
        query_end(g, QUERY_FAILED, str_from(e.text));
    } else if (answer.failure.p) {
        query_end(g, QUERY_FAILED, answer.failure);
    } else {
        query_succeed(g, answer.columns, answer.rows);
    }
}

void queries_on_own(void *ctx, const struct session_record *s, const struct calculation_record *c)
{
    struct queries *q = ctx;
    struct query *g = q->active;
    if (s && !c)
        note_session(q, s);
    queries_pump_soon(q);
    if (!c || !g || g->r.completed_ms || !str_eq(g->r.calculation_id, c->id))
        return;
    switch (calculation_state_from(c->state)) {
    case ATHENA_CALCULATION_EXECUTION_STATE_COMPLETED:
        if (!g->answering)
            store_get_query_result(core_store(q->core), c->id, on_result, g);
        g->answering = true;
        break;
    case ATHENA_CALCULATION_EXECUTION_STATE_CANCELED:
        query_end(g, QUERY_CANCELLED, g->stopped ? STR("Query cancelled by user") : c->reason);
        break;
    case ATHENA_CALCULATION_EXECUTION_STATE_FAILED: query_end(g, QUERY_FAILED, c->reason); break;
    case ATHENA_CALCULATION_EXECUTION_STATE_ABSENT:
    case ATHENA_CALCULATION_EXECUTION_STATE_CREATING:
    case ATHENA_CALCULATION_EXECUTION_STATE_CREATED:
    case ATHENA_CALCULATION_EXECUTION_STATE_QUEUED:
    case ATHENA_CALCULATION_EXECUTION_STATE_RUNNING:
    case ATHENA_CALCULATION_EXECUTION_STATE_CANCELING: break;
    }
}
