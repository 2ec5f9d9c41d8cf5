/* A session's ordinary life: the real client over the real glaux-shim, with the fake driver. */
#include "harness.h"

#include "shim/folder.h"
#include "shim/frame.h"

#define SESSION "7a1b0c9e-0000-4000-8000-000000000001"

static void test_start_run_stop(void **state)
{
    struct harness *h = *state;
    struct seen s;
    harness_start_ready(h, &s, SESSION, NULL);
    assert_int_equal(s.status, 1);
    assert_int_not_equal(s.state, DRIVER_ENDED);

    harness_run(&s, "calc-1",
                "call.write(call.out, b'hello\\n')\n"
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
    assert_true(harness_exists(h, SESSION, "calc/calc-1/done.json"));
    h->runner->ops->ack(s.driver, STR("calc-1"));

    h->runner->ops->stop(s.driver, 5000);
    harness_await(&s, &s.exited, 1);
    assert_int_equal(s.exit.kind, DRIVER_EXIT_STOPPED);
    assert_int_equal(s.exit.code, 0);
    assert_true(harness_exists(h, SESSION, EXIT_FILE));
    assert_false(harness_exists(h, SESSION, "calc/calc-1"));
    harness_forget(&s);
    assert_true(harness_exists(h, SESSION, LOG_FILE));
    struct err err;
    assert_true(shim_session_bytes(h->data, STR(SESSION)) > 0);
    assert_int_equal(shim_session_remove(h->data, STR(SESSION), &err), 0);
    assert_false(harness_exists(h, SESSION, ""));
}

static void test_run_is_idempotent(void **state)
{
    struct harness *h = *state;
    struct seen s;
    harness_start_ready(h, &s, SESSION, "count = 0");
    const char *code = "globals_of = __import__('__main__')\n"
                       "globals_of.count += 1\n"
                       "call.write(call.out, str(globals_of.count).encode())\n";
    harness_run(&s, "calc-1", code);
    harness_run(&s, "calc-1", code);
    harness_await(&s, &s.done, 1);
    assert_string_equal(s.out, "1");
    harness_run(&s, "calc-1", code); /* it has ended but is not acknowledged */
    h->runner->ops->ack(s.driver, STR("calc-1"));
    harness_run(&s, "calc-1", code); /* it is acknowledged */
    harness_run(&s, "calc-2", code);
    harness_await(&s, &s.done, 2);
    assert_string_equal(s.done_id, "calc-2");
    assert_string_equal(s.out, "2");
    harness_end(&s);
}

/* The longest that a driver gets: each of its quotes takes two bytes of a frame. */
static void test_code_is_bounded(void **state)
{
    struct harness *h = *state;
    struct seen s;
    struct err err;
    size_t n = (FRAME_BODY_MAX - 512) / 2;
    CLEANUP_FREE char *code = mem_grow(NULL, n + 1, 1);
    memset(code, '"', n);
    code[0] = code[1] = '#';
    code[n] = '\0';
    harness_start_ready(h, &s, SESSION, NULL);
    harness_run(&s, "calc-1", code);
    harness_await(&s, &s.done, 1);
    assert_string_equal(s.done_state, "COMPLETED");
    code[1] = '"';
    assert_int_equal(h->runner->ops->run(s.driver, STR("calc-2"), str_from(code), &err), -1);
    assert_int_equal(err.code, ERR_TOO_LARGE);
    harness_run(&s, "calc-3", "call.write(call.out, b'on')");
    harness_await(&s, &s.done, 2);
    assert_string_equal(s.done_id, "calc-3");
    harness_end(&s);
}

static void test_cancel(void **state)
{
    struct harness *h = *state;
    struct seen s;
    harness_start_ready(h, &s, SESSION, NULL);
    harness_run(&s, "calc-1", "call.wait_cancel()");
    harness_await(&s, &s.started, 1);
    h->runner->ops->cancel(s.driver, STR("calc-1"));
    harness_await(&s, &s.done, 1);
    assert_string_equal(s.done_state, "CANCELED");
    harness_end(&s);
}

static void test_output_is_bounded(void **state)
{
    struct harness *h = *state;
    struct seen s;
    harness_start_ready(h, &s, SESSION, NULL);
    harness_run(&s, "calc-1", "for _ in range(100): call.write(call.out, b'x' * (1 << 20))");
    harness_await(&s, &s.done, 1);
    assert_string_equal(s.done_state, "COMPLETED");
    assert_int_equal(s.out_size, h->config.stdout_max_bytes);
    assert_true(s.out_truncated);
    harness_end(&s);
}

/* All that was written before `done` is in the files, however the pipes and the link are read. */
static void test_output_is_complete(void **state)
{
    struct harness *h = *state;
    struct seen s;
    harness_start_ready(h, &s, SESSION, NULL);
    for (unsigned i = 1; i <= 30; i++) {
        char id[16];
        snprintf(id, sizeof id, "calc-%u", i);
        harness_run(&s, id, "call.write(call.out, b'y' * 60000)");
        harness_await(&s, &s.done, i);
        assert_int_equal(s.out_size, 60000);
        assert_false(s.out_truncated);
        h->runner->ops->ack(s.driver, str_from(id));
    }
    harness_end(&s);
}

/* A process that outlives its calculation may go on writing: the calculation ends, and what comes later is in
 * the log. */
static void test_background_writer(void **state)
{
    struct harness *h = *state;
    struct seen s;
    harness_start_ready(h, &s, SESSION, NULL);
    harness_run(&s, "calc-1",
                "import __main__\n"
                "__main__.late = subprocess.Popen(['sh', '-c', 'read go; echo late words'],"
                " stdin=subprocess.PIPE, stdout=call.out)\n"
                "call.write(call.out, b'early')");
    harness_await(&s, &s.done, 1);
    assert_string_equal(s.out, "early");
    harness_run(&s, "calc-2", "late.communicate()");
    harness_await(&s, &s.done, 2);
    h->runner->ops->stop(s.driver, 5000);
    harness_await(&s, &s.exited, 1);
    assert_non_null(strstr(s.log_tail, "late words"));
    harness_forget(&s);
}

static void test_environment_is_clean(void **state)
{
    struct harness *h = *state;
    struct seen s;
    setenv("GLAUX_TEST_SECRET", "key of the server", 1);
    harness_start_ready(h, &s, SESSION, NULL);
    unsetenv("GLAUX_TEST_SECRET");
    harness_run(&s, "calc-1",
                "names = ' '.join(sorted(os.environ))\n"
                "fds = sorted(int(n) for n in os.listdir('/proc/self/fd') if int(n) not in "
                "(call.out, call.err, call.result))\n"
                "parent = open(f'/proc/{os.getppid()}/environ').read()\n"
                "call.write(call.out, f'{names}|{os.getcwd()}|{os.umask(0)}|{len(fds)}|{\"SECRET\" in "
                "parent}'.encode())");
    harness_await(&s, &s.done, 1);
    char expected[2 * HARNESS_PATH_MAX];
    snprintf(expected, sizeof expected,
             "GLAUX_DRIVER_SPEC GLAUX_SESSION_ID HOME JAVA_HOME LANG PATH TMPDIR|%s/" SESSION "|63|5|False",
             h->work);
    assert_string_equal(s.out, expected); /* 0, 1, 2, the link, and the folder that is listed */
    harness_end(&s);
}

static void test_two_sessions(void **state)
{
    struct harness *h = *state;
    struct seen a, b;
    harness_start(h, &a, SESSION, NULL);
    harness_start(h, &b, "session-b", NULL);
    harness_await_ready(&a);
    harness_await_ready(&b);
    harness_run(&a, "calc-1", "call.write(call.out, b'a')");
    harness_run(&b, "calc-1", "call.write(call.out, b'b')");
    harness_await(&a, &a.done, 1);
    harness_await(&b, &b.done, 1);
    assert_string_equal(a.out, "a");
    assert_string_equal(b.out, "b");
    h->runner->ops->stop(b.driver, 0);
    harness_await(&b, &b.exited, 1);
    h->runner->ops->stop(a.driver, 0);
    harness_await(&a, &a.exited, 1);
    harness_forget(&a);
    assert_false(harness_exists(h, SESSION, SPEC_FILE));
    assert_true(harness_exists(h, "session-b", SPEC_FILE));
    harness_adopt(h, &b, "session-b");
    harness_await(&b, &b.exited, 1);
    harness_forget(&b);
}

static void test_usage_is_told(void **state)
{
    struct harness *h = *state;
    struct seen s;
    harness_start_ready(h, &s, SESSION, NULL);
    harness_await(&s, &s.usage, 1);
    assert_in_range(s.memory_bytes, 1 << 20, 512 << 20);
    harness_end(&s);
}

static void test_long_folder_name(void **state)
{
    struct harness *h = *state;
    struct seen s;
    char longer[128];
    memset(longer, 'n', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    harness_start_ready(h, &s, longer, NULL);
    harness_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(test_start_run_stop),    HARNESS_TEST(test_run_is_idempotent),
        HARNESS_TEST(test_code_is_bounded),   HARNESS_TEST(test_cancel),
        HARNESS_TEST(test_output_is_bounded), HARNESS_TEST(test_output_is_complete),
        HARNESS_TEST(test_background_writer), HARNESS_TEST(test_environment_is_clean),
        HARNESS_TEST(test_two_sessions),      HARNESS_TEST(test_usage_is_told),
        HARNESS_TEST(test_long_folder_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
