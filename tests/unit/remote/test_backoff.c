#include "remote/backoff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void test_bound_doubles_up_to_the_most(void **state)
{
    (void)state;
    static const int64_t bounds[] = {100, 200, 400, 800, 1000, 1000, 1000};
    for (unsigned attempt = 0; attempt < 7; attempt++) {
        assert_int_equal(backoff_ms(100, 1000, attempt, (uint32_t)bounds[attempt]), bounds[attempt]);
        assert_int_equal(backoff_ms(100, 1000, attempt, (uint32_t)bounds[attempt] + 1), 0);
    }
}

static void test_any_attempt_and_any_random(void **state)
{
    (void)state;
    for (unsigned attempt = 0; attempt < 200; attempt += 7)
        for (uint32_t i = 0; i < 1000; i++) {
            int64_t ms = backoff_ms(1000, 300000, attempt, i * 4294967u);
            assert_in_range(ms, 0, 300000);
        }
    assert_int_equal(backoff_ms(0, 0, 5, 12345), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bound_doubles_up_to_the_most),
        cmocka_unit_test(test_any_attempt_and_any_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
