#include "cli/aws_cli.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void expect(const char *text, unsigned major, unsigned minor, bool too_old)
{
    struct aws_cli aws = {0};
    assert_true(aws_cli_parse(str_from(text), &aws));
    assert_int_equal(aws.major, major);
    assert_int_equal(aws.minor, minor);
    assert_int_equal(aws.too_old, too_old);
}

static void test_versions(void **state)
{
    (void)state;
    expect("aws-cli/2.9.19 Python/3.11.2 Linux/6.1.0 source/x86_64.debian.12 prompt/off\n", 2, 9, true);
    expect("aws-cli/2.12.7 Python/3.11.4", 2, 12, true);
    expect("aws-cli/2.13.0 Python/3.11.4", 2, 13, false);
    expect("aws-cli/1.28.85 Python/3.8.10 Linux/5.15.0 botocore/1.30.85", 1, 28, true);
    expect("aws-cli/1.29.0 Python/3.8.10", 1, 29, false);
    expect("aws-cli/1.44.5", 1, 44, false);
    expect("aws-cli/3.0.0", 3, 0, false);
}

static void test_no_version(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "aws", "aws-cli/", "aws-cli/2", "aws-cli/two.three", "usage: aws"};
    struct aws_cli aws;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(aws_cli_parse(str_from(bad[i]), &aws));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_versions),
        cmocka_unit_test(test_no_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
