/* Room for sessions, and who has to make it. The harness has memory for four. */
#include "harness.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { ROOM = 4 };

HARNESS_FIXTURE(h)

static bool is(const char *id, const char *state)
{
    return str_is(harness_read_session(&h, id).state, state);
}

static void exit_by_code(const char *id)
{
    struct fake_driver *d = harness_driver(&h, id);
    d->events->exited(d->ctx, &(struct driver_exit){.kind = DRIVER_EXIT_CODE, .reason = STR("code 1")});
}

static void test_limits_are_counted_from_live_sessions(void **state)
{
    (void)state;
    char id[40];
    struct err err;
    for (int i = 0; i < 4; i++) {
        assert_int_equal(session_make_room(h.core, 4, &err), 0);
        harness_session(&h, id);
    }
    assert_int_equal(session_make_room(h.core, 4, &err), -1);
    assert_non_null(strstr(err.text, "required capacity not being available"));
    assert_int_equal(session_make_room(h.core, 61, &err), -1);
    h.config.account_dpus = 4;
    assert_int_equal(session_make_room(h.core, 4, &err), -1);
    assert_int_equal(err.code, ERR_TOO_MANY_REQUESTS);
    assert_non_null(strstr(err.text, "Maximum allowed sessions"));
    HARNESS_UNTIL(&h, harness_driver(&h, id));
    exit_by_code(id);
    HARNESS_UNTIL(&h, is(id, "FAILED"));
    assert_int_equal(session_make_room(h.core, 4, &err), 0);
}

static void fill(char ids[ROOM][40], struct str description)
{
    h.description = description;
    for (int i = 0; i < ROOM; i++) {
        harness_idle_session(&h, ids[i]);
        harness_pass(&h, 1000);
    }
}

static void test_the_longest_idle_expendable_session_makes_room(void **state)
{
    (void)state;
    char ids[ROOM][40], next[40];
    struct err err;
    fill(ids, STR("dbt: run - hash"));
    harness_pass(&h, 15000);
    struct answer a;
    harness_calculate(&h, ids[0], "1", &a); /* the oldest one works */
    assert_int_equal(session_make_room(h.core, 4, &err), 0);
    harness_session(&h, next); /* before the processes of the other have ended */
    HARNESS_UNTIL(&h, is(ids[1], "TERMINATING"));
    assert_non_null(strstr(session_find(h.core, str_from(ids[1]))->reason, "session.expendable"));
    assert_true(is(ids[2], "IDLE") && is(ids[3], "IDLE"));
    HARNESS_UNTIL(&h, harness_driver(&h, ids[1])->stop_grace_ms == 5000);
    exit_by_code(ids[1]);
    HARNESS_UNTIL(&h, is(ids[1], "TERMINATED"));
    assert_int_equal(h.core->stats.memory_reserved_bytes, ROOM << 20);
}

static void test_each_session_that_is_given_up_makes_room_once(void **state)
{
    (void)state;
    char ids[ROOM][40], next[40];
    struct err err;
    fill(ids, STR("job 7"));
    harness_pass(&h, 15000);
    for (int i = 0; i < ROOM; i++) {
        assert_int_equal(session_make_room(h.core, 4, &err), 0);
        harness_session(&h, next);
    }
    assert_int_equal(session_make_room(h.core, 4, &err), -1);
    for (int i = 0; i < ROOM; i++)
        HARNESS_UNTIL(&h, is(ids[i], "TERMINATING"));
}

static void test_one_that_has_run_something_is_not_waited_for(void **state)
{
    (void)state;
    char ids[ROOM][40];
    struct err err;
    struct answer a;
    fill(ids, STR("dbt: run - hash"));
    harness_calculate(&h, ids[2], "1", &a);
    HARNESS_UNTIL(&h, *harness_driver(&h, ids[2])->run);
    assert_int_equal(session_make_room(h.core, 4, &err), -1); /* it is BUSY */
    harness_pass(&h, 1);
    harness_done(&h, harness_driver(&h, ids[2]), "COMPLETED", NULL);
    HARNESS_UNTIL(&h, is(ids[2], "IDLE"));
    assert_int_equal(session_make_room(h.core, 4, &err), 0);
    HARNESS_UNTIL(&h, is(ids[2], "TERMINATING"));
}

static void test_a_new_session_is_kept_for_its_client(void **state)
{
    (void)state;
    char ids[ROOM][40];
    struct err err;
    fill(ids, STR("dbt: run - hash"));
    assert_int_equal(session_make_room(h.core, 4, &err), -1);
    assert_non_null(strstr(err.text, "required capacity not being available"));
    for (int i = 0; i < ROOM; i++)
        assert_true(is(ids[i], "IDLE"));
}

static void test_sessions_of_people_are_kept(void **state)
{
    (void)state;
    char ids[ROOM][40];
    struct err err;
    fill(ids, STR("not dbt: a notebook"));
    harness_pass(&h, 400000);
    assert_int_equal(session_make_room(h.core, 4, &err), -1);
    h.config.expendable = STR("");
    assert_int_equal(session_make_room(h.core, 4, &err), -1);
    for (int i = 0; i < ROOM; i++)
        assert_true(is(ids[i], "IDLE"));
}

static void test_nobody_is_given_up_where_that_would_not_do(void **state)
{
    (void)state;
    char ids[ROOM][40];
    struct err err;
    fill(ids, STR("dbt: run - hash"));
    harness_pass(&h, 15000);
    h.config.memory_per_session_bytes = (ROOM + 1) << 20;
    assert_int_equal(session_make_room(h.core, 4, &err), -1);
    for (int i = 0; i < ROOM; i++)
        assert_true(is(ids[i], "IDLE"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_limits_are_counted_from_live_sessions),
        TEST(test_the_longest_idle_expendable_session_makes_room),
        TEST(test_each_session_that_is_given_up_makes_room_once),
        TEST(test_one_that_has_run_something_is_not_waited_for),
        TEST(test_a_new_session_is_kept_for_its_client),
        TEST(test_sessions_of_people_are_kept),
        TEST(test_nobody_is_given_up_where_that_would_not_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
