#include "main/settings/grants.h"
#include "objects/s3/access.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { ARENA_BYTES = 1 << 20 };

static int make_arena(void **state)
{
    *state = arena_new(ARENA_BYTES);
    return 0;
}

static int free_arena(void **state)
{
    arena_free(*state);
    return 0;
}

static struct s3_grants parse(struct arena *a, const char *text)
{
    struct s3_grants g;
    struct err err;
    assert_int_equal(grants_parse(a, str_from(text), &g, &err), 0);
    return g;
}

static void forms(void **state)
{
    struct s3_grants g = parse(*state, " data, team/x/* ,logs:ro,,only/y/z/*:ro");
    assert_int_equal(g.count, 4);
    assert_true(s3_may_reach(&g, STR("data"), STR("any/key"), true));
    assert_true(s3_may_reach(&g, STR("data"), STR(""), true));
    assert_true(s3_may_reach(&g, STR("team"), STR("x/1"), true));
    assert_false(s3_may_reach(&g, STR("team"), STR("xy"), true));
    assert_false(s3_may_reach(&g, STR("team"), STR(""), false));
    assert_true(s3_may_see(&g, STR("team")));
    assert_true(s3_may_reach(&g, STR("logs"), STR("1"), false));
    assert_false(s3_may_reach(&g, STR("logs"), STR("1"), true));
    assert_true(s3_may_reach(&g, STR("only"), STR("y/z/1"), false));
    assert_false(s3_may_reach(&g, STR("only"), STR("y/z/1"), true));
    assert_false(s3_may_reach(&g, STR("other"), STR("1"), false));
    assert_false(s3_may_see(&g, STR("other")));
}

static void all_and_nothing(void **state)
{
    struct s3_grants all = parse(*state, "*");
    struct s3_grants readable = parse(*state, "*:ro");
    struct s3_grants none = parse(*state, "");
    assert_true(s3_may_reach(&all, STR("any"), STR("1"), true));
    assert_true(s3_may_see(&all, STR("any")));
    assert_true(s3_may_reach(&readable, STR("any"), STR("1"), false));
    assert_false(s3_may_reach(&readable, STR("any"), STR("1"), true));
    assert_false(s3_may_see(&none, STR("any")));
    assert_false(s3_may_reach(&none, STR("any"), STR("1"), false));
    assert_true(s3_may_reach(NULL, STR("any"), STR("1"), true));
    assert_true(s3_may_see(NULL, STR("any")));
}

static void refused(void **state)
{
    static const char *const texts[] = {"Data",       "a",     "data/x",  "data/x*",
                                        "data/*/x/*", "*/x/*", "data:rw", "data/x:ro"};
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        struct s3_grants g;
        struct err err = {0};
        assert_int_equal(grants_parse(*state, str_from(texts[i]), &g, &err), -1);
        assert_int_equal(err.code, ERR_INVALID_ARGUMENT);
        assert_non_null(strstr(err.text, texts[i]));
    }
}

static void location(void **state)
{
    struct s3_grants g = parse(*state, "data:ro");
    struct s3_grants with = grants_with_location(*state, &g, STR("s3://results/team"));
    assert_int_equal(with.count, 2);
    assert_true(s3_may_reach(&with, STR("results"), STR("team/1"), true));
    assert_false(s3_may_reach(&with, STR("results"), STR("teams"), true));
    assert_false(s3_may_reach(&with, STR("data"), STR("1"), true));
    with = grants_with_location(*state, &g, STR("s3://results"));
    assert_true(s3_may_reach(&with, STR("results"), STR("1"), true));
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, make_arena, free_arena)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(forms), TEST(all_and_nothing), TEST(refused), TEST(location)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
