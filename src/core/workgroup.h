/* Workgroups: all in memory, each with the version that readers see and the one that is being committed. */
#pragma once

#include "core/core.h"

/* Views of the committed version; valid until the next change of the group commits. */
struct workgroup_view {
    struct str name;
    struct str state; /* ENABLED or DISABLED */
    struct str description;
    struct str detail; /* JSON of athena_work_group_configuration */
    int64_t created_ms;
};

int workgroups_load(struct core *c, struct err *err) MUST_CHECK;
void workgroups_free(struct core *c);

/* False: there is no such group. */
bool workgroup_find(const struct core *c, struct str name, struct workgroup_view *ret);
/* The same of the version that is being committed, for changes that build on it. */
bool workgroup_find_pending(const struct core *c, struct str name, struct workgroup_view *ret);
/* Names above `after` (absent: all) in order, at most `limit`; returns how many. Views as above. */
size_t workgroup_list(const struct core *c, struct str after, size_t limit, struct workgroup_view *ret);

/* ERR_INVALID_REQUEST where the limit leaves no room for another one. */
int workgroup_check_room(const struct core *c, struct err *err) MUST_CHECK;
/* Adds or replaces; the batch may hold further changes (tags). Answers after the commit. */
void workgroup_put(struct core *c, const struct workgroup_view *w, struct store_batch *batch,
                   store_done_fn *fn, void *ctx);
void workgroup_delete(struct core *c, struct str name, struct store_batch *batch, store_done_fn *fn,
                      void *ctx);
