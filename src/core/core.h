/* The core: owns all live sessions and calculations. Loop thread. A change is committed to the store before
 * anybody sees it: operations read the committed versions only. Callbacks may come inside the call when the
 * answer is at hand. */
#pragma once

#include "base/clock.h"
#include "core/config.h"
#include "core/states.h"
#include "objects/objects.h"
#include "remote/delivery/deliveries.h"
#include "shim/runner.h"
#include "store/store.h"

struct core;

/* Everything is borrowed and outlives the core. */
struct core_parts {
    const struct core_config *config;
    const struct clock *clock;
    struct timers *timers;
    struct loop *loop; /* for work on the pool */
    struct store *store;
    struct objects *objects;
    struct runner *runner;
    struct deliveries *deliveries; /* NULL: every bucket is here */
};

struct core *core_new(const struct core_parts *parts);
/* Loads workgroups and live sessions and adopts their drivers. Blocks; before the loop runs. */
int core_load(struct core *c, struct err *err) MUST_CHECK;
/* Lets the drivers go on without this server. */
void core_detach(struct core *c);
/* Ends every session, then calls `done`. */
void core_end_sessions(struct core *c, loop_fn *done, void *ctx);
void core_free(struct core *c);

/* NULL: every bucket is here. */
struct deliveries *core_deliveries(const struct core *c);
struct remotes *core_remotes(const struct core *c);
const struct core_config *core_config_of(const struct core *c);
struct store *core_store(const struct core *c);
int64_t core_now_ms(const struct core *c);

/* Sessions of the server's own, for a part above the core: those of a workgroup whose name no client can say.
 * Their calculations make no objects: the result document is kept under the calculation's id
 * (store_get_query_result), or nothing if it is longer than CORE_OWN_RESULT_MAX. */
#define CORE_OWN_GROUP "@queries"
enum { CORE_OWN_RESULT_MAX = 8 * 1024 * 1024 };
/* Told after each commit of such a session, with the versions that readers now see; `calculation` is NULL
 * where the commit had none. One at a time. */
typedef void core_own_fn(void *ctx, const struct session_record *session,
                         const struct calculation_record *calculation);
void core_watch_own(struct core *c, core_own_fn *fn, void *ctx);

/* Told of each session whose end is durable, when nothing of it is in memory any more. One at a time. */
typedef void core_ended_fn(void *ctx, struct str session_id);
void core_watch_ended(struct core *c, core_ended_fn *fn, void *ctx);

struct core_stats {
    uint64_t sessions[SESSION_STATES + 1]; /* live ones, by state */
    uint64_t sessions_started;
    uint64_t sessions_ended[2]; /* TERMINATED, FAILED */
    uint64_t calculations_running;
    uint64_t calculations_ended[CALCULATION_STATES + 1]; /* by state */
    int64_t memory_reserved_bytes;
    int64_t dpus;
};
void core_get_stats(const struct core *c, struct core_stats *ret);
/* Ids of the sessions that are in memory, at most `max` of them; returns how many there are. Valid until the
 * next turn. */
size_t core_live_sessions(const struct core *c, struct str *ret, size_t max);

/* arn:<partition>:athena:<region>:<account>:workgroup/<group>[/session/<id>] */
struct str core_workgroup_arn(const struct core *c, struct arena *a, struct str group);
struct str core_session_arn(const struct core *c, struct arena *a, struct str group, struct str session_id);
