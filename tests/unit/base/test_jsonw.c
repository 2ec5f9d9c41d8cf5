#include "base/jsonw.h"

#include "base/json.h"
#include "base/random.h"

#include <math.h>
#include <stdio.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct buf out;
static struct jsonw w;

static int set_up(void **state)
{
    (void)state;
    buf_init(&out, 100000);
    jsonw_init(&w, &out);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    buf_done(&out);
    return 0;
}

static void expect(const char *text)
{
    if (!str_is(buf_str(&out), text))
        fail_msg("%.*s is not %s", STR_ARG(buf_str(&out)), text);
    buf_clear(&out);
    jsonw_init(&w, &out);
}

static void commas_are_where_they_belong(void **state)
{
    (void)state;
    jsonw_object(&w);
    jsonw_member_str(&w, "a", STR("x"));
    jsonw_key(&w, STR("b"));
    jsonw_array(&w);
    jsonw_int(&w, 1);
    jsonw_object(&w);
    jsonw_end_object(&w);
    jsonw_array(&w);
    jsonw_end_array(&w);
    jsonw_null(&w);
    jsonw_end_array(&w);
    jsonw_member_bool(&w, "c", false);
    jsonw_member_int(&w, "d", INT64_MIN);
    jsonw_end_object(&w);
    expect("{\"a\":\"x\",\"b\":[1,{},[],null],\"c\":false,\"d\":-9223372036854775808}");
}

static void times_have_three_decimals(void **state)
{
    (void)state;
    jsonw_array(&w);
    jsonw_time_ms(&w, 1690000000123);
    jsonw_time_ms(&w, 1690000000007);
    jsonw_time_ms(&w, 0);
    jsonw_time_ms(&w, -1);
    jsonw_end_array(&w);
    expect("[1690000000.123,1690000000.007,0.000,-0.001]");
}

static void doubles_are_short_and_exact(void **state)
{
    (void)state;
    jsonw_array(&w);
    jsonw_double(&w, 0.1);
    jsonw_double(&w, 2);
    jsonw_double(&w, 1.0 / 3);
    jsonw_double(&w, NAN);
    jsonw_double(&w, INFINITY);
    jsonw_double(&w, 1e300);
    jsonw_end_array(&w);
    expect("[0.1,2,0.3333333333333333,null,null,1e+300]");
    for (int i = 0; i < 1000; i++) {
        double v;
        random_bytes(&v, sizeof v);
        if (!isfinite(v))
            continue;
        jsonw_double(&w, v);
        buf_add_char(&out, '\0');
        assert_true(strtod(out.p, NULL) == v);
        buf_clear(&out);
        jsonw_init(&w, &out);
    }
}

static void strings_are_escaped(void **state)
{
    (void)state;
    jsonw_str(&w, STR("\"\\/\b\f\n\r\t\x01\x7F\xC3\xA4\xF0\x9F\x98\x80"));
    expect("\"\\\"\\\\/\\u0008\\u000c\\n\\r\\t\\u0001\\u007f\xC3\xA4\xF0\x9F\x98\x80\"");
    jsonw_str(&w, STR_NULL);
    expect("\"\"");
    jsonw_str(&w, str_of("a\0b", 3));
    expect("\"a\\u0000b\"");
}

static void invalid_bytes_are_replaced(void **state)
{
    (void)state;
    jsonw_str(&w, STR("a\xFF"
                      "b\xC3"));
    expect("\"a\xEF\xBF\xBD"
           "b\xEF\xBF\xBD\"");
}

static void any_bytes_become_json(void **state)
{
    (void)state;
    for (int i = 0; i < 2000; i++) {
        char bytes[24];
        struct err err;
        random_bytes(bytes, sizeof bytes);
        jsonw_str(&w, str_of(bytes, (size_t)i % sizeof bytes));
        json_auto_t *v = json_parse(buf_str(&out), &err);
        assert_non_null(v);
        buf_clear(&out);
        jsonw_init(&w, &out);
    }
}

static void an_overflow_shows(void **state)
{
    (void)state;
    struct buf small;
    buf_init(&small, 10);
    jsonw_init(&w, &small);
    jsonw_str(&w, STR("longer than ten bytes"));
    assert_true(small.overflow);
    buf_done(&small);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(commas_are_where_they_belong),
        T(times_have_three_decimals),
        T(doubles_are_short_and_exact),
        T(strings_are_escaped),
        T(invalid_bytes_are_replaced),
        T(any_bytes_become_json),
        T(an_overflow_shows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
