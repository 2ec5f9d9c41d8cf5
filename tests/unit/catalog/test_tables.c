#include "catalog_fixture.h"

#define assert_text(s, literal) assert_string_equal(arena_cstr(f->arena, (s)), literal)

static int list_databases(struct catalog_tx *tx, void *ctx, struct err *err)
{
    return catalog_list_databases(tx, &(struct catalog_page){.limit = 0}, ctx, err);
}

static void default_is_there_once(void **state)
{
    struct catalog_fixture *f = *state;
    struct catalog_names names;
    catalog_reopen(f);
    assert_int_equal(catalog_wait(f, CATALOG_READ, list_databases, &names), ERR_NONE);
    assert_int_equal(names.count, 1);
    assert_text(names.items[0], "default");
    assert_int_equal(drop_database(f, "default", true), ERR_CATALOG_REFUSED);
}

static void names_have_no_case(void **state)
{
    struct catalog_fixture *f = *state;
    struct catalog_table t;
    assert_int_equal(make_database(f, "Sales"), ERR_NONE);
    assert_int_equal(make_database(f, "SALES"), ERR_CATALOG_EXISTS);
    assert_int_equal(make_table(f, "sAles", "Orders", false), ERR_NONE);
    assert_int_equal(make_table(f, "sales", "ORDERS", false), ERR_CATALOG_EXISTS);
    assert_int_equal(get_table(f, "SALES", "oRders", &t), ERR_NONE);
    assert_text(t.name, "orders");
    assert_text(t.storage->columns.items[0].name, "text");
    assert_text(t.storage->location, "s3://bucket/warehouse/sales.db/orders");
}

static void bad_names_are_refused(void **state)
{
    struct catalog_fixture *f = *state;
    char longest[CATALOG_NAME_MAX + 2];
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_int_equal(make_database(f, longest), ERR_CATALOG_INVALID);
    longest[CATALOG_NAME_MAX] = '\0';
    assert_int_equal(make_database(f, longest), ERR_NONE);
    assert_int_equal(make_database(f, ""), ERR_CATALOG_INVALID);
    assert_int_equal(make_database(f, "a/b"), ERR_CATALOG_INVALID);
    assert_int_equal(make_table(f, "default", "a\nb", false), ERR_CATALOG_INVALID);
    assert_int_equal(make_table(f, "nowhere", "t", false), ERR_CATALOG_MISSING);
}

static void full_database_is_dropped_by_cascade_only(void **state)
{
    struct catalog_fixture *f = *state;
    struct catalog_table t;
    assert_int_equal(make_database(f, "d"), ERR_NONE);
    assert_int_equal(make_table(f, "d", "t", true), ERR_NONE);
    assert_int_equal(drop_database(f, "d", false), ERR_CATALOG_REFUSED);
    assert_int_equal(drop_database(f, "d", true), ERR_NONE);
    assert_int_equal(get_table(f, "d", "t", &t), ERR_CATALOG_MISSING);
    assert_int_equal(make_database(f, "d"), ERR_NONE);
    assert_int_equal(drop_database(f, "d", false), ERR_NONE);
}

static void set_parameter(struct catalog_fixture *f, struct catalog_table *t, const char *key,
                          const char *value)
{
    t->parameters = catalog_pairs_with(&t->parameters, str_from(key), str_from(value), f->arena);
}

static void expected_version_and_parameter_decide(void **state)
{
    struct catalog_fixture *f = *state;
    struct catalog_table t;
    make_table(f, "default", "t", false);
    get_table(f, "default", "t", &t);
    struct catalog_expect first = {.has_version = true, .version = t.version};
    set_parameter(f, &t, "metadata_location", "one");
    assert_int_equal(alter_table(f, "t", &t, &first), ERR_NONE);
    assert_int_equal(alter_table(f, "t", &t, &first), ERR_CATALOG_CONFLICT);

    struct catalog_expect one = {.parameter_key = STR("metadata_location"), .parameter_value = STR("one")};
    set_parameter(f, &t, "metadata_location", "two");
    assert_int_equal(alter_table(f, "t", &t, &one), ERR_NONE);
    assert_int_equal(alter_table(f, "t", &t, &one), ERR_CATALOG_CONFLICT);
    assert_non_null(strstr(last_error.text, "The table has been modified. The parameter value for key "
                                            "'metadata_location' is 'two'"));
}

static int list_versions(struct catalog_tx *tx, void *ctx, struct err *err)
{
    return catalog_list_versions(tx, STR("default"), STR("t"), ctx, err);
}

static void versions_are_kept_and_bounded(void **state)
{
    struct catalog_fixture *f = *state;
    struct catalog_table t;
    struct catalog_tables versions;
    make_table(f, "default", "t", false);
    for (int i = 0; i < 6; i++) {
        get_table(f, "default", "t", &t);
        assert_int_equal(alter_table(f, "t", &t, NULL), ERR_NONE);
    }
    assert_int_equal(catalog_wait(f, CATALOG_READ, list_versions, &versions), ERR_NONE);
    assert_int_equal(versions.count, 1 + f->config.versions_kept);
    for (size_t i = 0; i < versions.count; i++)
        assert_int_equal(versions.items[i].version, 6 - (int64_t)i);
}

static void rename_keeps_the_place(void **state)
{
    struct catalog_fixture *f = *state;
    struct catalog_table t;
    make_table(f, "default", "t", false);
    make_table(f, "default", "taken", false);
    get_table(f, "default", "t", &t);
    t.name = STR("taken");
    assert_int_equal(alter_table(f, "t", &t, NULL), ERR_CATALOG_EXISTS);
    t.name = STR("u");
    t.storage->location = STR("s3://bucket/warehouse/u");
    assert_int_equal(alter_table(f, "t", &t, NULL), ERR_NONE);
    assert_int_equal(get_table(f, "default", "t", &t), ERR_CATALOG_MISSING);
    assert_int_equal(get_table(f, "default", "u", &t), ERR_NONE);
    assert_text(t.storage->location, "s3://bucket/warehouse/t");
}

static int fail_after_change(struct catalog_tx *tx, void *ctx, struct err *err)
{
    if (catalog_drop_table(tx, STR("default"), STR("t"), false, err) < 0)
        return -1;
    (void)ctx;
    return err_set(err, ERR_CATALOG_REFUSED, "no");
}

static void failed_work_changes_nothing(void **state)
{
    struct catalog_fixture *f = *state;
    struct catalog_table t;
    make_table(f, "default", "t", false);
    assert_int_equal(catalog_wait(f, CATALOG_WRITE, fail_after_change, NULL), ERR_CATALOG_REFUSED);
    assert_int_equal(get_table(f, "default", "t", &t), ERR_NONE);
}

static void all_of_a_table_survives(void **state)
{
    struct catalog_fixture *f = *state;
    struct catalog_table t = table_of(f, "default", "t", true), back;
    struct str texts[] = {STR("a"), STR("b")};
    struct catalog_names lists[] = {{texts, 2}};
    struct catalog_skew_place places[] = {{{texts, 2}, STR("s3://bucket/a")}};
    struct catalog_order order = {STR("text"), 1};
    struct catalog_pair pair = {STR("k \"\\\x01"), STR("v\xC3\xA4")};
    struct catalog_skew skew = {{texts, 1}, {lists, 1}, {places, 1}};
    struct catalog_serde serde = {STR("s"), STR("org.Serde"), {&pair, 1}};
    bool rewrite = true;
    t.storage->skew = &skew;
    t.storage->serde = &serde;
    t.storage->sort_columns.items = &order;
    t.storage->sort_columns.count = 1;
    t.storage->bucket_columns = (struct catalog_names){texts, 1};
    t.storage->bucket_count = 7;
    t.rewrite_enabled = &rewrite;
    t.retention = -1;
    t.view_original = STR("");
    set_parameter(f, &t, "k", "v");
    struct catalog_expect none = {.has_version = false};
    make_table(f, "default", "t", true);
    assert_int_equal(alter_table(f, "t", &t, &none), ERR_NONE);
    catalog_reopen(f);
    assert_int_equal(get_table(f, "default", "t", &back), ERR_NONE);
    assert_int_equal(back.storage->skew->values.items[0].count, 2);
    assert_text(back.storage->skew->places.items[0].values.items[1], "b");
    assert_text(back.storage->serde->parameters.items[0].key, "k \"\\\x01");
    assert_text(back.storage->serde->parameters.items[0].value, "v\xC3\xA4");
    assert_int_equal(back.storage->sort_columns.items[0].order, 1);
    assert_int_equal(back.storage->bucket_count, 7);
    assert_true(*back.rewrite_enabled);
    assert_int_equal(back.retention, -1);
    assert_non_null(back.view_original.p);
    assert_null(back.view_expanded.p);
    assert_int_equal(back.create_s, 1700000000);
    assert_int_equal(back.partition_keys.count, 2);
}

static int do_nothing(struct catalog_tx *tx, void *ctx, struct err *err)
{
    (void)tx, (void)ctx, (void)err;
    return 0;
}

static int fill_after_change(struct catalog_tx *tx, void *ctx, struct err *err)
{
    struct err refused;
    assert_int_equal(catalog_drop_table(tx, STR("default"), STR("t"), false, err), 0);
    assert_null(catalog_array(tx, SIZE_MAX / 4, 8, &refused));
    assert_int_equal(refused.code, ERR_TOO_LARGE);
    arena_alloc(catalog_arena(tx), 600 * 1024);
    if (ctx)
        assert_int_equal(catalog_drop_table(tx, STR("default"), STR("u"), false, err), -1);
    return ctx ? -1 : 0;
}

static void work_that_fills_its_arena_fails(void **state)
{
    struct catalog_fixture *f = *state;
    struct catalog_table t;
    make_table(f, "default", "t", false);
    make_table(f, "default", "u", false);
    struct arena *whole = f->arena;
    f->arena = arena_new_watched(512 * 1024);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(catalog_wait(f, CATALOG_WRITE, fill_after_change, i ? f : NULL), ERR_TOO_LARGE);
        arena_reset(f->arena);
    }
    arena_free(f->arena);
    f->arena = whole;
    assert_int_equal(get_table(f, "default", "t", &t), ERR_NONE);
}

struct chain {
    struct catalog_fixture *f;
    enum err_code last;
};

static void on_refused(void *ctx, const struct err *err)
{
    ((struct chain *)ctx)->last = err ? err->code : ERR_NONE;
}

static void on_first_done(void *ctx, const struct err *err)
{
    struct chain *chain = ctx;
    assert_null(err);
    catalog_run(chain->f->catalog, CATALOG_READ, NULL, chain->f->arena, do_nothing, on_refused, chain);
}

static void a_closing_catalog_takes_no_more_work(void **state)
{
    struct catalog_fixture *f = *state;
    struct chain chain = {f, ERR_NONE};
    catalog_run(f->catalog, CATALOG_READ, NULL, f->arena, do_nothing, on_first_done, &chain);
    catalog_reopen(f);
    assert_int_equal(chain.last, ERR_UNAVAILABLE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, catalog_setup, catalog_teardown)
    const struct CMUnitTest tests[] = {
        TEST(default_is_there_once),
        TEST(names_have_no_case),
        TEST(bad_names_are_refused),
        TEST(full_database_is_dropped_by_cascade_only),
        TEST(expected_version_and_parameter_decide),
        TEST(versions_are_kept_and_bounded),
        TEST(rename_keeps_the_place),
        TEST(failed_work_changes_nothing),
        TEST(all_of_a_table_survives),
        TEST(work_that_fills_its_arena_fails),
        TEST(a_closing_catalog_takes_no_more_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
