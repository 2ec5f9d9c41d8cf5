/* How the core sees drivers: something that starts one for a session, hands it code and tells what happens.
 * The real one (shim/client.h) speaks to a glaux-shim a session; tests have one of their own. Loop thread;
 * events come later, never inside a call; what an event carries is borrowed until it returns. */
#pragma once

#include "base/err.h"
#include "base/str.h"
#include "loop/loop.h"

struct runner;
struct driver; /* one session's, of the runner that made it */

struct runner_property {
    struct str key;
    struct str value;
};

struct runner_spec {
    struct str session_id;
    struct str workgroup;
    struct str engine_version; /* as the session shows it */
    struct str description;
    struct str region;
    struct str account;
    struct str output_location;               /* s3://... of the session */
    const struct runner_property *properties; /* Spark's */
    size_t property_count;
    int64_t created_ms;
};

enum driver_state { DRIVER_STARTING, DRIVER_READY, DRIVER_ENDED };

/* The state after an adoption, or once the shim of a new session is up. */
struct driver_status {
    enum driver_state state;
    struct str running; /* calculation id, or absent */
};

struct driver_output {
    const char *path; /* a bounded file, valid UTF-8 not guaranteed */
    int64_t size;
    bool truncated;
    struct str write_error; /* why it could not be written (a full disk); absent: cut at its limit */
};

struct driver_done {
    struct str calculation_id;
    struct str state; /* COMPLETED, FAILED or CANCELED */
    struct str reason;
    struct str result_type;
    bool driver_ended; /* the driver died while it ran: `exited` follows, and no IDLE lies between */
    struct driver_output out;
    struct driver_output err;
    struct driver_output result;
};

enum driver_exit_kind {
    DRIVER_EXIT_STOPPED,      /* as asked */
    DRIVER_EXIT_START_FAILED, /* it said why, or died before it was ready */
    DRIVER_EXIT_CODE,         /* the process ended by itself */
    DRIVER_EXIT_SIGNAL,       /* it was killed, or crashed */
    DRIVER_EXIT_MEMORY,       /* the memory limit, or the kernel's */
    DRIVER_EXIT_ORPHANED,     /* no server came for too long */
    DRIVER_EXIT_LOST,         /* no shim and no record: the machine was restarted, or the shim killed */
};

struct driver_exit {
    enum driver_exit_kind kind;
    int code;
    int signal;
    struct str reason;   /* one sentence */
    struct str log_tail; /* last lines of the session's log, bounded, valid UTF-8 */
};

struct driver_events {
    void (*status)(void *ctx, const struct driver_status *s);
    void (*ready)(void *ctx);
    void (*started)(void *ctx, struct str calculation_id);
    void (*progress)(void *ctx, struct str calculation_id, struct str text);
    /* All of the calculation's output is in the files; they stay until `ack`. Again after an adoption. */
    void (*done)(void *ctx, const struct driver_done *d);
    void (*usage)(void *ctx, int64_t memory_bytes);
    /* The whole process tree is gone. The last event. */
    void (*exited)(void *ctx, const struct driver_exit *e);
};

struct runner_ops {
    struct driver *(*start)(struct runner *r, const struct runner_spec *spec,
                            const struct driver_events *events, void *ctx, struct err *err);
    /* Of a session that an earlier server started: finds its shim or its exit record; answers by `status`,
     * which is DRIVER_ENDED where there is no shim; then `exited` follows. */
    struct driver *(*adopt)(struct runner *r, struct str session_id, const struct driver_events *events,
                            void *ctx);
    /* Idempotent by id. Code is copied. ERR_TOO_LARGE: it is too long to be handed over. */
    int (*run)(struct driver *d, struct str calculation_id, struct str code, struct err *err);
    void (*cancel)(struct driver *d, struct str calculation_id);
    void (*ack)(struct driver *d, struct str calculation_id);
    /* `exited` follows, at the latest shortly after `grace_ms`. May be called again with a shorter grace. */
    void (*stop)(struct driver *d, int64_t grace_ms);
    /* The end is committed: the shim ends, working folder, socket and handle go (the log stays for the
     * retention time). Only after `exited`. `done`, which may be NULL, is called when the files are gone. */
    void (*forget)(struct driver *d, loop_fn *done, void *ctx);
    /* The server ends and leaves the session to the next one: only the handle goes, no event follows. */
    void (*detach)(struct driver *d);
};

struct runner {
    const struct runner_ops *ops;
};
