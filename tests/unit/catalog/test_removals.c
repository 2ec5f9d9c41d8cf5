/* Dropped data goes after the commit, and also when the server ended before it was gone. */
#include "catalog_fixture.h"

struct store_of_files {
    struct catalog_fixture *f;
    int calls;
    int failures; /* so many calls fail first */
    bool keeps;   /* answers when the test does */
    char location[128];
    int64_t before_ms;
    void (*done)(void *arg, const struct err *err);
    void *arg;
};

static void remove_files(void *ctx, struct str location, int64_t before_ms,
                         void (*done)(void *arg, const struct err *err), void *arg)
{
    struct store_of_files *s = ctx;
    struct err err;
    s->calls++;
    s->before_ms = before_ms;
    snprintf(s->location, sizeof s->location, "%.*s", STR_ARG(location));
    s->done = done;
    s->arg = arg;
    if (s->keeps)
        return;
    if (s->failures-- > 0) {
        err_set(&err, ERR_INTERNAL, "away");
        done(arg, &err);
    } else {
        done(arg, NULL);
    }
}

static void use_files(struct catalog_fixture *f, struct store_of_files *s)
{
    s->f = f;
    f->config.files = (struct catalog_files){.ctx = s, .remove = remove_files};
    catalog_reopen(f);
}

static void managed_data_is_removed(void **state)
{
    struct catalog_fixture *f = *state;
    struct store_of_files s = {0};
    use_files(f, &s);
    make_table(f, "default", "t", false);
    assert_int_equal(drop_table(f, "default", "t"), ERR_NONE);
    assert_int_equal(s.calls, 1);
    assert_string_equal(s.location, "s3://bucket/warehouse/t");
    assert_int_equal(s.before_ms, 1700000000000);
    catalog_reopen(f);
    make_table(f, "default", "t", false);
    assert_int_equal(s.calls, 1);
}

static int make_external(struct catalog_tx *tx, void *ctx, struct err *err)
{
    return catalog_create_table(tx, ctx, err);
}

static void what_is_not_ours_stays(void **state)
{
    struct catalog_fixture *f = *state;
    struct store_of_files s = {0};
    use_files(f, &s);
    struct catalog_table t = table_of(f, "default", "outside", false);
    t.type = STR("EXTERNAL_TABLE");
    catalog_wait(f, CATALOG_WRITE, make_external, &t);
    assert_int_equal(drop_table(f, "default", "outside"), ERR_NONE);
    t = table_of(f, "default", "says_so", false);
    t.parameters = catalog_pairs_with(&t.parameters, STR("EXTERNAL"), STR("true"), f->arena);
    catalog_wait(f, CATALOG_WRITE, make_external, &t);
    assert_int_equal(drop_table(f, "default", "says_so"), ERR_NONE);
    t = table_of(f, "default", "local", false);
    t.storage->location = STR("file:/etc");
    catalog_wait(f, CATALOG_WRITE, make_external, &t);
    assert_int_equal(drop_table(f, "default", "local"), ERR_NONE);
    assert_int_equal(s.calls, 0);
}

static bool may_write(const void *ctx, struct str location)
{
    return str_starts(location, str_from(ctx));
}

static void callers_delete_only_what_they_may(void **state)
{
    struct catalog_fixture *f = *state;
    struct store_of_files s = {0};
    struct catalog_caller caller = {"s3://bucket/warehouse/", may_write};
    struct catalog_table found;
    use_files(f, &s);
    f->caller = &caller;
    struct catalog_table t = table_of(f, "default", "foreign", false);
    t.storage->location = STR("s3://other/data");
    assert_int_equal(catalog_wait(f, CATALOG_WRITE, make_external, &t), ERR_NONE);
    assert_int_equal(drop_table(f, "default", "foreign"), ERR_ACCESS_DENIED);
    assert_int_equal(get_table(f, "default", "foreign", &found), ERR_NONE);
    make_database(f, "d");
    t = table_of(f, "d", "foreign", false);
    t.storage->location = STR("s3a://other/data");
    assert_int_equal(catalog_wait(f, CATALOG_WRITE, make_external, &t), ERR_NONE);
    assert_int_equal(drop_database(f, "d", true), ERR_ACCESS_DENIED);
    assert_int_equal(s.calls, 0);
    make_table(f, "default", "own", false);
    assert_int_equal(drop_table(f, "default", "own"), ERR_NONE);
    assert_int_equal(s.calls, 1);
}

static int add_outside(struct catalog_tx *tx, void *ctx, struct err *err)
{
    static struct str values[] = {STR("1"), STR("x")};
    struct catalog_storage storage = {.location = str_from(ctx)};
    struct catalog_partition p = {.values = {values, 2}, .storage = &storage};
    struct catalog_table t;
    return catalog_get_table(tx, STR("default"), STR("t"), &t, err) < 0
               ? -1
               : catalog_add_partition(tx, &t, &p, err);
}

static int calls_of_drop(struct catalog_fixture *f, struct store_of_files *s, const char *location)
{
    int before = s->calls;
    make_table(f, "default", "t", true);
    assert_int_equal(catalog_wait(f, CATALOG_WRITE, add_outside, (void *)(uintptr_t)location), ERR_NONE);
    assert_int_equal(drop_table(f, "default", "t"), ERR_NONE);
    return s->calls - before;
}

static void partitions_elsewhere_go_too(void **state)
{
    struct catalog_fixture *f = *state;
    struct store_of_files s = {0};
    use_files(f, &s);
    assert_int_equal(calls_of_drop(f, &s, "s3://bucket/warehouse/t/year=1"), 1);
    assert_int_equal(calls_of_drop(f, &s, "s3://bucket/warehouse/t"), 1);
    assert_int_equal(calls_of_drop(f, &s, "s3://bucket/warehouse/t2/year=1"), 2);
}

static void unfinished_removal_goes_on_after_a_restart(void **state)
{
    struct catalog_fixture *f = *state;
    struct store_of_files s = {.failures = 1};
    use_files(f, &s);
    make_table(f, "default", "t", false);
    assert_int_equal(drop_table(f, "default", "t"), ERR_NONE);
    assert_int_equal(s.calls, 1);
    catalog_reopen(f);
    make_table(f, "default", "other", false); /* turns the loop until the removal was found */
    assert_int_equal(drop_table(f, "default", "other"), ERR_NONE);
    assert_int_equal(s.calls, 3);
}

/* The data of `stuck` cannot be removed: what is dropped after it goes all the same. */
static void remove_but_stuck(void *ctx, struct str location, int64_t before_ms,
                             void (*done)(void *arg, const struct err *err), void *arg)
{
    struct store_of_files *s = ctx;
    s->failures = str_ends(location, STR("/stuck"));
    remove_files(ctx, location, before_ms, done, arg);
}

static void what_fails_keeps_nothing_else_waiting(void **state)
{
    struct catalog_fixture *f = *state;
    struct store_of_files s = {0};
    use_files(f, &s);
    f->config.files.remove = remove_but_stuck;
    catalog_reopen(f);
    make_table(f, "default", "stuck", false);
    make_table(f, "default", "t1", false);
    make_table(f, "default", "t2", false);
    assert_int_equal(drop_table(f, "default", "stuck"), ERR_NONE);
    assert_int_equal(s.calls, 1);
    assert_int_equal(drop_table(f, "default", "t1"), ERR_NONE);
    assert_int_equal(s.calls, 2);
    assert_string_equal(s.location, "s3://bucket/warehouse/t1");
    assert_int_equal(drop_table(f, "default", "t2"), ERR_NONE);
    assert_int_equal(s.calls, 3);
    assert_string_equal(s.location, "s3://bucket/warehouse/t2");
}

static void answer_does_not_wait_for_ever(void **state)
{
    struct catalog_fixture *f = *state;
    struct store_of_files s = {.keeps = true};
    f->config.removal_wait_ms = 1;
    use_files(f, &s);
    make_table(f, "default", "t", false);
    assert_int_equal(drop_table(f, "default", "t"), ERR_NONE);
    if (s.done)
        s.done(s.arg, NULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, catalog_setup, catalog_teardown)
    const struct CMUnitTest tests[] = {
        TEST(managed_data_is_removed),
        TEST(what_is_not_ours_stays),
        TEST(partitions_elsewhere_go_too),
        TEST(callers_delete_only_what_they_may),
        TEST(unfinished_removal_goes_on_after_a_restart),
        TEST(what_fails_keeps_nothing_else_waiting),
        TEST(answer_does_not_wait_for_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
