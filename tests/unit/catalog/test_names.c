#include "catalog/names.h"
#include "fixture.h"

static void patterns_match_as_hives(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *name;
        bool matches;
    } cases[] = {
        {"*", "anything", true},
        {"", "", true},
        {"", "a", false},
        {"a*", "ab", true},
        {"A*", "ab", true},
        {"a*", "ba", false},
        {"a|b", "b", true},
        {"a|b*", "bcd", true},
        {"a*b*c", "axxbyyc", true},
        {"a*b*c", "axxbyyd", false},
        {".*", "any", true},
        {"a.c", "abc", false},
        {"*aaaaaaaaaaaaaaab", "aaaaaaaaaaaaaaaaaaaaaaaaaaaa", false},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        if (catalog_matches(str_from(cases[i].pattern), str_from(cases[i].name)) != cases[i].matches)
            fail_msg("%s against %s", cases[i].pattern, cases[i].name);
}

static void partition_names_go_there_and_back(void **state)
{
    (void)state;
    CLEANUP_ARENA struct arena *a = arena_new(1 << 20);
    struct catalog_column columns[] = {{.name = STR("Day"), .type = STR("string")},
                                       {.name = STR("x"), .type = STR("string")}};
    struct catalog_columns keys = {columns, 2};
    struct str values[] = {STR("a/b=c%d e\xC3\xA4\n"), STR("")};
    struct catalog_names given = {values, 2}, back;
    struct str name;
    struct err err;
    assert_int_equal(catalog_partition_name(a, &keys, &given, &name, &err), 0);
    assert_string_equal(name.p, "day=a%2Fb%3Dc%25d e\xC3\xA4%0A/x=__HIVE_DEFAULT_PARTITION__");
    assert_int_equal(catalog_partition_values(a, &keys, name, &back, &err), 0);
    assert_true(str_eq(back.items[0], values[0]));
    assert_true(str_is(back.items[1], CATALOG_NULL_VALUE));
    given.count = 1;
    assert_int_equal(catalog_partition_name(a, &keys, &given, &name, &err), -1);
    assert_int_equal(catalog_partition_values(a, &keys, STR("x=1/day=2"), &back, &err), -1);
    assert_int_equal(catalog_partition_values(a, &keys, STR("day=1"), &back, &err), -1);
    assert_int_equal(catalog_partition_values(a, &keys, STR("nonsense/x=1"), &back, &err), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns_match_as_hives),
        cmocka_unit_test(partition_names_go_there_and_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
