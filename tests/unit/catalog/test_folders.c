/* Folders of what is new are made before the answer. */
#include "catalog_fixture.h"

enum { MADE_MAX = 8 };

struct made {
    struct catalog_fixture *f;
    char locations[MADE_MAX][64];
    size_t count;
    bool keeps; /* answers when the test does */
    loop_fn *done;
    void *arg;
};

static void make(void *ctx, struct str location, loop_fn *done, void *arg)
{
    struct made *m = ctx;
    assert_true(m->count < MADE_MAX);
    snprintf(m->locations[m->count++], sizeof m->locations[0], "%.*s", STR_ARG(location));
    m->done = done;
    m->arg = arg;
    if (m->keeps)
        loop_stop(m->f->loop);
    else
        loop_post(m->f->loop, done, arg);
}

static void use_files(struct catalog_fixture *f, struct made *m)
{
    m->f = f;
    f->config.files = (struct catalog_files){.ctx = m, .make = make};
    catalog_reopen(f);
}

static int add_folders(struct catalog_tx *tx, void *ctx, struct err *err)
{
    for (const char *const *location = ctx; *location; location++)
        catalog_add_folder(tx, str_from(*location));
    (void)err;
    return 0;
}

static int add_and_fail(struct catalog_tx *tx, void *ctx, struct err *err)
{
    (void)add_folders(tx, ctx, err);
    return err_set(err, ERR_CATALOG_EXISTS, "There is one.");
}

static void each_is_made_before_the_answer(void **state)
{
    const char *locations[] = {"s3://bucket/a", "s3a://bucket/b c", "file:/etc", "hdfs://host/c", NULL};
    struct made m = {0};
    use_files(*state, &m);
    assert_int_equal(catalog_wait(*state, CATALOG_WRITE, add_folders, locations), ERR_NONE);
    assert_int_equal(m.count, 2);
    assert_string_equal(m.locations[0], "s3://bucket/a");
    assert_string_equal(m.locations[1], "s3a://bucket/b c");
}

static void what_fails_makes_none(void **state)
{
    const char *locations[] = {"s3://bucket/a", NULL};
    struct made m = {0};
    use_files(*state, &m);
    assert_int_equal(catalog_wait(*state, CATALOG_WRITE, add_and_fail, locations), ERR_CATALOG_EXISTS);
    assert_int_equal(m.count, 0);
}

static bool may_write(const void *ctx, struct str location)
{
    return str_starts(location, str_from(ctx));
}

static void callers_make_only_where_they_may_write(void **state)
{
    struct catalog_fixture *f = *state;
    const char *locations[] = {"s3://other/a", "s3://bucket/a", NULL};
    struct catalog_caller caller = {"s3://bucket/", may_write};
    struct made m = {0};
    use_files(f, &m);
    f->caller = &caller;
    assert_int_equal(catalog_wait(f, CATALOG_WRITE, add_folders, locations), ERR_NONE);
    assert_int_equal(m.count, 1);
    assert_string_equal(m.locations[0], "s3://bucket/a");
}

static void on_answer(void *ctx, const struct err *err)
{
    bool *answered = ctx;
    assert_null(err);
    *answered = true;
}

struct question {
    const char *const *locations;
    bool answered;
};

static int add_of_question(struct catalog_tx *tx, void *ctx, struct err *err)
{
    struct question *q = ctx;
    return add_folders(tx, (void *)(uintptr_t)q->locations, err);
}

static void on_question_answered(void *ctx, const struct err *err)
{
    struct question *q = ctx;
    on_answer(&q->answered, err);
}

/* The store answers when the catalog is gone. */
static void an_end_does_not_wait_for_folders(void **state)
{
    struct catalog_fixture *f = *state;
    const char *locations[] = {"s3://bucket/a", "s3://bucket/b", NULL};
    struct question q = {locations, false};
    struct made m = {.keeps = true};
    use_files(f, &m);
    catalog_run(f->catalog, CATALOG_WRITE, NULL, f->arena, add_of_question, on_question_answered, &q);
    loop_run(f->loop);
    assert_int_equal(m.count, 1);
    assert_false(q.answered);
    catalog_close(f->catalog);
    assert_true(q.answered);
    m.done(m.arg);
    assert_int_equal(m.count, 1);
    f->catalog = NULL;
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, catalog_setup, catalog_teardown)
    const struct CMUnitTest tests[] = {
        TEST(each_is_made_before_the_answer),
        TEST(what_fails_makes_none),
        TEST(callers_make_only_where_they_may_write),
        TEST(an_end_does_not_wait_for_folders),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
