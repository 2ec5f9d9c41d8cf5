/* A control group (version 2) of the session's own, where the machine delegates one: the kernel bounds the
 * memory of the whole tree at once, and ends it at once. Without one the watchdog does the former, and
 * signals the latter. */
#pragma once

#include "base/err.h"
#include "base/mem.h"

struct cgroup {
    int parent; /* -1: none */
    int folder;
    bool bounds_memory;
    char name[129];
};

void cgroup_init(struct cgroup *g);
/* Makes the group `name` below the folder `root`, with the limit if the memory controller is there. */
int cgroup_make(struct cgroup *g, const char *root, const char *name, int64_t memory_bytes,
                struct err *err) MUST_CHECK;
bool cgroup_exists(const struct cgroup *g);
/* The calling process moves into it. Only system calls: for a child before its program. */
int cgroup_enter(const struct cgroup *g);
/* Ends all processes in it. False where the kernel cannot. */
bool cgroup_kill(const struct cgroup *g);
/* The kernel has ended processes in it for lack of memory. */
bool cgroup_ran_out(const struct cgroup *g);
/* Removes the group, which must be empty. */
void cgroup_remove(struct cgroup *g);
