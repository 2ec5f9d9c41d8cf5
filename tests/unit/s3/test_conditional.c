#include "fixture.h"
#include "objects/s3/conditional.h"

#define ETAG "0123456789abcdef0123456789abcdef"
#define BEFORE "Mon, 23 Nov 2026 19:29:59 GMT"
#define SAME "Mon, 23 Nov 2026 19:30:00 GMT"
#define AFTER "Mon, 23 Nov 2026 19:30:01 GMT"

static const int64_t modified_ms = 1795462200999; /* 19:30:00.999 */

static void expect(struct http_headers headers, enum condition_result result, const char *header)
{
    struct condition_outcome o = condition_check(&headers, STR(ETAG), modified_ms);
    assert_int_equal(o.result, result);
    if (header)
        assert_string_equal(o.header, header);
    else
        assert_null(o.header);
}

static void nothing_asked(void **state)
{
    (void)state;
    expect(HEADERS(H("Host", "x")), CONDITION_HOLDS, NULL);
}

static void if_match(void **state)
{
    (void)state;
    expect(HEADERS(H("If-Match", "\"" ETAG "\"")), CONDITION_HOLDS, NULL);
    expect(HEADERS(H("If-Match", ETAG)), CONDITION_HOLDS, NULL);
    expect(HEADERS(H("If-Match", "*")), CONDITION_HOLDS, NULL);
    expect(HEADERS(H("If-Match", "\"x\", \"" ETAG "\"")), CONDITION_HOLDS, NULL);
    expect(HEADERS(H("If-Match", "\"x\"")), CONDITION_FAILED, "If-Match");
    expect(HEADERS(H("If-Match", "")), CONDITION_FAILED, "If-Match");
}

static void if_none_match(void **state)
{
    (void)state;
    expect(HEADERS(H("If-None-Match", "\"" ETAG "\"")), CONDITION_NOT_MODIFIED, "If-None-Match");
    expect(HEADERS(H("If-None-Match", "W/\"" ETAG "\"")), CONDITION_NOT_MODIFIED, "If-None-Match");
    expect(HEADERS(H("If-None-Match", "*")), CONDITION_NOT_MODIFIED, "If-None-Match");
    expect(HEADERS(H("If-None-Match", "\"x\"")), CONDITION_HOLDS, NULL);
}

static void dates_have_whole_seconds(void **state)
{
    (void)state;
    expect(HEADERS(H("If-Modified-Since", BEFORE)), CONDITION_HOLDS, NULL);
    expect(HEADERS(H("If-Modified-Since", SAME)), CONDITION_NOT_MODIFIED, "If-Modified-Since");
    expect(HEADERS(H("If-Modified-Since", AFTER)), CONDITION_NOT_MODIFIED, "If-Modified-Since");
    expect(HEADERS(H("If-Unmodified-Since", BEFORE)), CONDITION_FAILED, "If-Unmodified-Since");
    expect(HEADERS(H("If-Unmodified-Since", SAME)), CONDITION_HOLDS, NULL);
    expect(HEADERS(H("If-Unmodified-Since", AFTER)), CONDITION_HOLDS, NULL);
}

static void bad_dates_do_not_count(void **state)
{
    (void)state;
    expect(HEADERS(H("If-Modified-Since", "yesterday")), CONDITION_HOLDS, NULL);
    expect(HEADERS(H("If-Unmodified-Since", "2026-11-23T19:29:59Z")), CONDITION_HOLDS, NULL);
}

static void tags_decide_over_dates(void **state)
{
    (void)state;
    expect(HEADERS(H("If-Match", ETAG), H("If-Unmodified-Since", BEFORE)), CONDITION_HOLDS, NULL);
    expect(HEADERS(H("If-None-Match", "\"x\""), H("If-Modified-Since", AFTER)), CONDITION_HOLDS, NULL);
    expect(HEADERS(H("If-None-Match", ETAG), H("If-Modified-Since", BEFORE)), CONDITION_NOT_MODIFIED,
           "If-None-Match");
}

static void failure_decides_over_not_modified(void **state)
{
    (void)state;
    expect(HEADERS(H("If-Match", "x"), H("If-None-Match", ETAG)), CONDITION_FAILED, "If-Match");
    expect(HEADERS(H("If-Match", ETAG), H("If-None-Match", ETAG)), CONDITION_NOT_MODIFIED, "If-None-Match");
}

static bool range_allowed(struct http_headers headers)
{
    return condition_range_allowed(&headers, STR(ETAG), modified_ms);
}

static void if_range(void **state)
{
    (void)state;
    assert_true(range_allowed(HEADERS(H("Host", "x"))));
    assert_true(range_allowed(HEADERS(H("If-Range", "\"" ETAG "\""))));
    assert_false(range_allowed(HEADERS(H("If-Range", "\"x\""))));
    assert_true(range_allowed(HEADERS(H("If-Range", SAME))));
    assert_false(range_allowed(HEADERS(H("If-Range", BEFORE))));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_asked),
        cmocka_unit_test(if_match),
        cmocka_unit_test(if_none_match),
        cmocka_unit_test(dates_have_whole_seconds),
        cmocka_unit_test(bad_dates_do_not_count),
        cmocka_unit_test(tags_decide_over_dates),
        cmocka_unit_test(failure_decides_over_not_modified),
        cmocka_unit_test(if_range),
    };
    return cmocka_run_group_tests_name("s3 conditional", tests, NULL, NULL);
}
