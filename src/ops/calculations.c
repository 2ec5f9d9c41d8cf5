/* The six operations of calculations. */
#include "core/calculation.h"
#include "core/session.h"
#include "ops/once.h"
#include "ops/page.h"
#include "ops/table.h"
#include "ops/view.h"

enum { PAGE_DEFAULT = 100 };

/* --- StartCalculationExecution --- */

struct start {
    struct op_call *call;
    const struct athena_start_calculation_execution_request *input;
    struct str code;
    struct token_claim *claim;
};

static void answer(struct start *g, struct str id, enum athena_calculation_execution_state state)
{
    op_ok(g->call, &(struct athena_start_calculation_execution_response){.calculation_execution_id = id,
                                                                         .state = state});
}

static void on_started(void *ctx, struct str id, enum athena_calculation_execution_state state,
                       const struct err *err)
{
    struct start *g = ctx;
    if (g->claim)
        token_settle(g->call->core, g->claim, id, err);
    if (err)
        op_fail(g->call, err);
    else
        answer(g, id, state);
}

static void on_known(void *ctx, const struct calculation_record *r, const struct err *err)
{
    struct start *g = ctx;
    if (err)
        op_fail(g->call, err);
    else
        answer(g, r->id, calculation_state_from(r->state));
}

static void on_claimed(void *ctx, struct token_claim *claim, struct str known_id, const struct err *err)
{
    struct start *g = ctx;
    g->claim = claim;
    if (err) {
        op_fail(g->call, err);
        return;
    }
    if (known_id.p) {
        calculation_get(g->call->core, known_id, on_known, g);
        return;
    }
    struct token_record token;
    bool has_token = once_record(g->call, claim, &token);
    struct calculation_request r = {
        .session_id = g->input->session_id,
        .description = g->input->description,
        .code = g->code,
        .tokens = &token,
        .token_count = has_token,
    };
    calculation_start(g->call->core, &r, on_started, g);
}

void op_start_calculation(struct op_call *call)
{
    struct start *g = arena_alloc(call->arena, sizeof *g);
    g->call = call;
    g->input = call->input;
    const struct athena_calculation_configuration *old = g->input->calculation_configuration;
    bool in_old = old && old->code_block.p;
    if (in_old == (g->input->code_block.p != NULL)) {
        op_refuse(call, in_old ? "Only one of CodeBlock and CalculationConfiguration.CodeBlock may be given."
                               : "CodeBlock is required.");
        return;
    }
    g->code = in_old ? old->code_block : g->input->code_block;
    struct athena_start_calculation_execution_request same = *g->input;
    same.client_request_token = STR_NULL;
    once_claim(call, g->input->client_request_token, &same, on_claimed, g);
}

/* --- reading one --- */

static void fill_result(struct arena *a, const struct calculation_record *r,
                        struct athena_calculation_result *ret)
{
    struct str folder = r->working_directory;
    *ret = (struct athena_calculation_result){
        .std_out_s3_uri = arena_printf(a, "%.*s/stdout", STR_ARG(folder)),
        .std_error_s3_uri = arena_printf(a, "%.*s/stderr", STR_ARG(folder)),
        .result_s3_uri = arena_printf(a, "%.*s/result", STR_ARG(folder)),
        .result_type = r->result_type,
    };
}

static void on_calculation(void *ctx, const struct calculation_record *r, const struct err *err)
{
    struct op_call *call = ctx;
    if (err) {
        op_fail(call, err);
        return;
    }
    struct athena_calculation_status status;
    struct athena_calculation_statistics statistics;
    struct athena_calculation_result result;
    struct athena_get_calculation_execution_response out = {
        .calculation_execution_id = r->id,
        .session_id = r->session_id,
        .description = r->description,
        .working_directory = r->working_directory,
        .status = &status,
        .statistics = &statistics,
    };
    view_calculation_status(call, r, &status);
    view_calculation_statistics(r, &statistics);
    if (r->result_type.p) {
        fill_result(call->arena, r, &result);
        out.result = &result;
    }
    op_ok(call, &out);
}

void op_get_calculation(struct op_call *call)
{
    const struct athena_get_calculation_execution_request *in = call->input;
    calculation_get(call->core, in->calculation_execution_id, on_calculation, call);
}

static void on_status(void *ctx, const struct calculation_record *r, const struct err *err)
{
    struct op_call *call = ctx;
    if (err) {
        op_fail(call, err);
        return;
    }
    struct athena_calculation_status status;
    struct athena_calculation_statistics statistics;
    view_calculation_status(call, r, &status);
    view_calculation_statistics(r, &statistics);
    op_ok(call, &(struct athena_get_calculation_execution_status_response){.status = &status,
                                                                           .statistics = &statistics});
}

void op_get_calculation_status(struct op_call *call)
{
    const struct athena_get_calculation_execution_status_request *in = call->input;
    calculation_get(call->core, in->calculation_execution_id, on_status, call);
}

static void on_code(void *ctx, struct str code, const struct err *err)
{
    struct op_call *call = ctx;
    if (err)
        op_fail(call, err);
    else
        op_ok(call, &(struct athena_get_calculation_execution_code_response){.code_block = code});
}

static void on_code_owner(void *ctx, const struct calculation_record *r, const struct err *err)
{
    struct op_call *call = ctx;
    if (err)
        op_fail(call, err);
    else
        store_get_code(core_store(call->core), r->id, on_code, call);
}

void op_get_calculation_code(struct op_call *call)
{
    const struct athena_get_calculation_execution_code_request *in = call->input;
    calculation_get(call->core, in->calculation_execution_id, on_code_owner, call);
}

/* --- StopCalculationExecution --- */

static void on_stopped(void *ctx, struct str id, enum athena_calculation_execution_state state,
                       const struct err *err)
{
    struct op_call *call = ctx;
    (void)id;
    if (err)
        op_fail(call, err);
    else
        op_ok(call, &(struct athena_stop_calculation_execution_response){.state = state});
}

void op_stop_calculation(struct op_call *call)
{
    const struct athena_stop_calculation_execution_request *in = call->input;
    calculation_stop(call->core, in->calculation_execution_id, on_stopped, call);
}

/* --- ListCalculationExecutions --- */

struct listing {
    struct op_call *call;
    struct store_list query;
    struct str scope;
    size_t limit;
};

static void on_list(void *ctx, const struct calculation_record *r, size_t count, const struct err *err)
{
    struct listing *g = ctx;
    struct arena *a = g->call->arena;
    if (err) {
        op_fail(g->call, err);
        return;
    }
    struct athena_list_calculation_executions_response out = {.calculations.present = true};
    size_t shown = count < g->limit ? count : g->limit;
    out.calculations.items = arena_array(a, shown, sizeof *out.calculations.items);
    out.calculations.count = shown;
    for (size_t i = 0; i < shown; i++) {
        struct athena_calculation_status *status = arena_alloc(a, sizeof *status);
        view_calculation_status(g->call, &r[i], status);
        out.calculations.items[i] = (struct athena_calculation_summary){r[i].id, r[i].description, status};
    }
    if (count > g->limit)
        out.next_token =
            page_token(a, "calculations", g->scope, arena_printf(a, "%lld", (long long)r[shown - 1].seq));
    op_ok(g->call, &out);
}

static void on_list_session(void *ctx, const struct session_record *r, const struct err *err)
{
    struct listing *g = ctx;
    (void)r;
    if (err)
        op_fail(g->call, err);
    else
        store_list_calculations(core_store(g->call->core), &g->query, on_list, g);
}

void op_list_calculations(struct op_call *call)
{
    const struct athena_list_calculation_executions_request *in = call->input;
    struct arena *a = call->arena;
    struct err err;
    struct str state = calculation_state_text(in->state_filter);
    struct listing *g = arena_alloc(a, sizeof *g);
    g->call = call;
    g->scope = arena_printf(a, "%.*s/%.*s", STR_ARG(in->session_id), STR_ARG(state));
    g->limit = in->max_results.present ? (size_t)in->max_results.value : PAGE_DEFAULT;
    g->query = (struct store_list){.within = in->session_id, .limit = g->limit + 1};
    if (page_seq(a, in->next_token, "calculations", g->scope, &g->query.before_seq, &err) < 0) {
        op_fail(call, &err);
        return;
    }
    if (state.p)
        g->query.states[g->query.state_count++] = state;
    session_get(call->core, in->session_id, on_list_session, g);
}
