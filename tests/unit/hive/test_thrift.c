/* Records through Thrift's bytes and back; replies of methods. */
#include "fixture.h"
#include "hive/call.h"
#include "hive/thrift.h"

enum { ARENA_BYTES = 16 << 20, BYTES_MAX = 1 << 20 };

static void a_table_goes_there_and_back(void **state)
{
    (void)state;
    CLEANUP_ARENA struct arena *a = arena_new(ARENA_BYTES);
    CLEANUP_BUF struct buf b;
    buf_init(&b, BYTES_MAX);
    struct str texts[] = {STR("a"), STR("b")};
    struct catalog_names lists[] = {{texts, 2}, {texts, 1}};
    struct catalog_skew_place places[] = {{{texts, 2}, STR("s3://bucket/a")}};
    struct catalog_skew skew = {{texts, 1}, {lists, 2}, {places, 1}};
    struct catalog_column column = {.name = STR("c"), .type = STR("int")};
    struct catalog_storage storage = {
        .columns = {&column, 1}, .bucket_count = -1, .compressed = true, .skew = &skew};
    struct catalog_pair pair = {STR("k"), STR("v\xC3\xA4")};
    struct catalog_table t = {.name = STR("t"),
                              .database = STR("d"),
                              .storage = &storage,
                              .parameters = {&pair, 1},
                              .view_original = STR("")},
                         back;
    struct err err;
    thrift_write(&catalog_table_shape, &t, &b);
    assert_false(b.overflow);
    assert_int_equal(thrift_read(&catalog_table_shape, buf_str(&b), a, &back, &err), 0);
    assert_true(str_is(back.name, "t"));
    assert_int_equal(back.storage->bucket_count, -1);
    assert_true(back.storage->compressed);
    assert_true(str_is(back.storage->columns.items[0].type, "int"));
    assert_null(back.storage->columns.items[0].comment.p);
    assert_int_equal(back.storage->skew->values.items[0].count, 2);
    assert_true(str_is(back.storage->skew->places.items[0].values.items[1], "b"));
    assert_true(str_is(back.storage->skew->places.items[0].location, "s3://bucket/a"));
    assert_true(str_eq(back.parameters.items[0].value, pair.value));
    assert_non_null(back.view_original.p);
    assert_null(back.view_expanded.p);
    assert_null(back.rewrite_enabled);
}

static void statistics_go_there_and_back(void **state)
{
    (void)state;
    CLEANUP_ARENA struct arena *a = arena_new(ARENA_BYTES);
    CLEANUP_BUF struct buf b;
    buf_init(&b, BYTES_MAX);
    int64_t low = INT64_MIN;
    double high = -0.5;
    struct catalog_long_statistics longs = {.low = &low, .nulls = 3, .distinct = 4};
    struct catalog_double_statistics doubles = {.high = &high};
    struct catalog_decimal number = {str_of("\x00\xFF", 2), -2};
    struct catalog_decimal_statistics decimals = {.low = &number};
    struct catalog_statistics_data data = {.longs = &longs, .doubles = &doubles, .decimals = &decimals};
    struct catalog_column_statistics s = {STR("c"), STR("bigint"), &data}, back;
    struct err err;
    thrift_write(&catalog_column_statistics_shape, &s, &b);
    assert_int_equal(thrift_read(&catalog_column_statistics_shape, buf_str(&b), a, &back, &err), 0);
    assert_int_equal(*back.data->longs->low, INT64_MIN);
    assert_null(back.data->longs->high);
    assert_int_equal(back.data->longs->distinct, 4);
    assert_true(*back.data->doubles->high == -0.5);
    assert_true(str_eq(back.data->decimals->low->unscaled, number.unscaled));
    assert_int_equal(back.data->decimals->low->scale, -2);
}

static void cut_and_wrong_bytes_fail(void **state)
{
    (void)state;
    CLEANUP_ARENA struct arena *a = arena_new(ARENA_BYTES);
    CLEANUP_BUF struct buf b;
    buf_init(&b, BYTES_MAX);
    struct catalog_database d = {.name = STR("d"), .description = STR("x")}, back;
    struct catalog_table table;
    struct err err;
    thrift_write(&catalog_database_shape, &d, &b);
    for (size_t n = 0; n < b.n; n++)
        assert_int_equal(thrift_read(&catalog_database_shape, str_of(b.p, n), a, &back, &err), -1);
    static const char bad_utf8[] = "\x0B\x00\x01\x00\x00\x00\x01\xFF\x00";
    assert_int_equal(
        thrift_read(&catalog_database_shape, str_of(bad_utf8, sizeof bad_utf8 - 1), a, &back, &err), -1);
    static const char other_type[] = "\x08\x00\x01\x00\x00\x00\x01\x00";
    assert_int_equal(
        thrift_read(&catalog_database_shape, str_of(other_type, sizeof other_type - 1), a, &back, &err), 0);
    assert_null(back.name.p);
    static const char many[] = "\x0F\x00\x08\x0C\x00\xFF\xFF\xFF\x00";
    assert_int_equal(thrift_read(&catalog_table_shape, str_of(many, sizeof many - 1), a, &table, &err), -1);
}

static void errors_take_declared_fields(void **state)
{
    (void)state;
    static const struct {
        const char *method;
        enum err_code code;
        int field; /* 0: TApplicationException */
    } cases[] = {
        {"get_table", ERR_CATALOG_MISSING, 2},     {"create_table", ERR_CATALOG_EXISTS, 1},
        {"alter_table", ERR_CATALOG_MISSING, 1},   {"alter_table", ERR_CATALOG_CONFLICT, 2},
        {"drop_database", ERR_CATALOG_REFUSED, 2}, {"add_partition", ERR_CATALOG_MISSING, 1},
        {"get_fields", ERR_CATALOG_MISSING, 2},    {"unlock", ERR_CATALOG_MISSING, 1},
        {"get_table", ERR_UNAVAILABLE, 1},         {"get_table_objects_by_name", ERR_INTERNAL, 0},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP_BUF struct buf b;
        struct thrift_message m;
        struct err err, ignored;
        buf_init(&b, BYTES_MAX);
        err_set(&err, cases[i].code, "text");
        const struct hive_method *method = hive_method_find(str_from(cases[i].method));
        hive_write_reply(method, 5, NULL, &err, &b);
        assert_int_equal(thrift_message_read(buf_str(&b), &m, &ignored), 0);
        assert_int_equal(m.kind, cases[i].field ? THRIFT_REPLY : THRIFT_EXCEPTION);
        if (cases[i].field && m.body.p[2] != cases[i].field)
            fail_msg("%s: field %d", cases[i].method, m.body.p[2]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_goes_there_and_back),
        cmocka_unit_test(statistics_go_there_and_back),
        cmocka_unit_test(cut_and_wrong_bytes_fail),
        cmocka_unit_test(errors_take_declared_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
