/* Addresses and signatures of requests to a remote. */
#include "remote/outgoing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct clock_manual now;

static struct remote remote_of(const char *scheme, char *authority, bool path_style)
{
    clock_manual_init(&now, 1795694400000); /* 2026-11-26T12:00:00Z */
    return (struct remote){.clock = &now.clock,
                           .scheme = scheme,
                           .authority = authority,
                           .path_style = path_style,
                           .config = {.region = "eu-west-1"}};
}

static struct outgoing_signed sign(const struct remote *r, const char *bucket, const char *key,
                                   const char *query, const char *token, struct arena *arena)
{
    struct credentials keys = {(char *)(uintptr_t) "AKID", (char *)(uintptr_t) "secret",
                               (char *)(uintptr_t)token, 0};
    struct outgoing out = {.method = STR("GET"),
                           .bucket = str_from(bucket),
                           .key = str_from(key),
                           .query = str_from(query),
                           .payload_hash = STR("UNSIGNED-PAYLOAD")};
    struct outgoing_signed ret;
    struct err err;
    assert_int_equal(outgoing_sign(r, &out, &keys, arena, &ret, &err), 0);
    return ret;
}

static struct str header(const struct outgoing_signed *s, const char *name)
{
    struct http_headers h = {s->headers, s->header_count};
    return http_header(&h, name);
}

static void test_addresses(void **state)
{
    (void)state;
    char host[] = "h:9000", aws[] = "s3.eu-west-1.amazonaws.com";
    struct remote here = remote_of("http", host, true), there = remote_of("https", aws, false);
    struct arena *a = arena_new(OUTGOING_ARENA_MAX);
    assert_string_equal(sign(&here, "b", "k/a b?ü", NULL, NULL, a).url, "http://h:9000/b/k/a%20b%3F%C3%BC");
    assert_string_equal(sign(&here, "b", NULL, "uploads=", NULL, a).url, "http://h:9000/b?uploads=");
    assert_string_equal(sign(&here, NULL, NULL, NULL, NULL, a).url, "http://h:9000/");
    assert_string_equal(sign(&here, "b", "/a//../c", NULL, NULL, a).url, "http://h:9000/b//a//../c");
    struct outgoing_signed s = sign(&there, "b", "k", NULL, NULL, a);
    assert_string_equal(s.url, "https://b.s3.eu-west-1.amazonaws.com/k");
    assert_true(str_is(header(&s, "host"), "b.s3.eu-west-1.amazonaws.com"));
    s = sign(&there, "b.c", "k", NULL, NULL, a);
    assert_string_equal(s.url, "https://s3.eu-west-1.amazonaws.com/b.c/k");
    arena_free(a);
}

static void test_signature(void **state)
{
    (void)state;
    char host[] = "h:9000";
    struct remote r = remote_of("http", host, true);
    struct arena *a = arena_new(OUTGOING_ARENA_MAX);
    struct outgoing_signed s = sign(&r, "b", "k", NULL, "token", a);
    assert_true(str_is(header(&s, "x-amz-date"), "20261126T120000Z"));
    assert_true(str_is(header(&s, "x-amz-security-token"), "token"));
    assert_true(str_starts(
        header(&s, "authorization"),
        STR("AWS4-HMAC-SHA256 Credential=AKID/20261126/eu-west-1/s3/aws4_request, SignedHeaders=host;"
            "x-amz-content-sha256;x-amz-date;x-amz-security-token, Signature=")));
    struct str first = header(&s, "authorization");
    r.skew_ms = 3600000;
    s = sign(&r, "b", "k", NULL, "token", a);
    assert_true(str_is(header(&s, "x-amz-date"), "20261126T130000Z"));
    assert_false(str_eq(header(&s, "authorization"), first));
    s = sign(&r, "b", "k", NULL, NULL, a);
    assert_null(header(&s, "x-amz-security-token").p);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_signature),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
