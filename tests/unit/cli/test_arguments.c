#include "cli/arguments.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct arguments args;
static struct err failure;

#define PARSE(...)                                                                                           \
    arguments_parse((int)(sizeof(char *[]){"glaux", __VA_ARGS__} / sizeof(char *)),                          \
                    (char *[]){"glaux", __VA_ARGS__, NULL}, &args, &failure)

static void test_command_and_operands(void **state)
{
    (void)state;
    assert_int_equal(PARSE("key", "disable", "AKIA"), 0);
    assert_string_equal(args.command, "key");
    assert_int_equal(args.count, 2);
    assert_string_equal(args.operands[0], "disable");
    assert_string_equal(args.operands[1], "AKIA");
}

static void test_options_in_any_place(void **state)
{
    (void)state;
    assert_int_equal(PARSE("--data", "d", "logs", "-f", "id", "-n", "12"), 0);
    assert_string_equal(args.command, "logs");
    assert_string_equal(args.data, "d");
    assert_true(args.follow);
    assert_int_equal(args.tail_lines, 12);
    assert_int_equal(args.count, 1);
    assert_string_equal(args.operands[0], "id");
}

static void test_defaults(void **state)
{
    (void)state;
    assert_int_equal(PARSE("stop"), 0);
    assert_int_equal(args.timeout_s, 60);
    assert_int_equal(args.tail_lines, -1);
    assert_null(args.data);
    assert_false(args.keep_sessions || args.json || args.follow);
}

static void test_nothing(void **state)
{
    (void)state;
    assert_int_equal(PARSE("--version"), 0);
    assert_null(args.command);
    assert_true(args.version);
}

static void test_refused(void **state)
{
    (void)state;
    assert_int_equal(PARSE("stop", "--bogus"), -1);
    assert_true(str_contains(str_from(failure.text), STR("--bogus")));
    assert_int_equal(PARSE("stop", "--timeout"), -1);
    assert_true(str_contains(str_from(failure.text), STR("--timeout")));
    assert_int_equal(PARSE("stop", "--timeout", "soon"), -1);
    assert_true(str_contains(str_from(failure.text), STR("'soon'")));
    assert_int_equal(PARSE("stop", "--timeout", "-1"), -1);
    assert_int_equal(PARSE("stop", "--timeout", "99999999999"), -1);
    assert_int_equal(PARSE("stop", "--keep-sessions=yes"), -1);
}

static void test_options_of_other_commands(void **state)
{
    (void)state;
    assert_int_equal(PARSE("stop", "--data", "d", "--timeout", "1", "--keep-sessions"), 0);
    assert_int_equal(arguments_check(&args, FOR_STOP, &failure), 0);
    assert_int_equal(arguments_check(&args, FOR_ENV, &failure), -1);
    assert_true(str_contains(str_from(failure.text), STR("no option --keep-sessions")));
}

static void test_help_names_the_commands_options(void **state)
{
    (void)state;
    CLEANUP_BUF struct buf out;
    buf_init(&out, 65536);
    arguments_help(FOR_LOGS, &out);
    assert_true(str_contains(buf_str(&out), STR("-f, --follow")));
    assert_true(str_contains(buf_str(&out), STR("-n, --tail LINES")));
    assert_true(str_contains(buf_str(&out), STR("--data DIR")));
    assert_false(str_contains(buf_str(&out), STR("--keep-sessions")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_command_and_operands),
        cmocka_unit_test(test_options_in_any_place),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_options_of_other_commands),
        cmocka_unit_test(test_help_names_the_commands_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
