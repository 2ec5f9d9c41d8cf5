/* The core's own structures. Only files of this folder and its tests include it. */
#pragma once

#include "base/buf.h"
#include "base/list.h"
#include "base/map.h"
#include "core/calculation.h"
#include "core/session.h"
#include "loop/timers.h"
#include "remote/delivery/delivery.h"

struct workgroup;

struct core {
    struct core_parts p;
    struct list sessions; /* live, and ended ones whose end is not committed yet */
    struct map session_by_id;
    struct map calculation_by_id; /* those whose end is not committed yet */
    struct map workgroups;
    struct map tokens; /* in flight */
    struct core_stats stats;
    struct timer retention;
    bool detached;
    bool ending; /* no new sessions */
    core_own_fn *own;
    void *own_ctx;
    core_ended_fn *session_ended;
    void *session_ended_ctx;
    loop_fn *all_ended;
    void *all_ended_ctx;
};

/* A committed version: an arena with the record in it. */
struct session_snapshot {
    struct arena *arena;
    struct session_record record;
};
struct calculation_snapshot {
    struct arena *arena;
    struct calculation_record record;
};
struct session_snapshot *session_snapshot_new(const struct session_record *r);
void session_snapshot_free(struct session_snapshot *s);
struct calculation_snapshot *calculation_snapshot_new(const struct calculation_record *r);
void calculation_snapshot_free(struct calculation_snapshot *s);

struct session {
    struct core *core;
    struct list link;
    unsigned refs;       /* commits and preparations under way */
    struct arena *arena; /* what does not change */
    struct str id;
    struct str workgroup;
    struct str description;
    struct str engine_version;
    struct str principal;
    struct str detail;
    struct str output_location;
    struct str execution_role;
    int64_t seq;
    int64_t idle_timeout_ms;
    int64_t memory_bytes;
    int64_t max_dpus;
    int64_t created_ms;

    enum athena_session_state state; /* pending version: what the core decides on */
    char *reason;
    const char *end_kind;
    int64_t ready_ms;
    int64_t modified_ms;
    int64_t idle_since_ms;
    int64_t ended_ms;
    int64_t dpu_floor_ms; /* what was shown or stored; never less again */

    struct session_snapshot *committed; /* what readers see; NULL before the first commit */
    unsigned commits;                   /* under way */
    bool save_failed;
    struct timer save_timer;

    struct driver *driver;
    bool driver_exited;
    bool driver_usable; /* ready, and after a restart verified */
    bool unverified;    /* adopted, the shim has not answered yet */
    bool stop_sent;
    bool given_up;   /* ends to make room for another session, which may start at once */
    bool relaunched; /* after a restart, as the last server died before its driver was started */
    enum driver_exit_kind exit_kind;
    char *exit_reason;
    char *exit_log_tail;
    /* Set when the core itself ends the session as failed. */
    char *fail_reason;
    const char *fail_kind;

    struct calculation *calculation; /* the one under way */
    struct timer deadline;           /* start, idle or terminating, by state */
    struct timer lifetime;
};

struct calculation_output {
    char *path;
    int64_t size; /* a file that is missing is an error unless this is 0 */
    int64_t max_bytes;
    bool truncated;
    char *write_error; /* what truncated it, if not its limit */
};

enum { OUTPUT_STDOUT, OUTPUT_STDERR, OUTPUT_RESULT, OUTPUTS };

struct calculation {
    struct core *core;
    struct session *session;
    unsigned refs;
    struct arena *arena;
    struct str id;
    struct str description;
    struct str working_directory;
    struct str code; /* absent after a restart: read again where needed */
    int64_t seq;
    int64_t submitted_ms;

    enum athena_calculation_execution_state state;
    char *reason;
    char *progress;
    char *result_type;
    int64_t started_ms;
    int64_t completed_ms;

    struct calculation_snapshot *committed;
    bool run_sent;
    bool cancel_sent;
    bool from_driver; /* the end came from the driver: acknowledge it */
    struct timer deadline;
    struct timer retry;

    /* The end, while its objects are made. */
    enum athena_calculation_execution_state outcome; /* 0: it has not ended */
    char *outcome_reason;
    bool driver_ended;  /* with the calculation */
    bool wait_for_exit; /* its reason and the log's tail come with it */
    struct calculation_output outputs[OUTPUTS];
    struct object_body *bodies[OUTPUTS];
    struct buf own_result; /* of a session of the server's own: the result document, or empty */
    unsigned bodies_pending;
    char *bodies_error; /* the first one's */
    enum err_code bodies_error_code;
    bool adopted;   /* whether the driver knows it is not known yet */
    bool shortened; /* the disk has no room for large objects: they are made small */
    bool without_results;
    char *limit_reason; /* stopped by a limit: ends FAILED with it */
    unsigned attempts;

    bool elsewhere;                        /* its objects go to a bucket elsewhere */
    struct delivery_item objects[OUTPUTS]; /* their names, and whether they lie elsewhere already */
    struct delivery *delivery;             /* on the way there */
    void (*delivered)(struct calculation *c);
    char *delivery_error;
};

/* session.c */
void session_set_state(struct session *s, enum athena_session_state to, const char *reason);
void session_ref(struct session *s);
void session_unref(struct session *s);
struct session *session_find(const struct core *c, struct str id);
struct session *session_new(struct core *c, const struct session_record *r);
/* Views into the session. */
void session_record_of(struct session *s, struct session_record *ret);
int64_t session_dpu_ms(struct session *s);
/* TERMINATED or FAILED, by how the driver ended. */
void session_set_final(struct session *s);
void session_arm(struct session *s);

/* save.c: commits of the pending version */
typedef void saved_fn(void *ctx, const struct err *err);
/* Puts session and calculation (may be NULL) into the batch and commits it. */
void session_commit(struct session *s, struct calculation *c, struct store_batch *batch, saved_fn *fn,
                    void *ctx);
/* As above with a batch of its own; a failure is tried again until it goes. */
void session_save(struct session *s);
/* After a commit that failed: session_save in a while. */
void session_save_later(struct session *s);
/* The calculation under way whose end is not decided yet, or NULL. */
struct calculation *session_open_calculation(const struct session *s);
/* Soon, so that a change that follows at once needs no commit of its own. */
void session_save_soon(struct session *s);
/* What the committed state asks for: start, run, cancel, stop, forget. Level-triggered, idempotent. */
void session_reconcile(struct session *s);

/* own.c: the server's own sessions */
bool session_is_own(const struct session *s);
void session_tell_own(const struct session *s, const struct calculation *c);
/* Reads the result's file on the pool; `done` on the loop, with c->own_result set if it could be read. */
void calculation_read_own(struct calculation *c, void (*done)(struct calculation *c));
void calculation_add_own(const struct calculation *c, struct store_batch *batch);

/* drive.c: events of drivers */
extern const struct driver_events session_driver_events;
void session_launch(struct session *s);
void session_fail(struct session *s, const char *kind, const char *reason);
/* TERMINATING; the caller commits it. */
void session_end(struct session *s, const char *kind, const char *reason);
void session_driver_gone(struct session *s);
/* Takes it out of the core's tables; the memory goes with the last reference. */
void session_drop(struct session *s);

/* calculate.c */
struct calculation *calculation_new(struct session *s, const struct calculation_record *r);
void calculation_set_state(struct calculation *c, enum athena_calculation_execution_state to,
                           const char *reason);
/* The commit of its end has failed, so that nobody has seen it: now it ends like this. */
void calculation_end_otherwise(struct calculation *c, enum athena_calculation_execution_state to,
                               const char *reason);
void calculation_record_of(const struct calculation *c, struct calculation_record *ret);
int64_t calculation_dpu_ms(const struct calculation *c);
struct calculation *calculation_find(const struct core *c, struct str id);
void calculation_ref(struct calculation *c);
void calculation_unref(struct calculation *c);
void calculation_run_on(struct calculation *c);
void calculation_cancel_on(struct calculation *c);
void calculation_set_deadline(struct calculation *c);

/* finish.c: the end of a calculation */
void calculation_driver_done(struct calculation *c, const struct driver_done *d);
/* Ends it without a word from the driver. */
void calculation_finish(struct calculation *c, enum athena_calculation_execution_state outcome,
                        const char *reason);
void calculation_exit_known(struct calculation *c);
void calculation_outputs_clear(struct calculation *c);

/* outputs.c: what the driver has left */
void calculation_output_set(struct calculation_output *to, const struct driver_output *from,
                            int64_t max_bytes);
bool calculation_has_result(const struct calculation *c);
/* Views into the calculation. */
struct object_source calculation_source(const struct calculation *c, size_t i);

/* deliver.c: where its objects go */
/* True: they are on their way elsewhere, and `done` follows. False: they stay here. */
bool calculation_deliver(struct calculation *c, void (*done)(struct calculation *c));
void calculation_deliver_stop(struct calculation *c);
/* Whether what was not delivered may wait. */
int calculation_check_room(const struct calculation *c, struct err *err) MUST_CHECK;
/* Puts into the batch what does not lie elsewhere already; takes the bodies. */
void calculation_add_objects(struct calculation *c, struct store_batch *batch);

/* Replaces a heap string; NULL clears it. */
void text_set(char **to, const char *text);
void text_set_str(char **to, struct str text);
