#include "cli/program.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { TIMEOUT_MS = 30000 };

static int run(const char *script, int64_t timeout_ms, struct buf *out, int *status, struct err *err)
{
    char *argv[] = {(char[]){"/bin/sh"}, (char[]){"-c"}, (char *)(uintptr_t)script, NULL};
    return program_run(argv, timeout_ms, out, status, err);
}

static void test_output_and_status(void **state)
{
    (void)state;
    CLEANUP_BUF struct buf out;
    struct err err;
    int status;
    buf_init(&out, 1024);
    assert_int_equal(
        run("echo one; echo two >&2; read line || echo end; exit 3", TIMEOUT_MS, &out, &status, &err), 0);
    assert_int_equal(status, 3);
    assert_true(str_is(buf_str(&out), "one\ntwo\nend\n"));
}

static void test_long_output_is_cut(void **state)
{
    (void)state;
    CLEANUP_BUF struct buf out;
    struct err err;
    int status;
    buf_init(&out, 1000);
    assert_int_equal(run("head -c 1000000 /dev/zero; exit 0", TIMEOUT_MS, &out, &status, &err), 0);
    assert_int_equal(status, 0);
    assert_int_equal(out.n, 1000);
}

static void test_signal(void **state)
{
    (void)state;
    CLEANUP_BUF struct buf out;
    struct err err;
    int status;
    buf_init(&out, 1024);
    assert_int_equal(run("kill -TERM $$", TIMEOUT_MS, &out, &status, &err), 0);
    assert_int_equal(status, 128 + 15);
}

/* A grandchild that keeps the pipe open goes, too. */
static void test_too_slow(void **state)
{
    (void)state;
    CLEANUP_BUF struct buf out;
    struct err err;
    int status;
    int64_t begin_ms = clock_mono_ms(&clock_system);
    buf_init(&out, 1024);
    assert_int_equal(run("sleep 1000 & echo begun; wait", 200, &out, &status, &err), -1);
    assert_int_equal(status, 128 + 9);
    assert_true(str_contains(str_from(err.text), STR("did not answer")));
    assert_true(clock_mono_ms(&clock_system) - begin_ms < TIMEOUT_MS);
}

static void test_no_program(void **state)
{
    (void)state;
    CLEANUP_BUF struct buf out;
    struct err err;
    int status;
    buf_init(&out, 1024);
    assert_int_equal(program_run((char *[]){(char[]){"/nonexistent"}, NULL}, TIMEOUT_MS, &out, &status, &err),
                     -1);
    assert_true(str_contains(str_from(err.text), STR("/nonexistent")));
}

static void test_path(void **state)
{
    (void)state;
    assert_int_equal(setenv("PATH", "/nonexistent::/bin", 1), 0);
    CLEANUP_FREE char *sh = program_find("sh");
    assert_string_equal(sh, "/bin/sh");
    assert_null(program_find("no-such-program"));
    assert_int_equal(setenv("PATH", "/", 1), 0);
    assert_null(program_find("bin")); /* a folder is no program */
    unsetenv("PATH");
    assert_null(program_find("sh"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_output_and_status),
        cmocka_unit_test(test_long_output_is_cut),
        cmocka_unit_test(test_signal),
        cmocka_unit_test(test_too_slow),
        cmocka_unit_test(test_no_program),
        cmocka_unit_test(test_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
