#include "fixture.h"
#include "objects/s3/range.h"

static void is_whole(const char *value)
{
    struct byte_range r = range_parse(str_from(value), 100);
    assert_int_equal(r.kind, RANGE_WHOLE);
    assert_int_equal(r.offset, 0);
    assert_int_equal(r.length, 100);
}

static void is_part(const char *value, uint64_t size, uint64_t offset, uint64_t length)
{
    struct byte_range r = range_parse(str_from(value), size);
    assert_int_equal(r.kind, RANGE_PART);
    assert_int_equal(r.offset, offset);
    assert_int_equal(r.length, length);
}

static void is_unsatisfiable(const char *value, uint64_t size)
{
    assert_int_equal(range_parse(str_from(value), size).kind, RANGE_UNSATISFIABLE);
}

static void no_range_is_whole(void **state)
{
    (void)state;
    is_whole(NULL);
    is_whole("");
}

static void first_and_last(void **state)
{
    (void)state;
    is_part("bytes=0-0", 100, 0, 1);
    is_part("bytes=10-19", 100, 10, 10);
    is_part("bytes=90-99", 100, 90, 10);
    is_part("Bytes = 1 - 2", 100, 1, 2);
}

static void end_is_clamped(void **state)
{
    (void)state;
    is_part("bytes=90-100", 100, 90, 10);
    is_part("bytes=0-18446744073709551615", 100, 0, 100);
}

static void open_end(void **state)
{
    (void)state;
    is_part("bytes=0-", 100, 0, 100);
    is_part("bytes=99-", 100, 99, 1);
}

static void suffix(void **state)
{
    (void)state;
    is_part("bytes=-1", 100, 99, 1);
    is_part("bytes=-100", 100, 0, 100);
    is_part("bytes=-1000", 100, 0, 100);
}

static void behind_the_end(void **state)
{
    (void)state;
    is_unsatisfiable("bytes=100-", 100);
    is_unsatisfiable("bytes=100-200", 100);
    is_unsatisfiable("bytes=-0", 100);
}

static void empty_object(void **state)
{
    (void)state;
    is_unsatisfiable("bytes=0-", 0);
    is_unsatisfiable("bytes=0-0", 0);
    is_unsatisfiable("bytes=-5", 0);
}

static void other_forms_do_not_count(void **state)
{
    (void)state;
    is_whole("bytes");
    is_whole("bytes=");
    is_whole("bytes=-");
    is_whole("bytes=5");
    is_whole("bytes=5-4");
    is_whole("bytes=a-b");
    is_whole("bytes=0-0,5-6");
    is_whole("bytes=0-x");
    is_whole("bytes=+1-2");
    is_whole("bytes=1-99999999999999999999");
    is_whole("lines=0-1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_range_is_whole),
        cmocka_unit_test(first_and_last),
        cmocka_unit_test(end_is_clamped),
        cmocka_unit_test(open_end),
        cmocka_unit_test(suffix),
        cmocka_unit_test(behind_the_end),
        cmocka_unit_test(empty_object),
        cmocka_unit_test(other_forms_do_not_count),
    };
    return cmocka_run_group_tests_name("s3 range", tests, NULL, NULL);
}
