#include "cli/metrics_text.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct str text = {
    "# HELP glaux_sessions Live sessions.\n# TYPE glaux_sessions gauge\n"
    "glaux_sessions{state=\"IDLE\"} 3\nglaux_sessions{state=\"BUSY\"} 0\nglaux_sessions_total 9\n"
    "glaux_memory 22748862870\nglaux_ratio 0.5",
    0};

static void test_values(void **state)
{
    (void)state;
    struct str t = str_from(text.p);
    assert_int_equal(metrics_text_value(t, "glaux_sessions{state=\"IDLE\"}"), 3);
    assert_int_equal(metrics_text_value(t, "glaux_sessions{state=\"BUSY\"}"), 0);
    assert_int_equal(metrics_text_value(t, "glaux_sessions_total"), 9);
    assert_int_equal(metrics_text_value(t, "glaux_memory"), 22748862870);
}

static void test_absent(void **state)
{
    (void)state;
    struct str t = str_from(text.p);
    assert_int_equal(metrics_text_value(t, "glaux_sessions"), -1);
    assert_int_equal(metrics_text_value(t, "glaux_sessions{state=\"FAILED\"}"), -1);
    assert_int_equal(metrics_text_value(t, "glaux_ratio"), -1);
    assert_int_equal(metrics_text_value(STR(""), "glaux_memory"), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_absent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
