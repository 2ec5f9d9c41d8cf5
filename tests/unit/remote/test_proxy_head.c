/* What of a request is passed on to a remote. */
#include "remote/proxy/proxy_head.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = arena_new(64 * 1024);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static struct http_headers pass(const struct http_header *items, size_t n, bool framed)
{
    struct http_request req = {.arena = arena, .headers = {items, n}};
    struct s3_call call = {.req = &req};
    return proxy_request_headers(&call, framed);
}

static void test_headers_of_the_object_pass(void **state)
{
    (void)state;
    const struct http_header all[] = {{STR("Host"), STR("h")},
                                      {STR("Authorization"), STR("secret")},
                                      {STR("X-Amz-Date"), STR("now")},
                                      {STR("x-amz-content-sha256"), STR("hash")},
                                      {STR("X-Amz-Security-Token"), STR("token")},
                                      {STR("x-amz-meta-a"), STR("1")},
                                      {STR("Content-Type"), STR("t")},
                                      {STR("Content-Length"), STR("3")},
                                      {STR("Transfer-Encoding"), STR("chunked")},
                                      {STR("Range"), STR("bytes=0-1")},
                                      {STR("User-Agent"), STR("u")},
                                      {STR("x-amz-sdk-checksum-algorithm"), STR("CRC32")},
                                      {STR("Expect"), STR("100-continue")}};
    struct http_headers h = pass(all, ARRAY_SIZE(all), false);
    assert_int_equal(h.count, 4);
    assert_true(str_is(http_header(&h, "x-amz-meta-a"), "1"));
    assert_true(str_is(http_header(&h, "content-type"), "t"));
    assert_true(str_is(http_header(&h, "range"), "bytes=0-1"));
    assert_true(str_is(http_header(&h, "x-amz-sdk-checksum-algorithm"), "CRC32"));
}

static void test_the_framing_stays_here(void **state)
{
    (void)state;
    const struct http_header framed[] = {{STR("Content-Encoding"), STR("gzip, aws-chunked")},
                                         {STR("x-amz-decoded-content-length"), STR("3")},
                                         {STR("x-amz-trailer"), STR("x-amz-checksum-crc32")},
                                         {STR("x-amz-sdk-checksum-algorithm"), STR("CRC32")}};
    struct http_headers h = pass(framed, ARRAY_SIZE(framed), true);
    assert_int_equal(h.count, 1);
    assert_true(str_is(http_header(&h, "content-encoding"), "gzip"));
    const struct http_header only = {STR("content-encoding"), STR("aws-chunked")};
    assert_int_equal(pass(&only, 1, true).count, 0);
}

static void assert_query(struct str raw, const char *expected)
{
    struct http_request req = {.arena = arena, .query = raw};
    struct s3_call call = {.req = &req};
    struct str passed = proxy_request_query(&call);
    assert_int_equal(passed.p != NULL, expected != NULL);
    if (expected)
        assert_true(str_is(passed, expected));
}

static void test_presigning_is_taken_off_the_query(void **state)
{
    (void)state;
    assert_query(STR_NULL, NULL);
    assert_query(STR("uploads"), "uploads");
    assert_query(STR("prefix=a%20b&list-type=2"), "prefix=a%20b&list-type=2");
    assert_query(STR("X-Amz-Algorithm=a&X-Amz-Signature=b&versionId=c&x-amz-date=d&&"), "versionId=c");
    assert_query(STR("AWSAccessKeyId=a&Signature=b&Expires=1"), NULL);
    assert_query(STR("response-expires=1&X-Amz-Expires=2"), "response-expires=1");
}

static void test_the_connections_headers_are_not_the_answers(void **state)
{
    (void)state;
    assert_true(proxy_answer_header(STR("ETag")));
    assert_true(proxy_answer_header(STR("x-amz-request-id")));
    assert_false(proxy_answer_header(STR("Content-Length")));
    assert_false(proxy_answer_header(STR("transfer-encoding")));
    assert_false(proxy_answer_header(STR("Connection")));
    assert_false(proxy_answer_header(STR("")));
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_headers_of_the_object_pass),
        TEST(test_the_framing_stays_here),
        TEST(test_presigning_is_taken_off_the_query),
        TEST(test_the_connections_headers_are_not_the_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
