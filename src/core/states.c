#include "core/states.h"

#define S(x) ATHENA_SESSION_STATE_##x
#define C(x) ATHENA_CALCULATION_EXECUTION_STATE_##x
#define BIT(x) (1u << (x))

/* The row's state may go to the states of its set. */
static const unsigned session_edges[] = {
    [S(CREATING)] = BIT(S(CREATED)) | BIT(S(IDLE)) | BIT(S(TERMINATING)) | BIT(S(FAILED)),
    [S(CREATED)] = BIT(S(IDLE)) | BIT(S(TERMINATING)) | BIT(S(FAILED)),
    [S(IDLE)] = BIT(S(BUSY)) | BIT(S(TERMINATING)) | BIT(S(DEGRADED)) | BIT(S(FAILED)),
    [S(BUSY)] = BIT(S(IDLE)) | BIT(S(TERMINATING)) | BIT(S(DEGRADED)) | BIT(S(FAILED)),
    [S(TERMINATING)] = BIT(S(TERMINATED)) | BIT(S(FAILED)),
    [S(TERMINATED)] = 0,
    [S(DEGRADED)] = BIT(S(IDLE)) | BIT(S(BUSY)) | BIT(S(TERMINATING)) | BIT(S(FAILED)),
    [S(FAILED)] = 0,
};

static const unsigned calculation_edges[] = {
    [C(CREATING)] = BIT(C(CREATED)) | BIT(C(QUEUED)) | BIT(C(RUNNING)) | BIT(C(CANCELING)) |
                    BIT(C(COMPLETED)) | BIT(C(FAILED)),
    [C(CREATED)] = BIT(C(QUEUED)) | BIT(C(RUNNING)) | BIT(C(CANCELING)) | BIT(C(FAILED)),
    [C(QUEUED)] = BIT(C(RUNNING)) | BIT(C(CANCELING)) | BIT(C(FAILED)),
    [C(RUNNING)] = BIT(C(CANCELING)) | BIT(C(COMPLETED)) | BIT(C(FAILED)) | BIT(C(CANCELED)),
    [C(CANCELING)] = BIT(C(CANCELED)) | BIT(C(COMPLETED)) | BIT(C(FAILED)),
    [C(CANCELED)] = 0,
    [C(COMPLETED)] = 0,
    [C(FAILED)] = 0,
};

bool session_edge_legal(enum athena_session_state from, enum athena_session_state to)
{
    return from >= S(CREATING) && (size_t)from < ARRAY_SIZE(session_edges) &&
           (session_edges[from] & BIT(to)) != 0;
}

bool calculation_edge_legal(enum athena_calculation_execution_state from,
                            enum athena_calculation_execution_state to)
{
    return from >= C(CREATING) && (size_t)from < ARRAY_SIZE(calculation_edges) &&
           (calculation_edges[from] & BIT(to)) != 0;
}

bool session_state_ended(enum athena_session_state s)
{
    return s == S(TERMINATED) || s == S(FAILED);
}

bool calculation_state_ended(enum athena_calculation_execution_state s)
{
    return s == C(COMPLETED) || s == C(FAILED) || s == C(CANCELED);
}

struct str session_state_text(enum athena_session_state s)
{
    return athena_session_state_name(s);
}

struct str calculation_state_text(enum athena_calculation_execution_state s)
{
    return athena_calculation_execution_state_name(s);
}

enum athena_session_state session_state_from(struct str name)
{
    for (size_t s = S(CREATING); s < ARRAY_SIZE(session_edges); s++)
        if (str_eq(session_state_text((enum athena_session_state)s), name))
            return (enum athena_session_state)s;
    return (enum athena_session_state)0;
}

enum athena_calculation_execution_state calculation_state_from(struct str name)
{
    for (size_t c = C(CREATING); c < ARRAY_SIZE(calculation_edges); c++)
        if (str_eq(calculation_state_text((enum athena_calculation_execution_state)c), name))
            return (enum athena_calculation_execution_state)c;
    return (enum athena_calculation_execution_state)0;
}
