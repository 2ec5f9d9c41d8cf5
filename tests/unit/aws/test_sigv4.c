/* Requests whose signatures AWS's own documentation gives ("Authenticating Requests" of S3, the examples of
 * Signature Version 4), and the rules of the canonical form around them. */
#include "aws/canonical.h"
#include "sigv4_support.h"

#define S3_START "AWS4-HMAC-SHA256 Credential=" DOC_KEY "/20130524/us-east-1/s3/aws4_request,SignedHeaders="
#define S3_HOST "Host: examplebucket.s3.amazonaws.com"

static const struct wire documented[] = {
    {SIGV4_S3,
     "s3",
     "GET",
     "/test.txt",
     NULL,
     {"Authorization: " S3_START "host;range;x-amz-content-sha256;x-amz-date,"
      "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
      S3_HOST, "Range: bytes=0-9", "x-amz-content-sha256: " EMPTY_SHA256, "x-amz-date: 20130524T000000Z"},
     ""},
    {SIGV4_S3,
     "s3",
     "PUT",
     "/test%24file.text",
     NULL,
     {"Authorization: " S3_START "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class,"
      "Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
      S3_HOST, "Date: Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class: REDUCED_REDUNDANCY",
      "x-amz-content-sha256: 44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
      "x-amz-date: 20130524T000000Z"},
     "Welcome to Amazon S3."},
    {SIGV4_S3,
     "s3",
     "GET",
     "/",
     "lifecycle",
     {"Authorization: " S3_START "host;x-amz-content-sha256;x-amz-date,"
      "Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
      S3_HOST, "x-amz-content-sha256: " EMPTY_SHA256, "x-amz-date: 20130524T000000Z"},
     ""},
    {SIGV4_S3,
     "s3",
     "GET",
     "/",
     "prefix=J&max-keys=2",
     {"Authorization: " S3_START "host;x-amz-content-sha256;x-amz-date,"
      "Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
      S3_HOST, "x-amz-content-sha256: " EMPTY_SHA256, "x-amz-date: 20130524T000000Z"},
     ""},
    {SIGV4_S3,
     "s3",
     "GET",
     "/test.txt",
     "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=" DOC_KEY
     "%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
     "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
     "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404",
     {S3_HOST},
     ""},
};

static void test_documented(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(documented); i++) {
        CLEANUP_ARENA struct arena *arena = arena_new(1 << 16);
        struct sigv4_auth auth;
        struct err err = {0};
        int rc = check(&documented[i], DOC_SECRET, at("20130524T000000Z"), arena, &auth, &err);
        if (rc < 0)
            print_error("row %zu: %s\n", i, err.text);
        assert_int_equal(rc, 0);
        assert_true(str_is(auth.access_key_id, DOC_KEY));
    }
}

/* IAM's ListUsers of the signing guide: a form's content type, a query, a body hash that no header declares.
 */
static const struct wire list_users = {
    SIGV4_STANDARD,
    "iam",
    "GET",
    "/",
    "Action=ListUsers&Version=2010-05-08",
    {"Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "
     "SignedHeaders=content-type;host;x-amz-date, "
     "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
     "Content-Type: application/x-www-form-urlencoded; charset=utf-8", "Host: iam.amazonaws.com",
     "X-Amz-Date: 20150830T123600Z"},
    ""};

static void test_standard(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(1 << 16);
    struct sigv4_auth auth;
    struct err err;
    (void)state;
    assert_int_equal(check(&list_users, "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", at("20150830T123600Z"),
                           arena, &auth, &err),
                     0);
    assert_int_equal(auth.form, SIGV4_HEADER);
    assert_true(str_is(auth.service, "iam"));
    assert_null(auth.payload_hash.p);
    assert_false(sigv4_ready(&auth));
}

static const char *canonical(const struct wire *w, const char *signed_headers, struct buf *out)
{
    struct prepared p;
    struct err err;
    prepare(w, &p);
    buf_init(out, 4096);
    assert_int_equal(
        canonical_request(&p.req, SIGV4_HEADER, str_from(signed_headers), STR("HASH"), out, &err), 0);
    buf_add_char(out, '\0');
    return out->p;
}

static void test_canonical_headers(void **state)
{
    static const struct wire w = {SIGV4_STANDARD,
                                  "athena",
                                  "POST",
                                  "/",
                                  NULL,
                                  {"Host: h", "X-B:  two   words \t here ", "x-a: 1", "X-A: 2", "Other: no"},
                                  ""};
    CLEANUP_BUF struct buf out;
    (void)state;
    assert_string_equal(canonical(&w, "host;x-a;x-b", &out),
                        "POST\n/\n\nhost:h\nx-a:1,2\nx-b:two words here\n\nhost;x-a;x-b\nHASH");
}

static void assert_path(enum sigv4_style style, const char *path, const char *expected)
{
    struct wire w = {style, "x", "GET", path, NULL, {"Host: h"}, ""};
    char whole[512];
    CLEANUP_BUF struct buf out;
    snprintf(whole, sizeof whole, "GET\n%s\n\nhost:h\n\nhost\nHASH", expected);
    assert_string_equal(canonical(&w, "host", &out), whole);
}

static void test_paths(void **state)
{
    (void)state;
    assert_path(SIGV4_STANDARD, "", "/");
    assert_path(SIGV4_STANDARD, "//a/./b/../c//", "/a/c/");
    assert_path(SIGV4_STANDARD, "/../..", "/");
    assert_path(SIGV4_STANDARD, "/a%20b~", "/a%2520b~");
    assert_path(SIGV4_STANDARD, "/\xc3\xa9", "/%C3%A9");
    assert_path(SIGV4_S3, "", "/");
    assert_path(SIGV4_S3, "//a/./b/../c//", "//a/./b/../c//");
    assert_path(SIGV4_S3, "/a%20b%7e+%c3%a9", "/a%20b~%2B%C3%A9");
    assert_path(SIGV4_S3, "/x=1:2", "/x%3D1%3A2");
}

static void assert_query(const char *query, const char *expected)
{
    struct wire w = {SIGV4_S3, "s3", "GET", "/", query, {"Host: h"}, ""};
    char whole[512];
    CLEANUP_BUF struct buf out;
    snprintf(whole, sizeof whole, "GET\n/\n%s\nhost:h\n\nhost\nHASH", expected);
    assert_string_equal(canonical(&w, "host", &out), whole);
}

static void test_queries(void **state)
{
    (void)state;
    assert_query("", "");
    assert_query("acl", "acl=");
    assert_query("b=2&a=2&a=1", "a=1&a=2&b=2");
    assert_query("a-b=1&a=1", "a=1&a-b=1");
    assert_query("k=a/b&k=a%2fb", "k=a%2Fb&k=a%2Fb");
    assert_query("k=a+b%20c", "k=a%20b%20c");
    assert_query("k=a=b", "k=a%3Db");
    assert_query("&&a=1&", "a=1");
    assert_query("X-Amz-Signature=1", "X-Amz-Signature=1");
}

static void test_undecodable(void **state)
{
    static const struct wire rows[] = {
        {SIGV4_S3, "s3", "GET", "/%", NULL, {"Host: h"}, ""},
        {SIGV4_S3, "s3", "GET", "/%4", NULL, {"Host: h"}, ""},
        {SIGV4_S3, "s3", "GET", "/%zz", NULL, {"Host: h"}, ""},
        {SIGV4_STANDARD, "sts", "GET", "/", "a=%", {"Host: h"}, ""},
        {SIGV4_STANDARD, "sts", "GET", "/", "%2=1", {"Host: h"}, ""},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct prepared p;
        struct err err = {0};
        CLEANUP_BUF struct buf out;
        prepare(&rows[i], &p);
        buf_init(&out, 4096);
        assert_int_equal(canonical_request(&p.req, SIGV4_HEADER, STR("host"), STR(""), &out, &err), -1);
        assert_int_equal(err.code, ERR_INVALID_URI);
    }
}

static void test_too_many_parameters(void **state)
{
    char query[2 * CANONICAL_QUERY_MAX_PARAMETERS + 4];
    struct wire w = {SIGV4_S3, "s3", "GET", "/", query, {"Host: h"}, ""};
    struct prepared p;
    struct err err = {0};
    CLEANUP_BUF struct buf out;
    (void)state;
    for (size_t i = 0; i < sizeof query - 1; i++)
        query[i] = i % 2 ? '&' : 'a';
    query[sizeof query - 1] = '\0';
    prepare(&w, &p);
    buf_init(&out, 1 << 20);
    assert_int_equal(canonical_request(&p.req, SIGV4_HEADER, STR("host"), STR(""), &out, &err), -1);
    assert_int_equal(err.code, ERR_TOO_LARGE);
}

static void assert_peek(const char *authorization, const char *query, const char *expected)
{
    struct http_header item = {STR("authorization"), str_from(authorization)};
    struct http_headers headers = {&item, authorization ? 1 : 0};
    struct str service = sigv4_peek_service(&headers, str_from(query));
    if (expected)
        assert_true(str_is(service, expected));
    else
        assert_null(service.p);
}

static void test_peek(void **state)
{
    (void)state;
    assert_peek("AWS4-HMAC-SHA256 Credential=A/20130524/us-east-1/s3/aws4_request, Signature=1", NULL, "s3");
    assert_peek(NULL, "a=1&X-Amz-Credential=A%2F20130524%2fus-east-1%2Fsts%2Faws4_request&b=2", "sts");
    assert_peek(NULL, "X-Amz-Credential=A/20130524/us-east-1/sts/aws4_request", "sts");
    assert_peek("Basic abc", NULL, NULL);
    assert_peek("AWS4-HMAC-SHA256 Credential=A/b", NULL, NULL);
    assert_peek("AWS4-HMAC-SHA256 Credential=", NULL, NULL);
    assert_peek(NULL, "X-Amz-Credential=%", NULL);
    assert_peek(NULL, NULL, NULL);
}

/* One verifier, many keys: results do not depend on what the cache holds, nor on a secret that changed. */
static void test_key_cache(void **state)
{
    struct sigv4_settings settings = {.region = "us-east-1", .skew_ms = 300000, .cached_keys = 2};
    struct sigv4_verifier *v = sigv4_verifier_new(&settings);
    (void)state;
    for (int round = 0; round < 20; round++) {
        CLEANUP_ARENA struct arena *arena = arena_new(1 << 16);
        const char *id = (const char *[]){"AKIDA", "AKIDB", "AKIDC"}[round % 3];
        const char *secret = round < 10 ? "first" : "second";
        struct wire w = {SIGV4_STANDARD,
                         "athena",
                         "POST",
                         "/",
                         NULL,
                         {"Host: h", "X-Amz-Date: 20261123T120000Z", NULL},
                         ""};
        struct sigv4_credentials credentials = {str_from(id), str_from(secret)};
        struct prepared p;
        struct str authorization;
        struct sigv4_auth auth;
        struct err err;
        prepare(&w, &p);
        assert_int_equal(sigv4_sign(&p.req, &credentials, STR("us-east-1"), STR(EMPTY_SHA256), arena,
                                    &authorization, &err),
                         0);
        p.items[p.headers.count++] = (struct http_header){STR("Authorization"), authorization};
        assert_int_equal(sigv4_parse(&p.req, arena, &auth, &err), 0);
        int64_t now = at("20261123T120000Z");
        assert_int_equal(sigv4_verify(v, &p.req, &auth, STR(EMPTY_SHA256), str_from(secret), now, &err), 0);
        assert_int_equal(sigv4_verify(v, &p.req, &auth, STR(EMPTY_SHA256), STR("wrong"), now, &err), -1);
        assert_int_equal(err.code, ERR_INVALID_SIGNATURE);
    }
    sigv4_verifier_free(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_documented),
        cmocka_unit_test(test_standard),
        cmocka_unit_test(test_canonical_headers),
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_queries),
        cmocka_unit_test(test_undecodable),
        cmocka_unit_test(test_too_many_parameters),
        cmocka_unit_test(test_peek),
        cmocka_unit_test(test_key_cache),
    };
    return cmocka_run_group_tests_name("sigv4", tests, NULL, NULL);
}
