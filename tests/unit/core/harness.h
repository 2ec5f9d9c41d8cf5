/* The core on a real store in a folder of its own, with a clock that stands still and drivers that do as a
 * test says. */
#pragma once

#include "core/internal.h"
#include "core/workgroup.h"

struct fake_driver {
    struct driver *handle; /* itself, as the core sees it */
    char session_id[40];
    const struct driver_events *events;
    void *ctx;
    char run[40]; /* id of the calculation that was handed over last */
    char *code;
    unsigned runs;
    char cancelled[40];
    char acked[40];
    int64_t stop_grace_ms; /* -1: not stopped */
    bool forgotten;
    loop_fn *cleaned; /* what the core waits for then, or NULL */
    void *cleaned_ctx;
    bool detached;
};

struct harness {
    char dir[64];
    struct loop *loop;
    struct clock_manual clock;
    struct timers timers;
    struct store *store;
    struct objects *objects;
    struct core_config config;
    struct runner runner;
    struct core *core;
    struct fake_driver drivers[8];
    size_t driver_count;
    bool refuse_start;
    bool refuse_run;
    struct str description; /* of sessions that are started next */
};

void harness_start(struct harness *h);
void harness_stop(struct harness *h);
/* A harness of the file's own, with the `setup` and `teardown` that start and stop it for each test. */
#define HARNESS_FIXTURE(name)                                                                                \
    static struct harness name;                                                                              \
    static int setup(void **state)                                                                           \
    {                                                                                                        \
        (void)state;                                                                                         \
        harness_start(&name);                                                                                \
        return 0;                                                                                            \
    }                                                                                                        \
    static int teardown(void **state)                                                                        \
    {                                                                                                        \
        (void)state;                                                                                         \
        harness_stop(&name);                                                                                 \
        return 0;                                                                                            \
    }
/* Ends core and store as kill -9 would (nothing is told to the drivers), then starts both again. */
void harness_restart(struct harness *h);
/* Runs the loop until the condition holds; fails the test after some seconds. */
#define HARNESS_UNTIL(h, condition)                                                                          \
    do {                                                                                                     \
        for (unsigned turns_ = 0; !(condition); turns_++) {                                                  \
            assert_true(turns_ < 20000);                                                                     \
            harness_turn(h);                                                                                 \
        }                                                                                                    \
    } while (0)
void harness_turn(struct harness *h);
/* Moves the clock and runs what is due. */
void harness_pass(struct harness *h, int64_t ms);

/* A session that is stored; its driver has been started unless `refuse_start`. */
void harness_session(struct harness *h, char ret_id[40]);
/* ... and ready. */
struct fake_driver *harness_idle_session(struct harness *h, char ret_id[40]);
struct fake_driver *harness_driver(struct harness *h, const char *session_id);

struct answer {
    bool come;
    struct err err; /* code 0: none */
    char id[40];
    int state;
    char text[200];
};
void harness_calculate(struct harness *h, const char *session_id, const char *code, struct answer *ret);
/* Tells the core that the calculation has ended; its output is empty. */
void harness_done(struct harness *h, struct fake_driver *d, const char *state, const char *reason);

/* What readers see. */
struct session_record harness_read_session(struct harness *h, const char *id);
struct calculation_record harness_read_calculation(struct harness *h, const char *id);
