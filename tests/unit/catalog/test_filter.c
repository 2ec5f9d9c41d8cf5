#include "catalog/filter.h"
#include "fixture.h"

static struct catalog_column key_columns[] = {
    {.name = STR("year"), .type = STR("int")},     {.name = STR("city"), .type = STR("string")},
    {.name = STR("day"), .type = STR("date")},     {.name = STR("price"), .type = STR("decimal(10,2)")},
    {.name = STR("at"), .type = STR("timestamp")},
};
static const struct catalog_columns keys = {key_columns, ARRAY_SIZE(key_columns)};
static struct str row[] = {STR("2024"), STR("New York"), STR("2024-02-03"), STR("9.50"),
                           STR("2024-02-03 04:05:06")};
static struct str empty[] = {STR("__HIVE_DEFAULT_PARTITION__"), STR("__HIVE_DEFAULT_PARTITION__"), STR(""),
                             STR("x"), STR("nonsense")};

enum answer { FALSE_, TRUE_, BAD };

static enum answer ask(const char *text, struct str *values)
{
    CLEANUP_ARENA struct arena *a = arena_new(64 << 20);
    struct err err;
    struct catalog_filter *f = catalog_filter_parse(a, str_from(text), &keys, &err);
    if (!f)
        return err.code == ERR_CATALOG_INVALID ? BAD : (enum answer) - 1;
    return catalog_filter_matches(f, &(struct catalog_names){values, keys.count}) ? TRUE_ : FALSE_;
}

static void filters_choose(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum answer answer;
    } cases[] = {
        {"", TRUE_},
        {"year = 2024", TRUE_},
        {"YEAR=2024", TRUE_},
        {"year == \"2024\"", TRUE_},
        {"year = '02024'", TRUE_},
        {"2024 = year", TRUE_},
        {"2023 < year", TRUE_},
        {"2024 < year", FALSE_},
        {"year > 999", TRUE_},
        {"year <> 2024", FALSE_},
        {"year != 2023 and city = \"New York\"", TRUE_},
        {"year = 1 or year = 2024", TRUE_},
        {"year = 1 or year = 2 and year = 2024", FALSE_},
        {"(year = 1 or year = 2024) and city = 'New York'", TRUE_},
        {"not (year = 1)", TRUE_},
        {"not year = 2024", FALSE_},
        {"city like 'New%'", TRUE_},
        {"city like 'N_w Y%k'", TRUE_},
        {"city like \"New.*\"", TRUE_},
        {"city like 'York'", FALSE_},
        {"city not like 'B%'", TRUE_},
        {"city between 'A' and 'O'", TRUE_},
        {"year between 2000 and 2023", FALSE_},
        {"year not between 2000 and 2023", TRUE_},
        {"year in (1, 2, 2024)", TRUE_},
        {"year not in (1, 2)", TRUE_},
        {"city in ('x', \"New York\")", TRUE_},
        {"city > \"M\"", TRUE_},
        {"day >= date '2024-02-03' and day < DATE '2024-03-01'", TRUE_},
        {"day = \"2024-02-03\"", TRUE_},
        {"day = 2024-02-03", BAD},
        {"price = 9.5", TRUE_},
        {"price < 10", TRUE_},
        {"price > -100.5", TRUE_},
        {"price = 0009.500", TRUE_},
        {"price < 9.51 and price > 9.49", TRUE_},
        {"price > 0.999", TRUE_},
        {"price = 9.5.0", BAD},
        {"at = '2024-02-03T04:05:06.000'", TRUE_},
        {"at > timestamp '2024-02-03'", TRUE_},
        {"year is null", FALSE_},
        {"year is not null", TRUE_},
        {"`year` = 2024", TRUE_},
        {"city = 'it''s' or city = \"a\\\"b\"", FALSE_},
        {"nokey = 1", BAD},
        {"year", BAD},
        {"year =", BAD},
        {"year = 'x'", BAD},
        {"year = 2024 and", BAD},
        {"year = 2024)", BAD},
        {"(year = 2024", BAD},
        {"year in ()", BAD},
        {"year in (1", BAD},
        {"city = 'open", BAD},
        {"year ! 2", BAD},
        {"year between 1", BAD},
        {"year = 99999999999999999999", BAD},
        {";", BAD},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        if (ask(cases[i].text, row) != cases[i].answer)
            fail_msg("%s", cases[i].text);
}

static void null_fulfils_nothing(void **state)
{
    (void)state;
    static const char *const no[] = {"year = 1",      "year <> 1",         "not year = 1",
                                     "city like '%'", "city not in ('a')", "day < '2024-01-01'",
                                     "price = 1",     "at > '2024-01-01'"};
    for (size_t i = 0; i < ARRAY_SIZE(no); i++)
        if (ask(no[i], empty) != FALSE_)
            fail_msg("%s", no[i]);
    assert_int_equal(ask("year is null", empty), TRUE_);
    assert_int_equal(ask("year = 1 or city is null", empty), TRUE_);
}

static void depth_and_size_are_bounded(void **state)
{
    (void)state;
    CLEANUP_BUF struct buf b;
    buf_init(&b, 4 << 20);
    for (int i = 0; i < 100000; i++)
        buf_add_char(&b, '(');
    buf_add_char(&b, '\0');
    assert_int_equal(ask(b.p, row), BAD);
    buf_clear(&b);
    for (int i = 0; i < 8000; i++)
        buf_add_cstr(&b, "year = 1 or ");
    buf_add_cstr(&b, "year = 2024");
    buf_add_char(&b, '\0');
    assert_int_equal(ask(b.p, row), TRUE_);
    buf_clear(&b);
    for (int i = 0; i < 60000; i++)
        buf_add_cstr(&b, "year=1 or ");
    buf_add_cstr(&b, "year=1");
    buf_add_char(&b, '\0');
    assert_int_equal(ask(b.p, row), BAD);
}

static enum answer ask_for_one_of(int values)
{
    CLEANUP_BUF struct buf b;
    buf_init(&b, 4 << 20);
    buf_add_cstr(&b, "year in (2024");
    for (int i = 1; i < values; i++)
        buf_add_cstr(&b, ", 1");
    buf_add(&b, ")", 2);
    return ask(b.p, row);
}

static void values_are_bounded(void **state)
{
    (void)state;
    assert_int_equal(ask_for_one_of(CATALOG_FILTER_NODES - 1), TRUE_);
    assert_int_equal(ask_for_one_of(CATALOG_FILTER_NODES), BAD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(filters_choose),
        cmocka_unit_test(null_fulfils_nothing),
        cmocka_unit_test(depth_and_size_are_bounded),
        cmocka_unit_test(values_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
