/* How a session ended: read from its records, or found out and recorded where there are none. */
#pragma once

#include "base/json.h"
#include "loop/loop.h"
#include "shim/launch.h"
#include "shim/record.h"

enum { EPITAPH_DONE_MAX = 64 };

struct epitaph {
    struct driver_exit exit;
    json_t *done[EPITAPH_DONE_MAX]; /* ended calculations that were not acknowledged */
    size_t done_count;
};
/* Asynchronous, once; what it carries goes afterwards. */
typedef void epitaph_fn(void *ctx, const struct epitaph *e);

/* Whose it is; all is copied but the control groups' folder, which may be NULL. */
struct epitaph_of {
    const char *folder;
    struct str session_id;
    const char *cgroup;
};

struct epitaph_job;
/* `exited` is the shim's frame when there was one (the reference is taken over), else NULL: then the record
 * counts; a session without one is lost, and what is left of it is killed. */
struct epitaph_job *epitaph_begin(struct loop *l, const struct epitaph_of *of, json_t *exited, epitaph_fn *fn,
                                  void *ctx);
/* `fn` is not called any more. */
void epitaph_abandon(struct epitaph_job *j);
