/* After a restart: what the next server makes of what the last one left. */
#include "harness.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

HARNESS_FIXTURE(h)

static bool session_is(const char *id, const char *wanted)
{
    return str_is(harness_read_session(&h, id).state, wanted);
}

static bool is(const char *id, const char *wanted)
{
    return str_is(harness_read_calculation(&h, id).state, wanted);
}

static void verify(const char *id, enum driver_state state, const char *running)
{
    struct fake_driver *d = harness_driver(&h, id);
    d->events->status(d->ctx, &(struct driver_status){.state = state, .running = str_from(running)});
}

/* As the runner tells of a session without a shim. */
static struct fake_driver *lose(const char *id, const char *reason)
{
    struct fake_driver *d = harness_driver(&h, id);
    verify(id, DRIVER_ENDED, NULL);
    d->events->exited(d->ctx, &(struct driver_exit){.kind = DRIVER_EXIT_LOST, .reason = str_from(reason)});
    return d;
}

static void test_idle_session_shows_busy_until_it_is_verified(void **state)
{
    (void)state;
    char id[40];
    struct answer a;
    harness_idle_session(&h, id);
    int64_t idle_since = harness_read_session(&h, id).idle_since_ms;
    harness_restart(&h);
    struct session_record r = harness_read_session(&h, id);
    assert_true(str_is(r.state, "BUSY"));
    assert_true(str_contains(r.reason, STR("being verified")));
    assert_int_equal(r.idle_since_ms, 0);
    harness_calculate(&h, id, "1", &a);
    assert_string_equal(a.err.text, "Session is in the BUSY state; needs to be IDLE to accept Calculations.");
    verify(id, DRIVER_READY, NULL);
    r = harness_read_session(&h, id);
    assert_true(str_is(r.state, "IDLE"));
    assert_int_equal(r.idle_since_ms, idle_since);
    harness_calculate(&h, id, "1", &a);
    assert_int_equal(a.err.code, ERR_NONE);
    HARNESS_UNTIL(&h, harness_driver(&h, id)->runs == 1);
}

static void test_idle_time_runs_on_over_a_restart(void **state)
{
    (void)state;
    char id[40];
    harness_idle_session(&h, id);
    harness_pass(&h, 400000);
    harness_restart(&h);
    verify(id, DRIVER_READY, NULL);
    harness_pass(&h, 199999);
    assert_true(session_is(id, "IDLE"));
    harness_pass(&h, 1);
    HARNESS_UNTIL(&h, session_is(id, "TERMINATING"));
}

static void test_answered_calculation_runs_after_a_crash_before_run(void **state)
{
    (void)state;
    char id[40];
    struct answer a;
    harness_idle_session(&h, id);
    harness_calculate(&h, id, "x = 1", &a);
    harness_restart(&h);
    assert_true(is(a.id, "CREATING"));
    verify(id, DRIVER_READY, NULL);
    struct fake_driver *d = harness_driver(&h, id);
    HARNESS_UNTIL(&h, d->runs == 1);
    assert_string_equal(d->run, a.id);
    assert_string_equal(d->code, "x = 1");
}

static void test_end_that_came_meanwhile_is_taken_over(void **state)
{
    (void)state;
    char id[40];
    struct answer a;
    struct fake_driver *d = harness_idle_session(&h, id);
    harness_calculate(&h, id, "1", &a);
    HARNESS_UNTIL(&h, d->runs == 1);
    d->events->started(d->ctx, str_from(a.id));
    harness_pass(&h, 100);
    HARNESS_UNTIL(&h, is(a.id, "RUNNING"));
    harness_restart(&h);
    d = harness_driver(&h, id);
    memcpy(d->run, a.id, sizeof d->run);
    harness_done(&h, d, "COMPLETED", "");
    HARNESS_UNTIL(&h, is(a.id, "COMPLETED"));
    assert_true(session_is(id, "IDLE") || session_is(id, "BUSY"));
    verify(id, DRIVER_READY, NULL);
    assert_true(session_is(id, "IDLE"));
    assert_string_equal(d->acked, a.id);
}

static void test_lost_driver_fails_session_and_calculation(void **state)
{
    (void)state;
    char id[40];
    struct answer a;
    harness_idle_session(&h, id);
    harness_calculate(&h, id, "1", &a);
    harness_restart(&h);
    lose(id, "the machine was restarted");
    HARNESS_UNTIL(&h, session_is(id, "FAILED"));
    assert_true(str_is(harness_read_session(&h, id).reason, "the machine was restarted"));
    assert_true(is(a.id, "FAILED"));
}

static void test_silent_shim_is_given_up(void **state)
{
    (void)state;
    char id[40];
    harness_idle_session(&h, id);
    harness_restart(&h);
    struct fake_driver *d = harness_driver(&h, id);
    harness_pass(&h, h.config.verify_ms);
    assert_int_equal(d->stop_grace_ms, 0);
    d->events->exited(d->ctx, &(struct driver_exit){.kind = DRIVER_EXIT_STOPPED});
    HARNESS_UNTIL(&h, session_is(id, "FAILED"));
    assert_true(str_contains(harness_read_session(&h, id).reason, STR("did not answer after a restart")));
}

static void test_terminating_goes_on(void **state)
{
    (void)state;
    char id[40];
    harness_idle_session(&h, id);
    session_end_in(h.core, STR("spark"));
    HARNESS_UNTIL(&h, session_is(id, "TERMINATING"));
    harness_restart(&h);
    verify(id, DRIVER_READY, NULL);
    struct fake_driver *d = harness_driver(&h, id);
    HARNESS_UNTIL(&h, d->stop_grace_ms == h.config.stop_grace_ms);
    d->events->exited(d->ctx, &(struct driver_exit){.kind = DRIVER_EXIT_STOPPED});
    HARNESS_UNTIL(&h, session_is(id, "TERMINATED"));
}

static void test_canceling_goes_on(void **state)
{
    (void)state;
    char id[40];
    struct answer a;
    struct fake_driver *d = harness_idle_session(&h, id);
    harness_calculate(&h, id, "1", &a);
    HARNESS_UNTIL(&h, d->runs == 1);
    struct calculation *c = calculation_find(h.core, str_from(a.id));
    calculation_set_state(c, ATHENA_CALCULATION_EXECUTION_STATE_CANCELING, "stopped");
    session_save(c->session);
    HARNESS_UNTIL(&h, is(a.id, "CANCELING"));
    harness_restart(&h);
    verify(id, DRIVER_READY, a.id);
    d = harness_driver(&h, id);
    HARNESS_UNTIL(&h, strcmp(d->cancelled, a.id) == 0);
}

static void on_stopped(void *ctx, struct str id, enum athena_calculation_execution_state state,
                       const struct err *err)
{
    (void)id, (void)state;
    assert_null(err);
    *(bool *)ctx = true;
}

static void test_calculation_stopped_while_its_code_is_read_does_not_run(void **state)
{
    (void)state;
    char id[40];
    struct answer a;
    bool stopped = false;
    harness_idle_session(&h, id);
    harness_calculate(&h, id, "1", &a);
    harness_restart(&h);
    verify(id, DRIVER_READY, NULL);
    calculation_stop(h.core, str_from(a.id), on_stopped, &stopped);
    HARNESS_UNTIL(&h, stopped);
    HARNESS_UNTIL(&h, is(a.id, "CANCELED"));
    assert_int_equal(harness_driver(&h, id)->runs, 0);
    assert_true(session_is(id, "IDLE"));
}

static void test_dpu_time_goes_on_over_a_restart(void **state)
{
    (void)state;
    char id[40];
    harness_idle_session(&h, id);
    harness_pass(&h, 3000);
    harness_restart(&h);
    harness_pass(&h, 4000);
    assert_int_equal(harness_read_session(&h, id).dpu_ms, 7000);
}

static void test_session_without_a_driver_is_started_anew(void **state)
{
    (void)state;
    char id[40];
    harness_session(&h, id);
    harness_restart(&h);
    struct fake_driver *d = lose(id, "lost");
    assert_true(d->forgotten);
    assert_true(session_is(id, "CREATING"));
    size_t before = h.driver_count;
    harness_pass(&h, 10000);
    assert_int_equal(h.driver_count, before);
    d->cleaned(d->cleaned_ctx);
    assert_int_equal(h.driver_count, before + 1);
    d = harness_driver(&h, id);
    d->events->ready(d->ctx);
    HARNESS_UNTIL(&h, session_is(id, "IDLE"));
}

static void test_session_is_started_anew_once(void **state)
{
    (void)state;
    char id[40];
    harness_session(&h, id);
    harness_restart(&h);
    struct fake_driver *d = lose(id, "lost");
    d->cleaned(d->cleaned_ctx);
    lose(id, "lost");
    HARNESS_UNTIL(&h, session_is(id, "FAILED"));
}

static void test_session_that_is_terminated_is_not_started_anew(void **state)
{
    (void)state;
    char id[40];
    harness_session(&h, id);
    harness_restart(&h);
    struct fake_driver *d = lose(id, "lost");
    size_t before = h.driver_count;
    session_end_in(h.core, STR("spark"));
    HARNESS_UNTIL(&h, session_is(id, "TERMINATED"));
    d->cleaned(d->cleaned_ctx);
    assert_int_equal(h.driver_count, before);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_idle_session_shows_busy_until_it_is_verified),
        TEST(test_idle_time_runs_on_over_a_restart),
        TEST(test_answered_calculation_runs_after_a_crash_before_run),
        TEST(test_end_that_came_meanwhile_is_taken_over),
        TEST(test_lost_driver_fails_session_and_calculation),
        TEST(test_silent_shim_is_given_up),
        TEST(test_terminating_goes_on),
        TEST(test_canceling_goes_on),
        TEST(test_calculation_stopped_while_its_code_is_read_does_not_run),
        TEST(test_dpu_time_goes_on_over_a_restart),
        TEST(test_session_without_a_driver_is_started_anew),
        TEST(test_session_is_started_anew_once),
        TEST(test_session_that_is_terminated_is_not_started_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
