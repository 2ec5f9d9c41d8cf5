#include "base/glob.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void a_star_is_any_characters(void **state)
{
    (void)state;
    static const struct {
        const char *pattern;
        const char *name;
        bool fits;
    } rows[] = {{"a", "a", true},         {"a", "ab", false},      {"a", "", false},
                {"*", "", true},          {"*", "anything", true}, {"logs-*", "logs-", true},
                {"logs-*", "log", false}, {"*-x", "a-x-x", true},  {"*-x", "a-x-y", false},
                {"a*b*c", "aXbYc", true}, {"a*b*c", "abXc", true}, {"a*b*c", "acb", false},
                {"**a", "a", true},       {"a*a", "a", false},     {"", "", true},
                {"", "a", false},         {"a.c", "abc", false},   {"a?", "ab", false}};
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        assert_int_equal(glob_fits(str_from(rows[i].pattern), str_from(rows[i].name)), rows[i].fits);
        assert_int_equal(glob_fits_nocase(str_from(rows[i].pattern), str_from(rows[i].name)), rows[i].fits);
    }
}

static void case_counts_or_not(void **state)
{
    (void)state;
    assert_false(glob_fits(STR("Ab*"), STR("aBc")));
    assert_true(glob_fits_nocase(STR("Ab*"), STR("aBc")));
    assert_false(glob_fits_nocase(STR("["), STR("{"))); /* 0x20 apart, no letters */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_star_is_any_characters),
        cmocka_unit_test(case_counts_or_not),
    };
    return cmocka_run_group_tests_name("base_glob", tests, NULL, NULL);
}
