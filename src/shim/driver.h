/* One session as the server sees it: shared by the files that make up the client. */
#pragma once

#include "shim/client.h"
#include "shim/epitaph.h"
#include "shim/folder.h"
#include "shim/launch.h"
#include "shim/wire.h"

struct shim_runner {
    struct runner base;
    struct loop *loop;
    const struct shim_config *config;
    char *driver_folder;
    int driver_hold;    /* keeps that from other servers' sweeps; -1: it is no copy */
    uint32_t next_user; /* where the search for a free one starts */
};

struct driver {
    struct shim_runner *runner;
    const struct driver_events *events;
    void *ctx;
    char id[FOLDER_ID_MAX + 1];
    struct session_paths paths;
    /* One of these is under way until the driver has ended. */
    struct launch *launch;
    struct wire *wire;
    struct epitaph_job *epitaph;
    bool ended;        /* `exited` was told */
    bool stated;       /* the shim has answered on this connection */
    unsigned patience; /* connections that an adoption may miss: the last server's shim may be starting */
    int64_t broken_ms; /* when the connection broke last; 0: never */
    struct timer connect_timer;
    struct timer answer_timer;
    struct timer stop_timer;
    /* What the core asked for and a new connection must hear again. */
    char run_id[FOLDER_ID_MAX + 1];
    char *run_code;
    size_t run_code_size;
    bool run_canceled;
    char acked_id[FOLDER_ID_MAX + 1];
    bool stopping;
    int64_t stop_due_ms; /* monotonic */
};

struct timers *driver_timers(const struct driver *d);
int64_t driver_now_ms(const struct driver *d);

/* talk.c: the conversation with the shim. */

/* Connects, now or at the next turn; without a shim the session's end is found out. */
void talk_begin(struct driver *d);
void talk_begin_soon(struct driver *d);
/* What the core asks for. Without a connection `run`, `cancel` and `stop` are said when there is one. */
void talk_run(struct driver *d);
void talk_cancel(struct driver *d, const char *calculation_id);
void talk_ack(struct driver *d);
void talk_stop(struct driver *d);
void talk_bye(struct driver *d);
/* The end: `exited` is the shim's frame (taken over), or NULL: then the record tells, or the session is lost.
 */
void talk_conclude(struct driver *d, json_t *exited);
/* The shim does not do what it must. */
void talk_give_up(struct driver *d, const char *why);
void talk_forget_run(struct driver *d);
void talk_stop_timers(struct driver *d);

/* remains.c: removes what a session leaves but its log. Takes the paths over. `done` may be NULL. */
void remains_clean(struct shim_runner *r, struct session_paths paths, loop_fn *done, void *ctx);
