/* Calculations, as the operations see them. */
#pragma once

#include "core/core.h"

#define CALCULATION_RESULT_TYPE "application/vnd.aws.athena.v1+json"

struct calculation_request {
    struct str session_id;
    struct str description;
    struct str code;
    const struct token_record *tokens; /* resource_id is filled in */
    size_t token_count;
};

typedef void calculation_state_fn(void *ctx, struct str id, enum athena_calculation_execution_state state,
                                  const struct err *err);
/* The session must be IDLE: else AWS's sentence with its state. Answers after the commit. */
void calculation_start(struct core *c, const struct calculation_request *r, calculation_state_fn *fn,
                       void *ctx);
/* Whether it would take one now. */
bool calculation_may_start(const struct core *c, struct str session_id);
/* Answers CANCELING after its commit, or the state of an ended one. */
void calculation_stop(struct core *c, struct str id, calculation_state_fn *fn, void *ctx);

typedef void calculation_view_fn(void *ctx, const struct calculation_record *record, const struct err *err);
void calculation_get(struct core *c, struct str id, calculation_view_fn *fn, void *ctx);
/* The record's reason, and that its output waits here where it does. In the record or the arena. */
struct str calculation_shown_reason(const struct core *c, struct arena *a,
                                    const struct calculation_record *r);
