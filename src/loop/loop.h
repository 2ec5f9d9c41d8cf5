/* The event loop: libuv with three ways to schedule work. All functions are for the loop's thread, but
 * loop_post. */
#pragma once

#include "loop/timers.h"

#include <uv.h>

typedef void loop_fn(void *ctx);

struct loop; /* one a process */

/* Ignores SIGPIPE for the whole process: a client that went away shows as EPIPE. */
struct loop *loop_new(void);
/* All handles must be closed; posts that have not run are dropped. */
void loop_free(struct loop *l);
uv_loop_t *loop_uv(struct loop *l);
struct timers *loop_timers(struct loop *l); /* on the system's clock */

/* Runs until loop_stop. */
void loop_run(struct loop *l);
void loop_stop(struct loop *l);

/* Runs `fn` on the loop thread, in order, at the next turn. From any thread. */
void loop_post(struct loop *l, loop_fn *fn, void *ctx);
/* Runs `work` on a pool thread, then `done` on the loop thread. */
void loop_work(struct loop *l, loop_fn *work, loop_fn *done, void *ctx);
/* Runs the loop until no pool work is left, so that what the work's `done` touches may be freed. */
void loop_finish_work(struct loop *l);
