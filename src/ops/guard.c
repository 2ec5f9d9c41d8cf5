#include "ops/guard.h"

#include "core/calculation.h"
#include "core/session.h"

enum scope {
    SCOPE_NONE, /* not for sessions */
    SCOPE_ALL,  /* belongs to no workgroup */
    SCOPE_GROUP,
    SCOPE_SESSION,
    SCOPE_CALCULATION,
};

static const enum scope scopes[ATHENA_OP_COUNT] = {
    [ATHENA_OP_GET_WORK_GROUP] = SCOPE_GROUP,
    [ATHENA_OP_LIST_SESSIONS] = SCOPE_GROUP,
    [ATHENA_OP_GET_SESSION] = SCOPE_SESSION,
    [ATHENA_OP_GET_SESSION_STATUS] = SCOPE_SESSION,
    [ATHENA_OP_TERMINATE_SESSION] = SCOPE_SESSION,
    [ATHENA_OP_LIST_EXECUTORS] = SCOPE_SESSION,
    [ATHENA_OP_START_CALCULATION_EXECUTION] = SCOPE_SESSION,
    [ATHENA_OP_LIST_CALCULATION_EXECUTIONS] = SCOPE_SESSION,
    [ATHENA_OP_GET_CALCULATION_EXECUTION] = SCOPE_CALCULATION,
    [ATHENA_OP_GET_CALCULATION_EXECUTION_STATUS] = SCOPE_CALCULATION,
    [ATHENA_OP_GET_CALCULATION_EXECUTION_CODE] = SCOPE_CALCULATION,
    [ATHENA_OP_STOP_CALCULATION_EXECUTION] = SCOPE_CALCULATION,
    [ATHENA_OP_LIST_DATA_CATALOGS] = SCOPE_ALL,
    [ATHENA_OP_GET_DATA_CATALOG] = SCOPE_ALL,
    [ATHENA_OP_LIST_DATABASES] = SCOPE_ALL,
    [ATHENA_OP_GET_DATABASE] = SCOPE_ALL,
    [ATHENA_OP_LIST_TABLE_METADATA] = SCOPE_ALL,
    [ATHENA_OP_GET_TABLE_METADATA] = SCOPE_ALL,
};

struct check {
    struct op_call *call;
    op_fn *fn;
};

static void deny(struct op_call *call)
{
    struct err err;
    err_set(&err, ERR_ACCESS_DENIED,
            "User: %.*s is not authorized to perform: athena:%.*s on resources outside of its workgroup",
            STR_ARG(call->principal.arn), STR_ARG(call->operation->name));
    op_fail(call, &err);
}

/* What does not exist is the operation's to say. */
static void on_session(void *ctx, const struct session_record *r, const struct err *err)
{
    struct check *c = ctx;
    if (err || str_eq(r->workgroup, c->call->principal.workgroup))
        c->fn(c->call);
    else
        deny(c->call);
}

static void on_calculation(void *ctx, const struct calculation_record *r, const struct err *err)
{
    struct check *c = ctx;
    if (err)
        c->fn(c->call);
    else
        session_get(c->call->core, arena_str(c->call->arena, r->session_id), on_session, c);
}

void guard_run(struct op_call *call, op_fn *fn)
{
    struct check *c = arena_alloc(call->arena, sizeof *c);
    *c = (struct check){call, fn};
    switch (scopes[call->operation->id]) {
    case SCOPE_NONE: deny(call); break;
    case SCOPE_ALL: fn(call); break;
    case SCOPE_GROUP:
        if (str_eq(op_input_text(call, "WorkGroup"), call->principal.workgroup))
            fn(call);
        else
            deny(call);
        break;
    case SCOPE_SESSION: session_get(call->core, op_input_text(call, "SessionId"), on_session, c); break;
    case SCOPE_CALCULATION:
        calculation_get(call->core, op_input_text(call, "CalculationExecutionId"), on_calculation, c);
        break;
    }
}
