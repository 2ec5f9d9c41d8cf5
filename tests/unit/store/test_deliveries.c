/* Output that waits for a bucket elsewhere. */
#include "fixture.h"

static struct str keys; /* of the last load: "bucket/key attempts error" lines */

static void on_deliveries(void *ctx, const struct delivery_record *r, size_t count, const struct err *err)
{
    struct fixture *f = ctx;
    assert_null(err);
    keys = STR("");
    for (size_t i = 0; i < count; i++)
        keys = arena_printf(f->arena, "%.*s%.*s/%.*s %lld %.*s\n", STR_ARG(keys), STR_ARG(r[i].bucket),
                            STR_ARG(r[i].key), (long long)r[i].attempts, STR_ARG(r[i].error));
}

static void assert_waiting(struct fixture *f, const char *expected)
{
    struct err err;
    assert_int_equal(store_load_deliveries(f->store, on_deliveries, f, &err), 0);
    assert_str(keys, expected);
}

static struct delivery_record delivery_of(const char *key, int64_t created_ms)
{
    return (struct delivery_record){.bucket = STR("away"),
                                    .key = str_from(key),
                                    .owner_id = STR("c"),
                                    .size = 3,
                                    .created_ms = created_ms};
}

static void put_with_object(struct fixture *f, const struct delivery_record *r)
{
    struct store_batch *b = store_batch_new(f->store);
    store_ensure_bucket(b, &(struct bucket_record){r->bucket, 7});
    store_put_object(
        b, &(struct object_record){.bucket = r->bucket, .key = r->key, .etag = STR("e"), .body = STR("out")},
        NULL);
    store_put_delivery(b, r);
    assert_int_equal(commit_wait(f, b), ERR_NONE);
}

static void oldest_comes_first_and_all_is_kept(void **state)
{
    struct fixture *f = *state;
    struct delivery_record young = delivery_of("young", 20), old = delivery_of("old", 10);
    put_with_object(f, &young);
    put_with_object(f, &old);
    young.attempts = 2;
    young.next_ms = 99;
    young.error = STR("no way");
    struct store_batch *b = store_batch_new(f->store);
    store_note_delivery(b, &young);
    assert_int_equal(commit_wait(f, b), ERR_NONE);
    fixture_reopen(f);
    assert_waiting(f, "away/old 0 \naway/young 2 no way\n");
}

static void end_takes_the_object_too(void **state)
{
    struct fixture *f = *state;
    struct delivery_record r = delivery_of("k", 1), other = delivery_of("other", 2);
    put_with_object(f, &r);
    put_with_object(f, &other);
    struct store_batch *b = store_batch_new(f->store);
    store_end_delivery(b, &r);
    assert_int_equal(commit_wait(f, b), ERR_NONE);
    assert_waiting(f, "away/other 0 \n");
    assert_null(object_wait(f, "away", STR("k")));
    assert_non_null(object_wait(f, "away", STR("other")));
    b = store_batch_new(f->store);
    store_end_delivery(b, &r);
    assert_int_equal(commit_wait(f, b), ERR_NONE);
}

/* The older one's end, or failure, may be known only when the newer one has taken its place. */
static void an_older_one_changes_nothing_of_a_newer(void **state)
{
    struct fixture *f = *state;
    struct delivery_record old = delivery_of("k", 1), same_time = delivery_of("k", 1),
                           same_content = delivery_of("k", 2);
    old.etag = same_content.etag = STR("old");
    same_time.etag = STR("new");
    old.attempts = 5;
    const struct delivery_record *const newer[] = {&same_time, &same_content};
    for (size_t i = 0; i < ARRAY_SIZE(newer); i++) {
        put_with_object(f, newer[i]);
        struct store_batch *b = store_batch_new(f->store);
        store_note_delivery(b, &old);
        store_end_delivery(b, &old);
        assert_int_equal(commit_wait(f, b), ERR_NONE);
        assert_waiting(f, "away/k 0 \n");
        assert_non_null(object_wait(f, "away", STR("k")));
    }
}

static void a_bucket_that_is_there_stays_as_it_is(void **state)
{
    struct fixture *f = *state;
    save_bucket(f, "away");
    struct delivery_record r = delivery_of("k", 1);
    put_with_object(f, &r);
    assert_int_equal(bucket_wait(f, "away")->created_ms, 1);
}

static void on_uploads(void *ctx, const struct remote_upload_record *r, size_t count, const struct err *err)
{
    struct fixture *f = ctx;
    assert_null(err);
    keys = STR("");
    for (size_t i = 0; i < count; i++)
        keys = arena_printf(f->arena, "%.*s%.*s/%.*s %.*s\n", STR_ARG(keys), STR_ARG(r[i].bucket),
                            STR_ARG(r[i].key), STR_ARG(r[i].upload_id));
}

static void assert_uploads(struct fixture *f, const char *expected)
{
    struct err err;
    assert_int_equal(store_load_remote_uploads(f->store, on_uploads, f, &err), 0);
    assert_str(keys, expected);
}

static void uploads_at_remotes_are_kept_until_they_end(void **state)
{
    struct fixture *f = *state;
    struct store_batch *b = store_batch_new(f->store);
    store_put_remote_upload(b, &(struct remote_upload_record){STR("away"), STR("k"), STR("second"), 2});
    store_put_remote_upload(b, &(struct remote_upload_record){STR("away"), STR("k"), STR("first"), 1});
    assert_int_equal(commit_wait(f, b), ERR_NONE);
    fixture_reopen(f);
    assert_uploads(f, "away/k first\naway/k second\n");
    b = store_batch_new(f->store);
    store_end_remote_upload(b, STR("away"), STR("k"), STR("first"));
    assert_int_equal(commit_wait(f, b), ERR_NONE);
    assert_uploads(f, "away/k second\n");
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

static void what_it_came_from_is_not_purged(void **state)
{
    struct fixture *f = *state;
    struct delivery_record r = delivery_of("k", 1);
    struct session_record s = session_of("past", "w", "TERMINATED");
    struct calculation_record c = calculation_of("c", "past", "COMPLETED");
    s.ended_ms = 1;
    struct store_batch *b = store_batch_new(f->store);
    store_put_session(b, &s);
    store_put_calculation(b, &c);
    assert_int_equal(commit_wait(f, b), ERR_NONE);
    put_with_object(f, &r);
    for (int delivered = 0; delivered <= 1; delivered++) {
        b = store_batch_new(f->store);
        if (delivered)
            store_end_delivery(b, &r);
        store_purge(b, &(struct store_purge){2, 0, 10, true});
        assert_int_equal(commit_wait(f, b), ERR_NONE);
        assert_int_equal(session_wait(f, "past") == NULL, delivered);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STORE(oldest_comes_first_and_all_is_kept),
        WITH_STORE(uploads_at_remotes_are_kept_until_they_end),
        WITH_STORE(end_takes_the_object_too),
        WITH_STORE(what_it_came_from_is_not_purged),
        WITH_STORE(an_older_one_changes_nothing_of_a_newer),
        WITH_STORE(a_bucket_that_is_there_stays_as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
