/* The real client over the real glaux-shim, with the fake driver. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "harness.h"

#include "shim/folder.h"

#include <signal.h>

#include <cmocka.h>

#define SESSION "7a1b0c9e-0000-4000-8000-000000000001"

static void test_start_run_stop(void **state)
{
    (void)state;
    struct harness h;
    struct seen s;
    harness_init(&h);
    harness_serve(&h);
    harness_start_ready(&h, &s, SESSION, NULL);
    assert_int_equal(s.status, 1);
    assert_int_equal(s.state, DRIVER_STARTING);

    harness_run(&s, "calc-1", "call.write(call.out, b'hello\\n')\n"
                              "call.write(call.err, b'oh')\n"
                              "call.write(call.result, b'{}')\n"
                              "call.progress('1/2')\n"
                              "call.end['result_type'] = 'application/json'\n");
    harness_await(&s, &s.done, 1);
    assert_int_equal(s.started, 1);
    assert_string_equal(s.progress_text, "1/2");
    assert_string_equal(s.done_id, "calc-1");
    assert_string_equal(s.done_state, "COMPLETED");
    assert_string_equal(s.done_type, "application/json");
    assert_string_equal(s.out, "hello\n");
    assert_string_equal(s.err, "oh");
    assert_string_equal(s.result, "{}");
    assert_false(s.done_driver_ended);
    assert_true(harness_exists(&h, SESSION, "calc/calc-1/done.json"));
    h.runner->ops->ack(s.driver, STR("calc-1"));

    h.runner->ops->stop(s.driver, 5000);
    harness_await(&s, &s.exited, 1);
    assert_int_equal(s.exit.kind, DRIVER_EXIT_STOPPED);
    assert_int_equal(s.exit.code, 0);
    assert_true(harness_exists(&h, SESSION, EXIT_FILE));
    assert_false(harness_exists(&h, SESSION, "calc/calc-1"));
    harness_forget(&s);
    assert_true(harness_exists(&h, SESSION, LOG_FILE));
    harness_done(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_start_run_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
