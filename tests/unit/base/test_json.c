#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void members_are_read(void **state)
{
    (void)state;
    struct err err;
    json_auto_t *o = json_parse(
        STR("{\"s\":\"a\\u0000b\",\"i\":-5,\"t\":true,\"n\":null,\"big\":9007199254740993}"), &err);
    assert_non_null(o);
    assert_true(str_eq(json_member_str(o, "s"), str_of("a\0b", 3)));
    assert_int_equal(json_member_int(o, "i", 7), -5);
    assert_true(json_member_int(o, "big", 0) == 9007199254740993);
    assert_true(json_member_bool(o, "t", false));
    assert_null(json_member_str(o, "n").p);
    assert_null(json_member_str(o, "absent").p);
    assert_null(json_member_str(o, "i").p);
    assert_int_equal(json_member_int(o, "s", 7), 7);
    assert_int_equal(json_member_int(o, "absent", 7), 7);
    assert_true(json_member_bool(o, "i", true));
    assert_null(json_text(NULL).p);
}

static void what_is_no_json_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",      "{",        "{\"a\":1,\"a\":2}", "{\"a\":1}x",          "{'a':1}",
        "[1,]",  "\"\xFF\"", "\"a\nb\"",          "\"\\ud800\"",         "NaN",
        "1e400", "01",       "// no\n{}",         "9223372036854775808",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct err err = {0};
        json_t *v = json_parse(str_from(bad[i]), &err);
        if (v)
            fail_msg("accepted: %s", bad[i]);
        assert_int_equal(err.code, ERR_SERIALIZATION);
        assert_true(err.text[0]);
    }
    struct err err;
    assert_null(json_parse(STR_NULL, &err));
}

static void depth_is_bounded(void **state)
{
    (void)state;
    static char deep[100001];
    struct err err;
    memset(deep, '[', sizeof deep - 1);
    assert_null(json_parse(str_from(deep), &err));
}

static void values_are_counted(void **state)
{
    (void)state;
    assert_int_equal(json_count(STR("")), 0);
    assert_int_equal(json_count(STR("7")), 1);
    assert_int_equal(json_count(STR("{\"a\":[1,2],\"b\":\"x,[{\\\",\",\"c\":{}}")), 7);
    assert_int_equal(json_count(STR("\"open \\")), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_are_read),
        cmocka_unit_test(values_are_counted),
        cmocka_unit_test(what_is_no_json_is_refused),
        cmocka_unit_test(depth_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
