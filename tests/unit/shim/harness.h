/* One server's side over real shims with the fake driver: every event is kept, and a test waits for what it
 * wants. */
#pragma once

#include "base/buf.h"
#include "loop/loop.h"
#include "shim/client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum { HARNESS_PATH_MAX = 512, HARNESS_TEXT_MAX = 8192, HARNESS_SESSIONS_MAX = 4 };

/* A session that has a handle. */
struct live {
    struct driver *driver;
    char id[129];
};

struct harness {
    char folder[HARNESS_PATH_MAX]; /* temporary */
    char data[HARNESS_PATH_MAX];
    char work[HARNESS_PATH_MAX];
    char program[HARNESS_PATH_MAX];
    struct shim_config config;
    struct loop *loop;
    struct runner *runner;
    struct live live[HARNESS_SESSIONS_MAX];
};

/* What came of one session. */
struct seen {
    struct harness *h;
    struct driver *driver;
    const char *id;
    unsigned status, ready, started, progress, done, usage, exited;
    enum driver_state state;
    char running[128];
    char progress_text[HARNESS_TEXT_MAX];
    char done_id[128], done_state[32], done_reason[HARNESS_TEXT_MAX], done_type[128];
    bool done_driver_ended;
    char out[HARNESS_TEXT_MAX], err[HARNESS_TEXT_MAX], result[HARNESS_TEXT_MAX]; /* the files' first bytes */
    int64_t out_size;
    bool out_truncated;
    int64_t result_size;
    char result_error[HARNESS_TEXT_MAX];
    int64_t memory_bytes;
    struct driver_exit exit;
    char exit_reason[HARNESS_TEXT_MAX], log_tail[HARNESS_TEXT_MAX];
};

/* Each test has a server in a new temporary folder. */
int harness_setup(void **state);
int harness_teardown(void **state);
#define HARNESS_TEST(fn) cmocka_unit_test_setup_teardown(fn, harness_setup, harness_teardown)
/* Serves again, with the configuration as it is now. */
void harness_serve(struct harness *h);
/* Ends the server as a crash or a restart does: the sessions stay. */
void harness_leave(struct harness *h);

/* `start_code` runs in the fake driver before it is ready; NULL: none. */
void harness_start(struct harness *h, struct seen *s, const char *id, const char *start_code);
void harness_adopt(struct harness *h, struct seen *s, const char *id);
void harness_run(struct seen *s, const char *calculation_id, const char *code);
/* Runs the loop until the counter has reached `count`; fails the test after some seconds. */
void harness_await(struct seen *s, const unsigned *counter, unsigned count);
/* The driver is ready: by an event, or by its first state if it was quicker than the connection. */
void harness_await_ready(struct seen *s);
/* Start, and wait until the driver is ready. */
void harness_start_ready(struct harness *h, struct seen *s, const char *id, const char *start_code);
/* Stop at once, await the end, forget. */
void harness_end(struct seen *s);
/* Forgets an ended session; then nothing of it is left but its log: no process, no socket, no folder. */
void harness_forget(struct seen *s);

/* Processes that have the session's environment. */
unsigned harness_processes(const struct harness *h, const char *id);
/* The id of the driver's process or of the shim's, from /proc. */
pid_t harness_driver_pid(const struct harness *h, const char *id);
pid_t harness_shim_pid(const struct harness *h, const char *id);
bool harness_exists(const struct harness *h, const char *id, const char *name);
