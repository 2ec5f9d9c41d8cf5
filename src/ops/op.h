/* One call of an operation, from its checked input to its answer. An operation's function gets the call and
 * answers it exactly once, now or later, with op_ok or op_fail. Loop thread. */
#pragma once

#include "aws/principal.h"
#include "core/core.h"
#include "model/athena.gen.h"
#include "model/model.h"

struct ops_config {
    const struct str *engine_versions; /* Spark's names that this server offers */
    size_t engine_version_count;
    struct str account; /* for the catalog's thread, too: the core's settings may change meanwhile */
};

struct op_call;
typedef void op_fn(struct op_call *call);

/* A service whose operations are carried out here. */
struct op_service {
    const struct model_service *model;
    op_fn *const *table; /* by the operation's id; NULL: not built */
    bool guarded;        /* what a session's own code may call is bounded (guard.h) */
    /* Makes the service's own error of one that all share; NULL: there is nothing to do. */
    void (*settle_error)(struct err *err);
};
extern const struct op_service op_services[];
extern const size_t op_service_count;

struct op_call {
    struct core *core;
    struct queries *queries;
    struct catalog *catalog;
    const struct op_service *service;
    const struct ops_config *config;
    const struct model_operation *operation;
    struct arena *arena; /* of the request: lives until the answer has left */
    const void *input;   /* the operation's input structure, decoded and validated */
    struct aws_principal principal;
    struct str invocation_id; /* amz-sdk-invocation-id, absent if none was sent */
    /* The caller's: sends the answer. `err` NULL: `output` is the operation's output structure. */
    void (*reply)(struct op_call *call, const void *output, const struct err *err);
    void *ctx;
};

/* A string member of the input, absent if there is none of that name. */
struct str op_input_text(const struct op_call *call, const char *name);
void op_ok(struct op_call *call, const void *output);
void op_fail(struct op_call *call, const struct err *err);
/* op_fail with ERR_INVALID_REQUEST and AthenaErrorCode INVALID_INPUT. */
void op_refuse(struct op_call *call, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Runs the operation; one that is not built answers so. */
void op_run(struct op_call *call);
