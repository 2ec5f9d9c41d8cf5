/* What is removed when its time is over. */
#include "harness.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

HARNESS_FIXTURE(h)

static void on_done(void *ctx, const struct err *err)
{
    assert_null(err);
    *(bool *)ctx = true;
}

static void begin_upload(const char *id)
{
    struct upload_record r = {.id = str_from(id),
                              .bucket = STR("b"),
                              .key = STR("k"),
                              .initiated_ms = clock_wall_ms(&h.clock.clock)};
    bool done = false;
    struct store_batch *b = store_batch_new(h.store);
    store_add_upload(b, &r);
    store_commit(h.store, b, on_done, &done);
    HARNESS_UNTIL(&h, done);
}

struct seen {
    bool come;
    bool there;
};

static void on_upload(void *ctx, const struct upload_record *r, const struct err *err)
{
    struct seen *s = ctx;
    assert_null(err);
    *s = (struct seen){true, r != NULL};
}

static bool upload_is_there(const char *id)
{
    struct seen s = {0};
    store_get_upload(h.store, str_from(id), on_upload, &s);
    HARNESS_UNTIL(&h, s.come);
    return s.there;
}

static void test_uploads_that_nobody_completes_go(void **state)
{
    (void)state;
    h.config.upload_ms = 3600 * 1000;
    struct store_batch *b = store_batch_new(h.store);
    bool done = false;
    store_add_bucket(b, &(struct bucket_record){STR("b"), 1});
    store_commit(h.store, b, on_done, &done);
    HARNESS_UNTIL(&h, done);
    begin_upload("old");
    harness_pass(&h, 1800 * 1000);
    begin_upload("new");
    harness_pass(&h, 1790 * 1000);
    assert_true(upload_is_there("old"));
    harness_pass(&h, 120 * 1000);
    HARNESS_UNTIL(&h, !upload_is_there("old"));
    assert_true(upload_is_there("new"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_uploads_that_nobody_completes_go, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
