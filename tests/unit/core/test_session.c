/* The life of a session, with time moved by hand. */
#include "harness.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

HARNESS_FIXTURE(h)

static void exit_with(struct fake_driver *d, enum driver_exit_kind kind, const char *reason)
{
    d->events->exited(
        d->ctx, &(struct driver_exit){.kind = kind, .reason = str_from(reason), .log_tail = STR("tail")});
}

static bool is(const char *id, const char *state)
{
    return str_is(harness_read_session(&h, id).state, state);
}

static void on_terminated(void *ctx, struct str id, enum athena_session_state state, const struct err *err)
{
    struct answer *a = ctx;
    (void)id;
    a->come = true;
    a->state = (int)state;
    if (err)
        a->err = *err;
}

static void ask_to_end(const char *id, struct answer *ret)
{
    *ret = (struct answer){0};
    session_terminate(h.core, str_from(id), on_terminated, ret);
    HARNESS_UNTIL(&h, ret->come);
}

static void test_start_goes_through_created_to_idle(void **state)
{
    (void)state;
    char id[40];
    harness_session(&h, id);
    HARNESS_UNTIL(&h, harness_driver(&h, id));
    struct fake_driver *d = harness_driver(&h, id);
    assert_true(is(id, "CREATING"));
    d->events->status(d->ctx, &(struct driver_status){.state = DRIVER_STARTING});
    HARNESS_UNTIL(&h, is(id, "CREATED"));
    assert_int_equal(harness_read_session(&h, id).idle_since_ms, 0);
    harness_pass(&h, 3000);
    d->events->ready(d->ctx);
    HARNESS_UNTIL(&h, is(id, "IDLE"));
    struct session_record r = harness_read_session(&h, id);
    assert_int_equal(r.idle_since_ms, r.created_ms + 3000);
    assert_int_equal(r.ready_ms, r.idle_since_ms);
}

static void test_refused_start_fails_with_its_reason(void **state)
{
    (void)state;
    char id[40];
    h.refuse_start = true;
    harness_session(&h, id);
    HARNESS_UNTIL(&h, is(id, "FAILED"));
    assert_true(str_is(harness_read_session(&h, id).reason, "no interpreter"));
    HARNESS_UNTIL(&h, session_find(h.core, str_from(id)) == NULL);
}

static void test_slow_start_fails_at_its_deadline(void **state)
{
    (void)state;
    char id[40];
    harness_session(&h, id);
    HARNESS_UNTIL(&h, harness_driver(&h, id));
    struct fake_driver *d = harness_driver(&h, id);
    harness_pass(&h, h.config.session_start_ms - 1);
    assert_int_equal(d->stop_grace_ms, -1);
    harness_pass(&h, 1);
    assert_int_equal(d->stop_grace_ms, 0);
    exit_with(d, DRIVER_EXIT_STOPPED, "stopped");
    HARNESS_UNTIL(&h, is(id, "FAILED"));
    struct str reason = harness_read_session(&h, id).reason;
    assert_true(str_contains(reason, STR("did not become ready within 120 seconds")));
}

static void test_idle_timeout_is_exact_and_says_so(void **state)
{
    (void)state;
    char id[40];
    struct fake_driver *d = harness_idle_session(&h, id);
    harness_pass(&h, 600000 - 1);
    assert_int_equal(session_find(h.core, str_from(id))->state, ATHENA_SESSION_STATE_IDLE);
    harness_pass(&h, 1);
    assert_int_equal(session_find(h.core, str_from(id))->state, ATHENA_SESSION_STATE_TERMINATING);
    HARNESS_UNTIL(&h, d->stop_grace_ms == h.config.stop_grace_ms);
    exit_with(d, DRIVER_EXIT_STOPPED, "stopped");
    HARNESS_UNTIL(&h, is(id, "TERMINATED"));
    assert_true(str_contains(harness_read_session(&h, id).reason, STR("idle timeout")));
}

static void test_idle_time_counts_from_the_last_calculation(void **state)
{
    (void)state;
    char id[40];
    struct answer a;
    struct fake_driver *d = harness_idle_session(&h, id);
    harness_pass(&h, 599000);
    harness_calculate(&h, id, "1", &a);
    HARNESS_UNTIL(&h, d->runs == 1);
    assert_int_equal(harness_read_session(&h, id).idle_since_ms, 0);
    harness_pass(&h, 700000); /* busy: not idle, however long */
    assert_int_equal(session_find(h.core, str_from(id))->state, ATHENA_SESSION_STATE_BUSY);
    harness_done(&h, d, "COMPLETED", "");
    HARNESS_UNTIL(&h, is(id, "IDLE"));
    harness_pass(&h, 599999);
    assert_int_equal(session_find(h.core, str_from(id))->state, ATHENA_SESSION_STATE_IDLE);
    harness_pass(&h, 1);
    assert_int_equal(session_find(h.core, str_from(id))->state, ATHENA_SESSION_STATE_TERMINATING);
}

static void test_terminate_answers_terminating_then_ends(void **state)
{
    (void)state;
    char id[40];
    struct answer a;
    struct fake_driver *d = harness_idle_session(&h, id);
    ask_to_end(id, &a);
    assert_int_equal(a.state, ATHENA_SESSION_STATE_TERMINATING);
    HARNESS_UNTIL(&h, d->stop_grace_ms == h.config.stop_grace_ms);
    exit_with(d, DRIVER_EXIT_STOPPED, "stopped");
    HARNESS_UNTIL(&h, d->forgotten);
    struct session_record r = harness_read_session(&h, id);
    assert_true(str_is(r.state, "TERMINATED"));
    assert_true(str_is(r.reason, "Session was terminated per request"));
    ask_to_end(id, &a);
    assert_int_equal(a.err.code, ERR_NONE);
    assert_int_equal(a.state, ATHENA_SESSION_STATE_TERMINATED);
}

static void test_terminate_before_the_driver_is_there(void **state)
{
    (void)state;
    char id[40];
    struct answer a;
    harness_session(&h, id);
    ask_to_end(id, &a);
    struct fake_driver *d = harness_driver(&h, id);
    if (d)
        exit_with(d, DRIVER_EXIT_STOPPED, "stopped");
    HARNESS_UNTIL(&h, is(id, "TERMINATED"));
}

static void test_driver_that_will_not_end_is_killed_again(void **state)
{
    (void)state;
    char id[40];
    struct answer a;
    struct fake_driver *d = harness_idle_session(&h, id);
    ask_to_end(id, &a);
    HARNESS_UNTIL(&h, d->stop_grace_ms == h.config.stop_grace_ms);
    harness_pass(&h, h.config.stop_grace_ms + 10000);
    assert_int_equal(d->stop_grace_ms, 0);
}

static void test_crash_while_idle_fails_with_the_exit(void **state)
{
    (void)state;
    char id[40];
    struct fake_driver *d = harness_idle_session(&h, id);
    exit_with(d, DRIVER_EXIT_SIGNAL, "The driver was ended by signal 9.");
    HARNESS_UNTIL(&h, d->forgotten);
    struct session_record r = harness_read_session(&h, id);
    assert_true(str_is(r.state, "FAILED"));
    assert_true(str_is(r.reason, "The driver was ended by signal 9."));
    assert_int_equal(h.core->stats.memory_reserved_bytes, 0);
    assert_int_equal(h.core->stats.dpus, 0);
}

static void test_dpu_time_never_goes_back(void **state)
{
    (void)state;
    char id[40];
    harness_idle_session(&h, id);
    harness_pass(&h, 5000);
    assert_int_equal(harness_read_session(&h, id).dpu_ms, 5000);
    h.clock.wall -= 60000;
    assert_int_equal(harness_read_session(&h, id).dpu_ms, 5000);
    h.clock.wall += 70000;
    assert_int_equal(harness_read_session(&h, id).dpu_ms, 15000);
}

static void test_longest_life(void **state)
{
    (void)state;
    char id[40];
    h.config.session_longest_ms = 300000;
    harness_idle_session(&h, id);
    harness_pass(&h, 299999);
    assert_int_equal(session_find(h.core, str_from(id))->state, ATHENA_SESSION_STATE_IDLE);
    harness_pass(&h, 1);
    struct session *s = session_find(h.core, str_from(id));
    assert_int_equal(s->state, ATHENA_SESSION_STATE_TERMINATING);
    assert_string_equal(s->end_kind, SESSION_END_LIMIT);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_start_goes_through_created_to_idle),
        TEST(test_refused_start_fails_with_its_reason),
        TEST(test_slow_start_fails_at_its_deadline),
        TEST(test_idle_timeout_is_exact_and_says_so),
        TEST(test_idle_time_counts_from_the_last_calculation),
        TEST(test_terminate_answers_terminating_then_ends),
        TEST(test_terminate_before_the_driver_is_there),
        TEST(test_driver_that_will_not_end_is_killed_again),
        TEST(test_crash_while_idle_fails_with_the_exit),
        TEST(test_dpu_time_never_goes_back),
        TEST(test_longest_life),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
