#include "catalog/filter.h"
#include "catalog_fixture.h"

struct parts {
    struct catalog_table table;
    struct catalog_names values;
    struct catalog_partition partition;
    struct catalog_partition_page page;
    struct catalog_names names;
    int count;
};

static int add(struct catalog_tx *tx, void *ctx, struct err *err)
{
    struct parts *p = ctx;
    struct catalog_table t;
    struct catalog_partition new = {.values = p->values};
    return catalog_get_table(tx, STR("default"), STR("t"), &t, err) < 0
               ? -1
               : catalog_add_partition(tx, &t, &new, err);
}

static int add_many(struct catalog_tx *tx, void *ctx, struct err *err)
{
    struct parts *p = ctx;
    struct catalog_table t;
    if (catalog_get_table(tx, STR("default"), STR("t"), &t, err) < 0)
        return -1;
    for (int i = 0; i < p->count; i++) {
        struct str values[] = {arena_printf(catalog_arena(tx), "%d", i), STR("x")};
        struct catalog_partition new = {.values = {values, 2}};
        if (catalog_add_partition(tx, &t, &new, err) < 0)
            return -1;
    }
    return 0;
}

static int get(struct catalog_tx *tx, void *ctx, struct err *err)
{
    struct parts *p = ctx;
    if (catalog_get_table(tx, STR("default"), STR("t"), &p->table, err) < 0)
        return -1;
    return catalog_get_partition(tx, &p->table, &p->values, &p->partition, err);
}

static int drop(struct catalog_tx *tx, void *ctx, struct err *err)
{
    struct parts *p = ctx;
    struct catalog_table t;
    return catalog_get_table(tx, STR("default"), STR("t"), &t, err) < 0
               ? -1
               : catalog_drop_partition(tx, &t, &p->values, false, err);
}

static int rename_to_z(struct catalog_tx *tx, void *ctx, struct err *err)
{
    struct parts *p = ctx;
    struct str values[] = {STR("1"), STR("z")};
    if (get(tx, p, err) < 0)
        return -1;
    struct catalog_partition to = p->partition;
    to.values = (struct catalog_names){values, 2};
    return catalog_alter_partition(tx, &p->table, &p->values, &to, err);
}

static int list(struct catalog_tx *tx, void *ctx, struct err *err)
{
    struct parts *p = ctx;
    return catalog_get_table(tx, STR("default"), STR("t"), &p->table, err) < 0
               ? -1
               : catalog_list_partitions(tx, &p->table, &p->page, &p->names, err);
}

static int list_filtered(struct catalog_tx *tx, void *ctx, struct err *err)
{
    struct parts *p = ctx;
    if (catalog_get_table(tx, STR("default"), STR("t"), &p->table, err) < 0)
        return -1;
    p->page.filter = catalog_filter_parse(catalog_arena(tx), STR("year >= 5 and year < 15 and city = 'x'"),
                                          &p->table.partition_keys, err);
    return p->page.filter ? catalog_list_partitions(tx, &p->table, &p->page, &p->names, err) : -1;
}

static void partitions_come_and_go(void **state)
{
    struct catalog_fixture *f = *state;
    struct str values[] = {STR("1"), STR("a/b")}, z[] = {STR("1"), STR("z")};
    struct parts p = {.values = {values, 2}};
    make_table(f, "default", "t", true);
    assert_int_equal(catalog_wait(f, CATALOG_WRITE, add, &p), ERR_NONE);
    assert_int_equal(catalog_wait(f, CATALOG_WRITE, add, &p), ERR_CATALOG_EXISTS);
    assert_int_equal(catalog_wait(f, CATALOG_READ, get, &p), ERR_NONE);
    assert_true(str_is(p.partition.storage->location, "s3://bucket/warehouse/t/year=1/city=a%2Fb"));
    assert_int_equal(p.partition.storage->columns.count, 1);
    assert_int_equal(catalog_wait(f, CATALOG_WRITE, rename_to_z, &p), ERR_NONE);
    assert_int_equal(catalog_wait(f, CATALOG_READ, get, &p), ERR_CATALOG_MISSING);
    p.values.items = z;
    assert_int_equal(catalog_wait(f, CATALOG_READ, get, &p), ERR_NONE);
    assert_true(str_is(p.partition.storage->location, "s3://bucket/warehouse/t/year=1/city=a%2Fb"));
    assert_int_equal(catalog_wait(f, CATALOG_WRITE, drop, &p), ERR_NONE);
    assert_int_equal(catalog_wait(f, CATALOG_WRITE, drop, &p), ERR_CATALOG_MISSING);
    p.values.count = 1;
    assert_int_equal(catalog_wait(f, CATALOG_WRITE, add, &p), ERR_CATALOG_INVALID);
}

static void lists_page_and_filter(void **state)
{
    struct catalog_fixture *f = *state;
    struct parts p = {.count = 30, .page.limit = 12};
    make_table(f, "default", "t", true);
    assert_int_equal(catalog_wait(f, CATALOG_WRITE, add_many, &p), ERR_NONE);
    size_t seen = 0;
    do {
        assert_int_equal(catalog_wait(f, CATALOG_READ, list, &p), ERR_NONE);
        seen += p.names.count;
        if (p.names.count)
            p.page.after = p.names.items[p.names.count - 1];
    } while (p.names.count);
    assert_int_equal(seen, 30);

    p.page = (struct catalog_partition_page){.limit = 0};
    assert_int_equal(catalog_wait(f, CATALOG_READ, list_filtered, &p), ERR_NONE);
    assert_int_equal(p.names.count, 10);

    struct str prefix[] = {STR(""), STR("x")};
    struct catalog_names part = {prefix, 2};
    p.page = (struct catalog_partition_page){.prefix = &part};
    assert_int_equal(catalog_wait(f, CATALOG_READ, list, &p), ERR_NONE);
    assert_int_equal(p.names.count, 30);
    prefix[0] = STR("7");
    assert_int_equal(catalog_wait(f, CATALOG_READ, list, &p), ERR_NONE);
    assert_int_equal(p.names.count, 1);
}

static void keys_stay_while_there_are_partitions(void **state)
{
    struct catalog_fixture *f = *state;
    struct parts p = {.count = 1};
    struct catalog_table t;
    make_table(f, "default", "t", true);
    get_table(f, "default", "t", &t);
    t.partition_keys.count = 1;
    catalog_wait(f, CATALOG_WRITE, add_many, &p);
    assert_int_equal(alter_table(f, "t", &t, NULL), ERR_CATALOG_REFUSED);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, catalog_setup, catalog_teardown)
    const struct CMUnitTest tests[] = {
        TEST(partitions_come_and_go),
        TEST(lists_page_and_filter),
        TEST(keys_stay_while_there_are_partitions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
