#include "ops/view.h"

#include "core/calculation.h"

static struct model_time time_of(int64_t ms)
{
    return ms ? MODEL_TIME(ms) : (struct model_time){0};
}

void view_session_status(const struct session_record *r, struct athena_session_status *ret)
{
    *ret = (struct athena_session_status){
        .start_date_time = time_of(r->created_ms),
        .last_modified_date_time = time_of(r->modified_ms),
        .end_date_time = time_of(r->ended_ms),
        .idle_since_date_time = time_of(r->idle_since_ms),
        .state = session_state_from(r->state),
        .state_change_reason = r->reason,
    };
}

void view_calculation_status(const struct op_call *call, const struct calculation_record *r,
                             struct athena_calculation_status *ret)
{
    *ret = (struct athena_calculation_status){
        .submission_date_time = time_of(r->submitted_ms),
        .completion_date_time = time_of(r->completed_ms),
        .state = calculation_state_from(r->state),
        .state_change_reason = calculation_shown_reason(call->core, call->arena, r),
    };
}

static struct str default_progress(const struct calculation_record *r)
{
    switch (calculation_state_from(r->state)) {
    case ATHENA_CALCULATION_EXECUTION_STATE_COMPLETED: return STR("100%");
    case ATHENA_CALCULATION_EXECUTION_STATE_RUNNING: return STR("running");
    case ATHENA_CALCULATION_EXECUTION_STATE_CANCELING: return STR("canceling");
    case ATHENA_CALCULATION_EXECUTION_STATE_CANCELED: return STR("canceled");
    case ATHENA_CALCULATION_EXECUTION_STATE_FAILED: return STR("failed");
    case ATHENA_CALCULATION_EXECUTION_STATE_CREATING:
    case ATHENA_CALCULATION_EXECUTION_STATE_CREATED:
    case ATHENA_CALCULATION_EXECUTION_STATE_QUEUED:
    case ATHENA_CALCULATION_EXECUTION_STATE_ABSENT: return STR("waiting");
    }
    return STR("waiting");
}

/* Spark's last count may have come before its last tasks ended. */
static bool is_stale(const struct calculation_record *r)
{
    return str_is(r->state, "COMPLETED") && !str_contains(r->progress, STR("100%"));
}

void view_calculation_statistics(const struct calculation_record *r,
                                 struct athena_calculation_statistics *ret)
{
    *ret = (struct athena_calculation_statistics){
        .dpu_execution_in_millis = MODEL_INT(r->dpu_ms),
        .progress = r->progress.n && !is_stale(r) ? r->progress : default_progress(r),
    };
}
