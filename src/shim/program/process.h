/* Starts the driver: descriptors, user, limits, environment. */
#pragma once

#include "base/mem.h"
#include "shim/program/cgroup.h"
#include "shim/spec.h"

#include <sys/types.h>

struct process {
    pid_t pid;
    int link; /* our end of the socket pair; the driver's is its descriptor 3 */
    int log;  /* reading end of the pipe that is its descriptors 1 and 2; non-blocking */
};

/* Returns once the driver's program runs, in the group if that exists. The descriptors are the caller's. */
int process_start(const struct shim_spec *spec, const struct cgroup *group, struct process *ret,
                  struct err *err) MUST_CHECK;
