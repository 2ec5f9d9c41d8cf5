/* The server's side of the shims: the real runner. It makes a session's folders, starts a glaux-shim in it
 * and talks with it over the session's socket; after a restart of the server it finds them again. Loop
 * thread. */
#pragma once

#include "loop/loop.h"
#include "shim/runner.h"

#define SESSION_CREDENTIALS_PATH "/-/credentials"
enum { SHIM_TICKET_MAX = 256 };

/* Strings are borrowed and outlive the runner; paths are absolute. */
struct shim_config {
    const char *data_folder; /* the sessions' folders lie in its `sessions` */
    const char *work_root;   /* the drivers' working folders lie in it */
    const char *shim_program;
    const char *interpreter;   /* of the engine's environment */
    const char *driver_folder; /* what the interpreter runs */
    const char *java_home;
    const char *master;        /* Spark's */
    const char *heap;          /* of the JVM, as Java writes sizes: "1g" */
    const char *class_archive; /* of the JVM (class-data sharing), or NULL */
    /* How a session's code reaches the server's data: the address, and the ticket that it shows for
     * credentials (at most SHIM_TICKET_MAX bytes with its end). NULL: it does not. */
    const char *sessions_url;
    void (*ticket)(void *ctx, struct str session_id, char *ret, size_t size);
    void *ticket_ctx;
    const char *warehouse; /* s3://..., where tables go that name no location; empty: the working folder */
    const char *metastore_uri; /* thrift://..., where Hive clients find the catalog; NULL or empty: nowhere */
    const char *cgroup;        /* a delegated cgroup (version 2) for the drivers, or NULL */
    int cores;
    int64_t memory_bytes; /* limit of a driver's process tree; 0: none */
    int64_t stdout_max_bytes;
    int64_t stderr_max_bytes;
    int64_t result_max_bytes;
    int64_t log_max_bytes;
    int64_t files_max;         /* open files of a driver */
    int64_t orphan_timeout_ms; /* a shim that no server has asked for so long ends its session */
    int64_t stop_grace_ms;     /* of ends that nobody asked for */
    int64_t answer_timeout_ms; /* a shim that takes longer to start or to answer is given up */
    uint32_t uid_first;        /* each live session has a user of its own (shim/uids.h), from this one ... */
    uint32_t uid_count;        /* ... 0: all run as the server's user */
};

/* Makes the folders `sessions` and the work root. With users of their own for drivers it also puts a copy of
 * the driver where they can read it. Blocks. NULL on failure. */
struct runner *shim_runner_new(struct loop *l, const struct shim_config *config, struct err *err) MUST_CHECK;
/* After loop_free: work of ended sessions may be under way until then. Every driver was detached or
 * forgotten. */
void shim_runner_free(struct runner *base);

/* Can a driver under another user run: is the server root, and may such a user reach interpreter, Java and
 * work root? 0, or -1 with the sentence that says what is in the way. Blocks; makes the work root. */
int shim_isolation_probe(const struct shim_config *config, struct err *err) MUST_CHECK;

/* Removes what an ended session left in the data folder (its log): for retention. Blocks. */
int shim_session_remove(const char *data_folder, struct str session_id, struct err *err) MUST_CHECK;
/* Bytes on disk of what it left. Blocks. */
int64_t shim_session_bytes(const char *data_folder, struct str session_id);
