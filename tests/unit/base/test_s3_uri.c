#include "base/s3_uri.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void a_uri_is_bucket_and_key(void **state)
{
    (void)state;
    static const struct {
        const char *uri, *bucket, *key;
    } rows[] = {
        {"s3://b/a/key", "b", "a/key"},
        {"s3://b/a/", "b", "a/"},
        {"s3://b//a", "b", "/a"},
        {"s3://b/", "b", ""},
        {"s3://b", "b", NULL},
        {"s3:///key", "", "key"},
        {"s3://", "", NULL},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct str bucket, key;
        assert_true(s3_uri_split(str_from(rows[i].uri), &bucket, &key));
        assert_true(str_is(bucket, rows[i].bucket));
        assert_true(str_eq(key, str_from(rows[i].key)));
        assert_int_equal(key.p != NULL, rows[i].key != NULL);
    }
}

static void what_is_no_uri_has_neither(void **state)
{
    (void)state;
    static const char *const others[] = {"", "s3:", "s3:/b/a", "S3://b/a", "s3a://b/a", "https://b/a", "b/a"};
    for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
        struct str bucket = STR("old"), key = STR("old");
        assert_false(s3_uri_split(str_from(others[i]), &bucket, &key));
        assert_null(bucket.p);
        assert_null(key.p);
    }
    struct str bucket, key;
    assert_false(s3_uri_split(STR_NULL, &bucket, &key));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_uri_is_bucket_and_key),
        cmocka_unit_test(what_is_no_uri_has_neither),
    };
    return cmocka_run_group_tests_name("base_s3_uri", tests, NULL, NULL);
}
