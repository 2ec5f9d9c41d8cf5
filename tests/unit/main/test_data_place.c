#include "main/data_place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { ARENA_BYTES = 1 << 16 };

static void check(const char *location, const char *bucket, const char *prefix)
{
    CLEANUP_ARENA struct arena *a = arena_new(ARENA_BYTES);
    struct data_place place;
    if (!bucket) {
        assert_false(data_place_of(a, str_from(location), &place));
        return;
    }
    assert_true(data_place_of(a, str_from(location), &place));
    assert_true(str_eq(place.bucket, str_from(bucket)));
    assert_true(str_eq(place.prefix, str_from(prefix)));
}

static void places(void **state)
{
    (void)state;
    check("s3://b/t", "b", "t/");
    check("s3a://b/a/b c//", "b", "a/b c/");
    check("s3n://b/t/", "b", "t/");
    check("s3://b", NULL, NULL);
    check("s3://b///", NULL, NULL);
    check("s3:///t", NULL, NULL);
    check("s3:b/t", NULL, NULL);
    check("file:/etc", NULL, NULL);
    check("hdfs://b/t", NULL, NULL);
    check("", NULL, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(places)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
