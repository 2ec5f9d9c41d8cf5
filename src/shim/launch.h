/* Makes the folders of a new session, writes what its shim and its driver are told, and starts the shim. */
#pragma once

#include "base/buf.h"
#include "shim/client.h"

/* Where a session's things lie; strings are terminated. */
struct session_paths {
    char *folder; /* <data folder>/sessions/<id> */
    char *work;   /* <work root>/<id> */
};
void session_paths_init(struct session_paths *p, const struct shim_config *c, struct str session_id);
void session_paths_done(struct session_paths *p);

struct launch;
/* `err` is NULL when the shim listens. Asynchronous, once. */
typedef void launch_fn(void *ctx, const struct err *err);

/* `driver_folder` is where the driver's code lies for the session's user; `user_start` is where the search
 * for that begins, counted from the first of the pool. All is copied. */
struct launch *launch_begin(struct loop *l, const struct shim_config *c, const char *driver_folder,
                            const struct runner_spec *spec, uint32_t user_start, launch_fn *fn, void *ctx);
/* `fn` is not called any more; a shim that started already goes on. */
void launch_abandon(struct launch *l);
/* It takes too long: `fn` is called with an error soon. */
void launch_give_up(struct launch *l);
