/* SQL statements of StartQueryExecution: DDL and metadata, run one after the other by Spark in a session of
 * the server's own. That session starts with the first statement, stays warm for a while, and belongs to no
 * workgroup that a client can name (CORE_OWN_GROUP): limits, accounting and adoption are those of every
 * session. Records are read from the store (store_get_query); statements that had not ended when a server
 * died go on in the next one. Loop thread. */
#pragma once

#include "core/core.h"
#include "query/statement.h"

struct queries;

/* Borrowed and outlives the queries. */
struct query_config {
    struct str engine_version; /* of the session */
    int64_t idle_timeout_ms;   /* of the session */
    int64_t queue_longest_ms;  /* a statement that could not be started for so long fails */
};

enum {
    QUERY_RESULT_MAX = 4 * 1024 * 1024, /* bytes of a statement's rows */
    QUERY_DETAIL_MAX = 2 * 1024 * 1024,
};

struct queries *queries_new(struct core *core, struct objects *objects, struct loop *loop,
                            struct timers *timers, const struct query_config *config);
/* Takes up what an earlier server has left. Before core_load, as calculations may end from then on; blocks.
 */
int queries_load(struct queries *q, struct err *err) MUST_CHECK;
/* Goes on with them. After core_load. */
void queries_resume(struct queries *q);
/* Nothing is started or stored any more; before core_detach. */
void queries_detach(struct queries *q);
void queries_free(struct queries *q); /* NULL is allowed */

struct query_request {
    struct str id; /* a new UUID */
    struct str workgroup;
    struct str detail;                 /* JSON of athena_query_execution's unchanging members */
    const struct token_record *tokens; /* resource_id is filled in */
    size_t token_count;
};
/* Answers once it is durable. */
void query_start(struct queries *q, const struct query_request *r, store_done_fn *fn, void *ctx);
/* No effect on one that has ended or does not exist. */
void query_stop(struct queries *q, struct str id, store_done_fn *fn, void *ctx);
/* The record's reason; with a sentence that says so while its result waits to be delivered. */
struct str query_shown_reason(const struct core *core, struct arena *a, const struct query_record *r);
