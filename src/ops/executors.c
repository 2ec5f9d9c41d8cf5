/* ListExecutors. In local mode a session has one executor, its coordinator: Spark's driver process. */
#include "core/session.h"
#include "ops/page.h"
#include "ops/table.h"

static enum athena_executor_state executor_state(const struct session_record *r)
{
    switch (session_state_from(r->state)) {
    case ATHENA_SESSION_STATE_CREATING: return ATHENA_EXECUTOR_STATE_CREATING;
    case ATHENA_SESSION_STATE_CREATED: return ATHENA_EXECUTOR_STATE_CREATED;
    case ATHENA_SESSION_STATE_IDLE:
    case ATHENA_SESSION_STATE_BUSY:
    case ATHENA_SESSION_STATE_DEGRADED: return ATHENA_EXECUTOR_STATE_REGISTERED;
    case ATHENA_SESSION_STATE_TERMINATING: return ATHENA_EXECUTOR_STATE_TERMINATING;
    case ATHENA_SESSION_STATE_TERMINATED: return ATHENA_EXECUTOR_STATE_TERMINATED;
    case ATHENA_SESSION_STATE_FAILED:
    case ATHENA_SESSION_STATE_ABSENT: return ATHENA_EXECUTOR_STATE_FAILED;
    }
    return ATHENA_EXECUTOR_STATE_FAILED;
}

static void on_session(void *ctx, const struct session_record *r, const struct err *err)
{
    struct op_call *call = ctx;
    const struct athena_list_executors_request *in = call->input;
    if (err) {
        op_fail(call, err);
        return;
    }
    struct athena_executors_summary coordinator = {
        .executor_id = arena_printf(call->arena, "%.*s-coordinator", STR_ARG(r->id)),
        .executor_type = ATHENA_EXECUTOR_TYPE_COORDINATOR,
        .start_date_time = MODEL_INT(r->created_ms),
        .termination_date_time = r->ended_ms ? MODEL_INT(r->ended_ms) : (struct model_int){0},
        .executor_state = executor_state(r),
        .executor_size = MODEL_INT(1),
    };
    bool shown = !in->executor_state_filter || in->executor_state_filter == coordinator.executor_state;
    op_ok(call, &(struct athena_list_executors_response){
                    .session_id = r->id,
                    .executors_summary = {.items = &coordinator, .count = shown, .present = true},
                });
}

void op_list_executors(struct op_call *call)
{
    const struct athena_list_executors_request *in = call->input;
    struct str position;
    struct err err;
    if (page_position(call->arena, in->next_token, "executors", in->session_id, &position, &err) < 0)
        op_fail(call, &err);
    else
        session_get(call->core, in->session_id, on_session, call);
}
