/* The life of a calculation: what is told to the driver and when, what readers see. */
#include "harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct harness h;
static struct fake_driver *driver;
static char session_id[40];

static int setup(void **state)
{
    (void)state;
    harness_start(&h);
    driver = harness_idle_session(&h, session_id);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    harness_stop(&h);
    return 0;
}

static bool is(const char *id, const char *wanted)
{
    return str_is(harness_read_calculation(&h, id).state, wanted);
}

static bool session_is(const char *wanted)
{
    return str_is(harness_read_session(&h, session_id).state, wanted);
}

static void on_stopped(void *ctx, struct str id, enum athena_calculation_execution_state state,
                       const struct err *err)
{
    struct answer *a = ctx;
    (void)id;
    a->come = true;
    a->state = (int)state;
    if (err)
        a->err = *err;
}

static void stop(const char *id, struct answer *ret)
{
    *ret = (struct answer){0};
    calculation_stop(h.core, str_from(id), on_stopped, ret);
    HARNESS_UNTIL(&h, ret->come);
}

static void start_running(struct answer *a)
{
    harness_calculate(&h, session_id, "1+1", a);
    HARNESS_UNTIL(&h, strcmp(driver->run, a->id) == 0);
    driver->events->started(driver->ctx, str_from(a->id));
    harness_pass(&h, 100);
    HARNESS_UNTIL(&h, is(a->id, "RUNNING"));
}

static void test_code_reaches_the_driver_after_the_commit(void **state)
{
    (void)state;
    struct answer a = {0};
    struct calculation_request r = {.session_id = str_from(session_id), .code = STR("print(1)")};
    calculation_start(h.core, &r, on_stopped, &a);
    assert_false(a.come);
    assert_int_equal(driver->runs, 0);
    assert_true(session_is("IDLE")); /* not seen before it is committed */
    HARNESS_UNTIL(&h, a.come);
    assert_true(session_is("BUSY"));
    HARNESS_UNTIL(&h, driver->runs == 1);
    assert_string_equal(driver->code, "print(1)");
}

static void test_end_is_seen_as_a_whole(void **state)
{
    (void)state;
    struct answer a;
    start_running(&a);
    harness_done(&h, driver, "COMPLETED", "");
    assert_true(is(a.id, "RUNNING"));
    assert_true(session_is("BUSY"));
    HARNESS_UNTIL(&h, is(a.id, "COMPLETED"));
    assert_true(session_is("IDLE"));
    struct calculation_record r = harness_read_calculation(&h, a.id);
    assert_null(r.reason.p);
    assert_non_null(r.result_type.p);
    assert_true(r.dpu_ms >= 1);
    assert_string_equal(driver->acked, a.id);
}

static void test_code_that_cannot_be_handed_over_fails(void **state)
{
    (void)state;
    struct answer a;
    h.refuse_run = true;
    harness_calculate(&h, session_id, "1", &a);
    HARNESS_UNTIL(&h, is(a.id, "FAILED"));
    assert_true(str_is(harness_read_calculation(&h, a.id).reason, "The code is too long."));
    assert_true(session_is("IDLE"));
    h.refuse_run = false;
    harness_calculate(&h, session_id, "1", &a);
    HARNESS_UNTIL(&h, strcmp(driver->run, a.id) == 0);
}

static void test_busy_session_refuses_in_the_words_of_aws(void **state)
{
    (void)state;
    struct answer a, b;
    start_running(&a);
    harness_calculate(&h, session_id, "2", &b);
    assert_int_equal(b.err.code, ERR_INVALID_REQUEST);
    assert_string_equal(b.err.text, "Session is in the BUSY state; needs to be IDLE to accept Calculations.");
}

static void test_failure_keeps_its_reason(void **state)
{
    (void)state;
    struct answer a;
    start_running(&a);
    harness_done(&h, driver, "FAILED", "NameError: name 'x' is not defined");
    HARNESS_UNTIL(&h, is(a.id, "FAILED"));
    assert_true(str_is(harness_read_calculation(&h, a.id).reason, "NameError: name 'x' is not defined"));
    assert_true(session_is("IDLE"));
}

static void test_stop_cancels_after_its_commit(void **state)
{
    (void)state;
    struct answer a, b;
    start_running(&a);
    stop(a.id, &b);
    assert_int_equal(b.state, ATHENA_CALCULATION_EXECUTION_STATE_CANCELING);
    HARNESS_UNTIL(&h, strcmp(driver->cancelled, a.id) == 0);
    harness_done(&h, driver, "CANCELED", "");
    HARNESS_UNTIL(&h, is(a.id, "CANCELED"));
    assert_true(session_is("IDLE"));
    stop(a.id, &b);
    assert_int_equal(b.err.code, ERR_NONE);
    assert_int_equal(b.state, ATHENA_CALCULATION_EXECUTION_STATE_CANCELED);
}

static void test_code_that_cannot_be_stopped_costs_the_session(void **state)
{
    (void)state;
    struct answer a, b;
    start_running(&a);
    stop(a.id, &b);
    harness_pass(&h, h.config.cancel_ms - 1);
    assert_int_equal(driver->stop_grace_ms, -1);
    harness_pass(&h, 1);
    assert_int_equal(driver->stop_grace_ms, 0);
    driver->events->exited(driver->ctx, &(struct driver_exit){.kind = DRIVER_EXIT_STOPPED});
    HARNESS_UNTIL(&h, session_is("FAILED"));
    assert_true(str_contains(harness_read_session(&h, session_id).reason, STR("could not be interrupted")));
    assert_true(is(a.id, "CANCELED"));
}

static void test_longest_calculation_fails_with_the_limit(void **state)
{
    (void)state;
    struct answer a;
    start_running(&a);
    harness_pass(&h, h.config.calculation_longest_ms);
    HARNESS_UNTIL(&h, strcmp(driver->cancelled, a.id) == 0);
    harness_done(&h, driver, "CANCELED", "");
    HARNESS_UNTIL(&h, is(a.id, "FAILED"));
    assert_true(
        str_contains(harness_read_calculation(&h, a.id).reason, STR("longest time of a calculation")));
    assert_true(session_is("IDLE"));
}

static void test_crash_fails_calculation_and_session_together(void **state)
{
    (void)state;
    struct answer a;
    start_running(&a);
    driver->events->exited(driver->ctx,
                           &(struct driver_exit){.kind = DRIVER_EXIT_MEMORY, .reason = STR("out of memory")});
    HARNESS_UNTIL(&h, is(a.id, "FAILED"));
    assert_true(session_is("FAILED"));
    assert_true(str_is(harness_read_calculation(&h, a.id).reason, "out of memory"));
    assert_non_null(harness_read_calculation(&h, a.id).result_type.p); /* its stderr tells the reason */
}

static void test_no_idle_between_a_death_and_its_exit(void **state)
{
    (void)state;
    struct answer a;
    char path[100];
    start_running(&a);
    snprintf(path, sizeof path, "%s/none", h.dir);
    struct driver_done done = {
        .calculation_id = str_from(a.id),
        .state = STR("FAILED"),
        .reason = STR("killed"),
        .driver_ended = true,
        .out.path = path,
        .err.path = path,
        .result.path = path,
    };
    driver->events->done(driver->ctx, &done);
    for (int i = 0; i < 300; i++)
        harness_turn(&h);
    assert_true(session_is("BUSY"));
    driver->events->exited(driver->ctx,
                           &(struct driver_exit){.kind = DRIVER_EXIT_SIGNAL, .reason = STR("signal 9")});
    HARNESS_UNTIL(&h, session_is("FAILED"));
    assert_true(is(a.id, "FAILED"));
}

static void test_terminate_cancels_what_runs(void **state)
{
    (void)state;
    struct answer a;
    start_running(&a);
    session_end_in(h.core, STR("spark"));
    HARNESS_UNTIL(&h, driver->stop_grace_ms == h.config.stop_grace_ms);
    assert_true(is(a.id, "CANCELING"));
    driver->events->exited(driver->ctx, &(struct driver_exit){.kind = DRIVER_EXIT_STOPPED});
    HARNESS_UNTIL(&h, session_is("TERMINATED"));
    assert_true(is(a.id, "CANCELED"));
}

static void test_end_of_an_unknown_calculation_is_acknowledged(void **state)
{
    (void)state;
    snprintf(driver->run, sizeof driver->run, "00000000-0000-4000-8000-000000000000");
    harness_done(&h, driver, "COMPLETED", "");
    assert_string_equal(driver->acked, "00000000-0000-4000-8000-000000000000");
    assert_true(session_is("IDLE"));
}

static void test_output_that_cannot_be_stored_holds_the_session(void **state)
{
    (void)state;
    struct answer a, b;
    char path[100];
    start_running(&a);
    snprintf(path, sizeof path, "%s/none", h.dir);
    struct driver_done done = {
        .calculation_id = str_from(a.id),
        .state = STR("COMPLETED"),
        .out = {.path = path, .size = 5}, /* it should be there */
        .err.path = path,
        .result.path = path,
    };
    driver->events->done(driver->ctx, &done);
    struct calculation *c = calculation_find(h.core, str_from(a.id));
    HARNESS_UNTIL(&h, c->attempts == 1);
    harness_calculate(&h, session_id, "2", &b);
    assert_string_equal(b.err.text, "Session is in the BUSY state; needs to be IDLE to accept Calculations.");
    assert_true(is(a.id, "RUNNING"));
    driver->events->done(driver->ctx, &done); /* told again: not acknowledged before the end is stored */
    assert_string_equal(driver->acked, "");
    for (unsigned attempts = 1; !c->without_results; attempts++) {
        HARNESS_UNTIL(&h, c->attempts == attempts);
        harness_pass(&h, 1000);
    }
    HARNESS_UNTIL(&h, is(a.id, "FAILED")); /* it does not pretend */
    struct calculation_record r = harness_read_calculation(&h, a.id);
    assert_null(r.result_type.p);
    assert_true(str_starts(r.reason, STR("The code ran to its end. The output could not be stored: ")));
    assert_true(session_is("IDLE"));
    assert_string_equal(driver->acked, a.id);
}

static struct driver_done done_on_full_disk(const struct answer *a, const char *state, bool result_lost)
{
    const struct driver_output cut = {
        .path = "/nonexistent", .truncated = true, .write_error = STR("No space left on device")};
    const struct driver_output whole = {.path = "/nonexistent"};
    return (struct driver_done){
        .calculation_id = str_from(a->id),
        .state = str_from(state),
        .out = cut,
        .err = whole,
        .result = result_lost ? cut : whole,
    };
}

static void test_lost_result_fails(void **state)
{
    (void)state;
    struct answer a;
    start_running(&a);
    struct driver_done done = done_on_full_disk(&a, "COMPLETED", true);
    driver->events->done(driver->ctx, &done);
    HARNESS_UNTIL(&h, is(a.id, "FAILED"));
    struct calculation_record r = harness_read_calculation(&h, a.id);
    assert_true(str_is(r.reason,
                       "The code ran to its end. The result could not be stored, as the disk of the server's "
                       "data folder did not take it: No space left on device. Make room there, and run the "
                       "code again."));
    assert_non_null(r.result_type.p); /* what was printed is there */
    assert_true(session_is("IDLE"));
}

static void test_failure_keeps_its_reason_beside_a_lost_result(void **state)
{
    (void)state;
    struct answer a;
    start_running(&a);
    struct driver_done done = done_on_full_disk(&a, "FAILED", true);
    done.reason = STR("NameError.");
    driver->events->done(driver->ctx, &done);
    HARNESS_UNTIL(&h, is(a.id, "FAILED"));
    struct str reason = harness_read_calculation(&h, a.id).reason;
    assert_true(str_starts(reason, STR("NameError. The result could not be stored, as the disk ")));
}

static void test_cut_output_leaves_the_state(void **state)
{
    (void)state;
    struct answer a;
    start_running(&a);
    struct driver_done done = done_on_full_disk(&a, "COMPLETED", false);
    driver->events->done(driver->ctx, &done);
    HARNESS_UNTIL(&h, is(a.id, "COMPLETED"));
    assert_null(harness_read_calculation(&h, a.id).reason.p);
}

static void on_deleted(void *ctx, const struct err *err)
{
    assert_null(err);
    *(bool *)ctx = true;
}

static void test_deleted_bucket_is_told(void **state)
{
    (void)state;
    struct answer a, b;
    bool deleted = false;
    start_running(&a);
    struct store_batch *batch = store_batch_new(h.store);
    store_delete_bucket(batch, STR("results"));
    store_commit(h.store, batch, on_deleted, &deleted);
    HARNESS_UNTIL(&h, deleted);
    harness_done(&h, driver, "COMPLETED", "");
    struct calculation *c = calculation_find(h.core, str_from(a.id));
    HARNESS_UNTIL(&h, c->without_results);
    harness_calculate(&h, session_id, "2", &b);
    assert_int_equal(b.err.code, ERR_INVALID_REQUEST);
    harness_pass(&h, 1000);
    HARNESS_UNTIL(&h, is(a.id, "FAILED"));
    assert_true(str_contains(harness_read_calculation(&h, a.id).reason, STR("bucket")));
    HARNESS_UNTIL(&h, session_is("IDLE"));
}

static void on_all_ended(void *ctx)
{
    assert_false(*(bool *)ctx); /* once */
    *(bool *)ctx = true;
}

static void test_server_that_ends_refuses_sessions(void **state)
{
    (void)state;
    struct err err;
    bool ended = false;
    core_end_sessions(h.core, on_all_ended, &ended);
    assert_int_equal(session_make_room(h.core, 4, &err), -1);
    assert_int_equal(err.code, ERR_UNAVAILABLE);
    HARNESS_UNTIL(&h, driver->stop_grace_ms >= 0);
    driver->events->exited(driver->ctx, &(struct driver_exit){.kind = DRIVER_EXIT_STOPPED});
    HARNESS_UNTIL(&h, ended);
}

/* A start whose commit fails, as on a full disk, where commits of ends succeed. Returns the calculation's id,
 * which the caller is not told. */
static void start_to_no_avail(struct answer *a, char ret_id[40])
{
    struct token_record twice[] = {{.scope = STR("s"), .token = STR("t"), .digest = STR("")},
                                   {.scope = STR("s"), .token = STR("t"), .digest = STR("")}};
    struct calculation_request r = {
        .session_id = str_from(session_id), .code = STR("1"), .tokens = twice, .token_count = 2};
    *a = (struct answer){0};
    calculation_start(h.core, &r, on_stopped, a);
    assert_false(a->come);
    struct calculation *c = session_find(h.core, str_from(session_id))->calculation;
    snprintf(ret_id, 40, "%.*s", STR_ARG(c->id));
}

static uint64_t running(void)
{
    struct core_stats stats;
    core_get_stats(h.core, &stats);
    return stats.calculations_running;
}

static void test_start_that_is_not_stored_leaves_the_session_idle(void **state)
{
    (void)state;
    struct answer a;
    char id[40];
    start_to_no_avail(&a, id);
    HARNESS_UNTIL(&h, a.come);
    assert_int_equal(a.err.code, ERR_CONFLICT);
    assert_null(calculation_find(h.core, str_from(id)));
    assert_int_equal(running(), 0);
    harness_calculate(&h, session_id, "1", &a);
    assert_int_equal(a.err.code, ERR_NONE);
}

static void test_driver_dies_while_a_start_is_not_stored(void **state)
{
    (void)state;
    struct answer a;
    char id[40];
    start_to_no_avail(&a, id);
    driver->events->exited(driver->ctx,
                           &(struct driver_exit){.kind = DRIVER_EXIT_SIGNAL, .reason = STR("killed")});
    HARNESS_UNTIL(&h, a.come);
    assert_int_equal(a.err.code, ERR_CONFLICT);
    HARNESS_UNTIL(&h, session_is("FAILED"));
    assert_true(is(id, "FAILED"));
    assert_int_equal(running(), 0);
}

static void test_session_ends_while_a_start_is_not_stored(void **state)
{
    (void)state;
    struct answer a;
    char id[40];
    start_to_no_avail(&a, id);
    session_end_in(h.core, STR("spark"));
    HARNESS_UNTIL(&h, a.come);
    assert_int_equal(a.err.code, ERR_CONFLICT);
    HARNESS_UNTIL(&h, driver->stop_grace_ms >= 0);
    driver->events->exited(driver->ctx, &(struct driver_exit){.kind = DRIVER_EXIT_STOPPED});
    HARNESS_UNTIL(&h, session_is("TERMINATED"));
    HARNESS_UNTIL(&h, is(id, "CANCELED"));
    assert_int_equal(running(), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_code_reaches_the_driver_after_the_commit),
        TEST(test_end_is_seen_as_a_whole),
        TEST(test_code_that_cannot_be_handed_over_fails),
        TEST(test_busy_session_refuses_in_the_words_of_aws),
        TEST(test_failure_keeps_its_reason),
        TEST(test_stop_cancels_after_its_commit),
        TEST(test_code_that_cannot_be_stopped_costs_the_session),
        TEST(test_longest_calculation_fails_with_the_limit),
        TEST(test_crash_fails_calculation_and_session_together),
        TEST(test_no_idle_between_a_death_and_its_exit),
        TEST(test_terminate_cancels_what_runs),
        TEST(test_end_of_an_unknown_calculation_is_acknowledged),
        TEST(test_output_that_cannot_be_stored_holds_the_session),
        TEST(test_lost_result_fails),
        TEST(test_failure_keeps_its_reason_beside_a_lost_result),
        TEST(test_cut_output_leaves_the_state),
        TEST(test_deleted_bucket_is_told),
        TEST(test_server_that_ends_refuses_sessions),
        TEST(test_start_that_is_not_stored_leaves_the_session_idle),
        TEST(test_driver_dies_while_a_start_is_not_stored),
        TEST(test_session_ends_while_a_start_is_not_stored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
