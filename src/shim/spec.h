/* spec.json: what a shim is told about its session. The server writes it before the shim starts; both sides
 * read it. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

enum { SPEC_MAX_BYTES = 256 * 1024, SPEC_ARENA_BYTES = 2 * 1024 * 1024 };

struct shim_spec {
    const char *session_id;
    const char *work_folder; /* absolute; the driver's current folder and HOME */
    const char *code_folder; /* the driver's code, held while the session lives; NULL: nobody sweeps it */
    char **command;          /* the driver's program (absolute) and its arguments; ends with NULL */
    char **environment;      /* "NAME=value", complete; ends with NULL */
    uint32_t uid;            /* the driver's user and group; 0: the shim's own */
    uint32_t gid;
    const char *cgroup;   /* folder of a delegated cgroup (version 2), or NULL */
    int64_t memory_bytes; /* of the whole process tree; 0: no limit */
    int64_t stdout_max_bytes;
    int64_t stderr_max_bytes;
    int64_t result_max_bytes;
    int64_t log_max_bytes; /* both generations together */
    int64_t files_max;     /* RLIMIT_NOFILE of the driver */
    int64_t orphan_timeout_ms;
    int64_t stop_grace_ms; /* for ends that nobody asked for: no server, a signal to the shim */
};

void spec_write(const struct shim_spec *s, struct buf *out);
/* Everything lies in the arena. */
struct shim_spec *spec_parse(struct arena *a, struct str text, struct err *err) MUST_CHECK;
