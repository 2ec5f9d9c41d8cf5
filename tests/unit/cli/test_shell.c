#include "cli/program.h"
#include "cli/shell.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void expect(const char *text, const char *quoted)
{
    CLEANUP_BUF struct buf out;
    buf_init(&out, 1024);
    shell_quote(&out, str_from(text));
    assert_true(str_is(buf_str(&out), quoted));
}

static void test_words(void **state)
{
    (void)state;
    expect("http://127.0.0.1:80", "http://127.0.0.1:80");
    expect("aB/9+=", "aB/9+=");
    expect("", "''");
    expect("a b", "'a b'");
    expect("it's", "'it'\\''s'");
    expect("~", "'~'");
    expect("$(x)`y`", "'$(x)`y`'");
}

/* The shell itself gives every byte back. */
static void test_round_trip(void **state)
{
    (void)state;
    CLEANUP_BUF struct buf text, script, answer;
    struct err err;
    int status;
    buf_init(&text, 1024);
    buf_init(&script, 4096);
    buf_init(&answer, 4096);
    for (int c = 1; c < 256; c++)
        buf_add_char(&text, (char)c);
    buf_add_char(&text, '.');
    buf_add_cstr(&script, "printf %s ");
    shell_quote(&script, buf_str(&text));
    buf_add_char(&script, '\0');
    char *argv[] = {(char[]){"/bin/sh"}, (char[]){"-c"}, script.p, NULL};
    assert_int_equal(program_run(argv, 30000, &answer, &status, &err), 0);
    assert_int_equal(status, 0);
    assert_true(str_eq(buf_str(&answer), buf_str(&text)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_round_trip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
