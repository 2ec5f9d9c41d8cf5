/* GetQueryExecution, BatchGetQueryExecution, ListQueryExecutions, StopQueryExecution. */
#include "ops/queries.h"

#include "ops/group.h"
#include "ops/page.h"
#include "ops/table.h"
#include "query/query.h"

enum { PAGE_DEFAULT = 50, VIEW_SPARE = 64 * 1024 };

void query_not_found(struct err *err, struct str id)
{
    err_set_detail(err, ERR_INVALID_REQUEST, "INVALID_INPUT", "QueryExecution %.*s was not found",
                   STR_ARG(str_sub(id, 0, 128)));
}

static struct model_time time_of(int64_t ms)
{
    return ms ? MODEL_TIME(ms) : (struct model_time){0};
}

static int64_t span(int64_t from, int64_t to)
{
    return from && to > from ? to - from : 0;
}

static struct athena_query_execution_statistics *statistics(struct op_call *call,
                                                            const struct query_record *r)
{
    struct athena_query_execution_statistics *s = arena_alloc(call->arena, sizeof *s);
    int64_t until = r->completed_ms ? r->completed_ms : core_now_ms(call->core);
    int64_t started = r->started_ms ? r->started_ms : until;
    s->engine_execution_time_in_millis = MODEL_INT(span(started, until));
    s->data_scanned_in_bytes = MODEL_INT(0);
    s->total_execution_time_in_millis = MODEL_INT(span(r->submitted_ms, until));
    s->query_queue_time_in_millis = MODEL_INT(span(r->submitted_ms, started));
    s->service_processing_time_in_millis = MODEL_INT(0);
    s->result_reuse_information = arena_alloc(call->arena, sizeof *s->result_reuse_information);
    s->result_reuse_information->reused_previous_result = MODEL_BOOL(false);
    return s;
}

/* Category 2 is the user's in AWS's table, where 1 would be the service's. */
static struct athena_athena_error *error_of(struct op_call *call, const struct query_record *r)
{
    struct athena_athena_error *e = arena_alloc(call->arena, sizeof *e);
    e->error_category = MODEL_INT(2);
    e->error_type = MODEL_INT(1006);
    e->retryable = MODEL_BOOL(false);
    e->error_message = arena_str(call->arena, r->reason);
    return e;
}

static struct athena_query_execution_status *status(struct op_call *call, const struct query_record *r)
{
    struct athena_query_execution_status *s = arena_alloc(call->arena, sizeof *s);
    s->state =
        (enum athena_query_execution_state)model_enum_value(&athena_shape_query_execution_state, r->state);
    s->state_change_reason = arena_str(call->arena, query_shown_reason(call->core, call->arena, r));
    s->submission_date_time = time_of(r->submitted_ms);
    s->completion_date_time = time_of(r->completed_ms);
    if (s->state == ATHENA_QUERY_EXECUTION_STATE_FAILED)
        s->athena_error = error_of(call, r);
    return s;
}

static int view_of(struct op_call *call, const struct query_record *r, struct athena_query_execution *ret,
                   struct err *err)
{
    *ret = (struct athena_query_execution){0};
    if (model_decode_stored(&athena_shape_query_execution, r->detail, call->arena, ret, err) < 0)
        return -1;
    ret->status = status(call, r);
    ret->statistics = statistics(call, r);
    return 0;
}

static void on_query(void *ctx, const struct query_record *r, const struct err *err)
{
    struct op_call *call = ctx;
    const struct athena_get_query_execution_input *in = call->input;
    struct athena_query_execution out;
    struct err e;
    if (!r && !err)
        query_not_found(&e, in->query_execution_id);
    if (err || !r)
        op_fail(call, err ? err : &e);
    else if (view_of(call, r, &out, &e) < 0)
        op_fail(call, &e);
    else
        op_ok(call, &(struct athena_get_query_execution_output){.query_execution = &out});
}

void op_get_query(struct op_call *call)
{
    const struct athena_get_query_execution_input *in = call->input;
    store_get_query(core_store(call->core), in->query_execution_id, on_query, call);
}

/* --- BatchGetQueryExecution: one after the other --- */

struct batch {
    struct op_call *call;
    const struct athena_query_execution_id_list *ids;
    size_t next;
    struct athena_batch_get_query_execution_output out;
};

static void read_next(struct batch *g);

static void add_unprocessed(struct batch *g, struct str id)
{
    struct athena_unprocessed_query_execution_id_list *list = &g->out.unprocessed_query_execution_ids;
    struct err e;
    query_not_found(&e, id);
    list->items[list->count++] = (struct athena_unprocessed_query_execution_id){
        .query_execution_id = id,
        .error_code = STR("INVALID_INPUT"),
        .error_message = arena_str(g->call->arena, str_from(e.text)),
    };
}

/* A detail takes half of the room that is left at most; the rest is for what stands around it. */
static bool has_room(const struct batch *g)
{
    return arena_room(g->call->arena) >= 2 * VIEW_SPARE;
}

static void on_one(void *ctx, const struct query_record *r, const struct err *err)
{
    struct batch *g = ctx;
    struct err e;
    if (!err && !has_room(g)) {
        err_set(&e, ERR_TOO_LARGE, "These statements hold more than one answer may: ask for fewer at once.");
        err = &e;
    }
    if (err) {
        op_fail(g->call, err);
        return;
    }
    if (!r) {
        add_unprocessed(g, g->ids->items[g->next]);
    } else if (view_of(g->call, r, &g->out.query_executions.items[g->out.query_executions.count++], &e) < 0) {
        op_fail(g->call, &e);
        return;
    }
    g->next++;
    read_next(g);
}

static void read_next(struct batch *g)
{
    if (g->next == g->ids->count)
        op_ok(g->call, &g->out);
    else
        store_get_query(core_store(g->call->core), g->ids->items[g->next], on_one, g);
}

void op_batch_get_queries(struct op_call *call)
{
    const struct athena_batch_get_query_execution_input *in = call->input;
    struct batch *g = arena_alloc(call->arena, sizeof *g);
    size_t n = in->query_execution_ids.count;
    g->call = call;
    g->ids = &in->query_execution_ids;
    g->out.query_executions.present = true;
    g->out.query_executions.items = arena_array(call->arena, n, sizeof *g->out.query_executions.items);
    g->out.unprocessed_query_execution_ids.present = true;
    g->out.unprocessed_query_execution_ids.items =
        arena_array(call->arena, n, sizeof *g->out.unprocessed_query_execution_ids.items);
    read_next(g);
}

/* --- ListQueryExecutions --- */

struct listing {
    struct op_call *call;
    struct str group;
    size_t limit;
};

static void on_list(void *ctx, const struct query_record *r, size_t count, const struct err *err)
{
    struct listing *g = ctx;
    struct arena *a = g->call->arena;
    size_t shown = count < g->limit ? count : g->limit;
    struct athena_list_query_executions_output out = {
        .query_execution_ids = {.count = shown, .present = true}};
    if (err) {
        op_fail(g->call, err);
        return;
    }
    out.query_execution_ids.items = arena_array(a, shown, sizeof *out.query_execution_ids.items);
    for (size_t i = 0; i < shown; i++)
        out.query_execution_ids.items[i] = arena_str(a, r[i].id);
    if (count > g->limit && shown)
        out.next_token =
            page_token(a, "queries", g->group, arena_printf(a, "%lld", (long long)r[shown - 1].seq));
    op_ok(g->call, &out);
}

void op_list_queries(struct op_call *call)
{
    const struct athena_list_query_executions_input *in = call->input;
    struct listing *g = arena_alloc(call->arena, sizeof *g);
    struct store_list query = {0};
    struct workgroup_view view;
    struct athena_work_group_configuration ignored;
    struct err err;
    g->call = call;
    g->group = in->work_group.p ? in->work_group : STR("primary");
    g->limit =
        in->max_results.present && in->max_results.value ? (size_t)in->max_results.value : PAGE_DEFAULT;
    if (!group_find(call, g->group, &view, &ignored))
        return;
    query.within = g->group;
    query.limit = g->limit + 1;
    if (page_seq(call->arena, in->next_token, "queries", g->group, &query.before_seq, &err) < 0)
        op_fail(call, &err);
    else
        store_list_queries(core_store(call->core), &query, on_list, g);
}

/* --- StopQueryExecution --- */

static void on_stopped(void *ctx, const struct err *err)
{
    struct op_call *call = ctx;
    if (err)
        op_fail(call, err);
    else
        op_ok(call, &(struct athena_stop_query_execution_output){0});
}

static void on_stop_found(void *ctx, const struct query_record *r, const struct err *err)
{
    struct op_call *call = ctx;
    const struct athena_stop_query_execution_input *in = call->input;
    struct err e;
    if (!r && !err)
        query_not_found(&e, in->query_execution_id);
    if (err || !r)
        op_fail(call, err ? err : &e);
    else
        query_stop(call->queries, in->query_execution_id, on_stopped, call);
}

void op_stop_query(struct op_call *call)
{
    const struct athena_stop_query_execution_input *in = call->input;
    store_get_query(core_store(call->core), in->query_execution_id, on_stop_found, call);
}
