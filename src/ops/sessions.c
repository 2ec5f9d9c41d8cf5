/* GetSession, GetSessionStatus, ListSessions, TerminateSession. */
#include "core/session.h"
#include "ops/group.h"
#include "ops/page.h"
#include "ops/table.h"
#include "ops/view.h"

enum { PAGE_DEFAULT = 100, DETAIL_ARENA_MAX = 8 * 1024 * 1024 };

static void on_session(void *ctx, const struct session_record *r, const struct err *err)
{
    struct op_call *call = ctx;
    struct athena_get_session_response out = {0};
    struct athena_session_status status;
    struct athena_session_statistics statistics;
    struct err e;
    if (err) {
        op_fail(call, err);
    } else if (model_decode_stored(&athena_shape_get_session_response, r->detail, call->arena, &out, &e) <
               0) {
        e.code = ERR_INTERNAL;
        op_fail(call, &e);
    } else {
        view_session_status(r, &status);
        statistics.dpu_execution_in_millis = MODEL_INT(r->dpu_ms);
        out.status = &status;
        out.statistics = &statistics;
        op_ok(call, &out);
    }
}

void op_get_session(struct op_call *call)
{
    const struct athena_get_session_request *in = call->input;
    session_get(call->core, in->session_id, on_session, call);
}

static void on_status(void *ctx, const struct session_record *r, const struct err *err)
{
    struct op_call *call = ctx;
    struct athena_session_status status;
    if (err) {
        op_fail(call, err);
        return;
    }
    view_session_status(r, &status);
    op_ok(call, &(struct athena_get_session_status_response){.session_id = r->id, .status = &status});
}

void op_get_session_status(struct op_call *call)
{
    const struct athena_get_session_status_request *in = call->input;
    session_get(call->core, in->session_id, on_status, call);
}

static void on_terminated(void *ctx, struct str id, enum athena_session_state state, const struct err *err)
{
    struct op_call *call = ctx;
    (void)id;
    if (err)
        op_fail(call, err);
    else
        op_ok(call, &(struct athena_terminate_session_response){.state = state});
}

void op_terminate_session(struct op_call *call)
{
    const struct athena_terminate_session_request *in = call->input;
    session_terminate(call->core, in->session_id, on_terminated, call);
}

/* --- ListSessions --- */

struct listing {
    struct op_call *call;
    struct str scope;
    size_t limit;
};

/* An unreadable detail leaves it out. */
static struct str notebook_version(struct arena *a, const struct session_record *r)
{
    CLEANUP_ARENA struct arena *own = arena_new(DETAIL_ARENA_MAX);
    struct athena_get_session_response detail = {0};
    struct err ignored;
    if (model_decode_stored(&athena_shape_get_session_response, r->detail, own, &detail, &ignored) < 0)
        return STR_NULL;
    return arena_str(a, detail.notebook_version);
}

static void fill_summary(struct arena *a, const struct session_record *r, struct athena_session_summary *ret)
{
    ret->session_id = r->id;
    ret->description = r->description;
    ret->engine_version = arena_alloc(a, sizeof *ret->engine_version);
    *ret->engine_version = (struct athena_engine_version){r->engine_version, r->engine_version};
    ret->notebook_version = notebook_version(a, r);
    ret->status = arena_alloc(a, sizeof *ret->status);
    view_session_status(r, ret->status);
}

static void on_list(void *ctx, const struct session_record *r, size_t count, const struct err *err)
{
    struct listing *g = ctx;
    struct arena *a = g->call->arena;
    if (err) {
        op_fail(g->call, err);
        return;
    }
    struct athena_list_sessions_response out = {.sessions.present = true};
    size_t shown = count < g->limit ? count : g->limit;
    out.sessions.items = arena_array(a, shown, sizeof *out.sessions.items);
    out.sessions.count = shown;
    for (size_t i = 0; i < shown; i++)
        fill_summary(a, &r[i], &out.sessions.items[i]);
    if (count > g->limit)
        out.next_token =
            page_token(a, "sessions", g->scope, arena_printf(a, "%lld", (long long)r[shown - 1].seq));
    op_ok(g->call, &out);
}

void op_list_sessions(struct op_call *call)
{
    const struct athena_list_sessions_request *in = call->input;
    struct arena *a = call->arena;
    struct workgroup_view view;
    struct athena_work_group_configuration configuration;
    struct err err;
    struct str state = session_state_text(in->state_filter);
    struct listing *g = arena_alloc(a, sizeof *g);
    *g = (struct listing){call, arena_printf(a, "%.*s/%.*s", STR_ARG(in->work_group), STR_ARG(state)),
                          in->max_results.present ? (size_t)in->max_results.value : PAGE_DEFAULT};
    struct store_list q = {.within = in->work_group, .limit = g->limit + 1};
    if (!group_find(call, in->work_group, &view, &configuration))
        return;
    if (page_seq(a, in->next_token, "sessions", g->scope, &q.before_seq, &err) < 0) {
        op_fail(call, &err);
        return;
    }
    if (state.p)
        q.states[q.state_count++] = state;
    session_list(call->core, &q, on_list, g);
}
