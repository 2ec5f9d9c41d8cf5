#include "base/str.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void absent_differs_from_empty(void **state)
{
    (void)state;
    assert_null(str_from(NULL).p);
    assert_non_null(str_from("").p);
    assert_non_null(STR("").p);
    assert_true(str_eq(STR_NULL, STR("")));
}

static void equality(void **state)
{
    (void)state;
    assert_true(str_is(STR("abc"), "abc"));
    assert_false(str_is(STR("abc"), "abcd"));
    assert_false(str_is(STR("abc"), "Abc"));
    assert_true(str_eq_nocase(STR("X-Amz-Date"), STR("x-aMZ-dATE")));
    assert_false(str_eq_nocase(STR("a["), STR("a{"))); /* 0x20 apart, no letters */
    assert_false(str_eq_nocase(STR("a"), STR("ab")));
    assert_true(str_eq(str_of("a\0b", 3), str_of("a\0b", 3)));
    assert_false(str_eq(str_of("a\0b", 3), str_of("a\0c", 3)));
}

static void order(void **state)
{
    (void)state;
    static const char *const sorted[] = {"", "a", "a/", "aa", "b", "\xC3\xA4"};
    for (size_t i = 0; i < ARRAY_SIZE(sorted); i++)
        for (size_t k = 0; k < ARRAY_SIZE(sorted); k++) {
            int c = str_cmp(str_from(sorted[i]), str_from(sorted[k]));
            assert_int_equal((c > 0) - (c < 0), (i > k) - (i < k));
        }
}

static void parts_are_found(void **state)
{
    (void)state;
    assert_true(str_starts(STR("abc"), STR("ab")));
    assert_true(str_starts(STR("abc"), STR("")));
    assert_false(str_starts(STR("a"), STR("ab")));
    assert_true(str_ends(STR("abc"), STR("bc")));
    assert_false(str_ends(STR("c"), STR("bc")));
    assert_true(str_contains(STR("abc"), STR("b")));
    assert_true(str_contains(STR_NULL, STR("")));
    assert_false(str_contains(STR_NULL, STR("a")));
    assert_false(str_contains(STR("ab"), STR("abc")));
    assert_int_equal(str_find(STR("a=b=c"), '='), 1);
    assert_true(str_find(STR("abc"), '=') == SIZE_MAX);
    assert_true(str_find(STR_NULL, '=') == SIZE_MAX);
}

static void slices_are_clamped(void **state)
{
    (void)state;
    assert_true(str_is(str_sub(STR("abcdef"), 2, 4), "cd"));
    assert_true(str_is(str_sub(STR("abc"), 1, 99), "bc"));
    assert_true(str_is(str_sub(STR("abc"), 5, 99), ""));
    assert_true(str_is(str_sub(STR("abc"), 2, 1), ""));
    assert_null(str_sub(STR_NULL, 1, 2).p);
}

static void white_space_is_trimmed(void **state)
{
    (void)state;
    assert_true(str_is(str_trim(STR(" \t\r\na b\n ")), "a b"));
    assert_true(str_is(str_trim(STR("  ")), ""));
    assert_true(str_is(str_trim(STR("")), ""));
    assert_null(str_trim(STR_NULL).p);
}

static void lists_are_cut(void **state)
{
    (void)state;
    struct str rest = STR("a;;b");
    assert_true(str_is(str_cut(&rest, ';'), "a"));
    assert_true(str_is(str_cut(&rest, ';'), ""));
    assert_true(str_is(str_cut(&rest, ';'), "b"));
    assert_null(rest.p);
    rest = STR("a;");
    str_cut(&rest, ';');
    assert_non_null(rest.p); /* an empty last part is a part */
    assert_true(str_is(str_cut(&rest, ';'), ""));
    assert_null(rest.p);
    assert_null(str_cut(&rest, ';').p);
}

static void numbers(void **state)
{
    (void)state;
    uint64_t u = 7;
    int64_t i = 7;
    assert_true(str_to_u64(STR("18446744073709551615"), &u) && u == UINT64_MAX);
    assert_true(str_to_u64(STR("0"), &u) && u == 0);
    assert_true(str_to_u64(STR("007"), &u) && u == 7);
    static const char *const bad[] = {
        "", "18446744073709551616", "99999999999999999999", "-1", "+1", " 1", "1 ", "0x1", "1.0"};
    for (size_t k = 0; k < ARRAY_SIZE(bad); k++)
        assert_false(str_to_u64(str_from(bad[k]), &u));
    assert_int_equal(u, 7);
    assert_true(str_to_i64(STR("9223372036854775807"), &i) && i == INT64_MAX);
    assert_true(str_to_i64(STR("-9223372036854775808"), &i) && i == INT64_MIN);
    assert_true(str_to_i64(STR("-0"), &i) && i == 0);
    assert_false(str_to_i64(STR("9223372036854775808"), &i));
    assert_false(str_to_i64(STR("-9223372036854775809"), &i));
    assert_false(str_to_i64(STR("--1"), &i));
    assert_false(str_to_i64(STR("-"), &i));
    assert_int_equal(i, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(absent_differs_from_empty),
        cmocka_unit_test(equality),
        cmocka_unit_test(order),
        cmocka_unit_test(parts_are_found),
        cmocka_unit_test(slices_are_clamped),
        cmocka_unit_test(white_space_is_trimmed),
        cmocka_unit_test(lists_are_cut),
        cmocka_unit_test(numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
