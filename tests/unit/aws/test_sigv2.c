/* URLs that are signed with version 2: the example of S3's user guide, and URLs that botocore made. */
#include "aws/protocol.h"
#include "sigv4_support.h"

#define START "AWSAccessKeyId=" DOC_KEY "&"
#define DOC_END 1175139620
#define DOC_SIGNATURE "Signature=NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D&Expires=1175139620"

static const char *verify(const char *method, const char *query, const char *header, int64_t now_s)
{
    static char name[64];
    struct wire w = {SIGV4_S3, "s3", method, "/johnsmith/photos/puppy.jpg", query, {"Host: h", header}, ""};
    CLEANUP_ARENA struct arena *arena = arena_new(1 << 16);
    struct sigv4_auth auth;
    struct err err = {0};
    if (check(&w, DOC_SECRET, now_s * 1000, arena, &auth, &err) == 0) {
        assert_int_equal(auth.form, SIGV2_QUERY);
        assert_true(str_is(auth.access_key_id, DOC_KEY));
        return "";
    }
    snprintf(name, sizeof name, "%s", aws_error_name(AWS_PROTOCOL_S3, &err));
    return name;
}

static void test_valid(void **state)
{
    static const struct {
        const char *method;
        const char *query;
        const char *header;
    } rows[] = {
        {"GET", START DOC_SIGNATURE, NULL},
        {"GET", START "Signature=NpgCjnDzrM+WFzoENXmpNDUsSn8=&Expires=1175139620", NULL},
        {"GET",
         "response-content-type=a%20b%2F%2B&partNumber=2&" START
         "Signature=dfAcWlluDr%2BbokMUEs2gSdX5AC0%3D&Expires=1175139620",
         NULL},
        {"PUT",
         START "Signature=IgP2AiodU68wgVPtlzDr7Zg0p5A%3D&content-type=x%2Fy&x-amz-meta-colour=blue"
               "&Expires=1175139620",
         NULL},
        {"PUT",
         START "Signature=IgP2AiodU68wgVPtlzDr7Zg0p5A%3D&content-type=x%2Fy&x-amz-meta-colour=blue"
               "&Expires=1175139620",
         "X-Amz-Meta-Colour: blue"},
        {"POST", "uploads&" START "Signature=PhcKNwQD1U8CWhMhat%2B1qQuZBhw%3D&Expires=1175139620", NULL},
        {"GET",
         START "Signature=pMGzbk1lCbx%2BfSHU0hdvm9YUREo%3D&x-amz-security-token=T%2B%2F%3D"
               "&Expires=1175139620",
         NULL},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const char *error = verify(rows[i].method, rows[i].query, rows[i].header, DOC_END - 1);
        if (*error)
            print_error("row %zu: %s\n", i, error);
        assert_string_equal(error, "");
    }
}

static void test_refused(void **state)
{
    static const struct {
        const char *method;
        const char *query;
        const char *header;
        const char *error;
    } rows[] = {
        {"HEAD", START DOC_SIGNATURE, NULL, "SignatureDoesNotMatch"},
        {"GET", START DOC_SIGNATURE "&uploads", NULL, "SignatureDoesNotMatch"},
        {"GET", START DOC_SIGNATURE "&%74agging", NULL, "SignatureDoesNotMatch"},
        {"GET", START DOC_SIGNATURE "&legal-hold", NULL, "SignatureDoesNotMatch"},
        {"GET", START DOC_SIGNATURE "&response-%63ontent-type=text/html", NULL, "SignatureDoesNotMatch"},
        {"GET", START DOC_SIGNATURE "&%zz", NULL, "InvalidURI"},
        {"GET", START DOC_SIGNATURE "&x-amz-acl=private", NULL, "SignatureDoesNotMatch"},
        {"GET", START DOC_SIGNATURE, "x-amz-acl: private", "SignatureDoesNotMatch"},
        {"GET", START DOC_SIGNATURE, "Content-Type: x/y", "SignatureDoesNotMatch"},
        {"GET", START "Signature=NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D&Expires=1175139621", NULL,
         "SignatureDoesNotMatch"},
        {"GET", START "Signature=short&Expires=1175139620", NULL, "SignatureDoesNotMatch"},
        {"GET", START "Expires=1175139620", NULL, "AccessDenied"},
        {"GET", START "Signature=x", NULL, "AccessDenied"},
        {"GET", START "Signature=x&Expires=soon", NULL, "AccessDenied"},
        {"GET", START "Signature=x&Expires=-1", NULL, "AccessDenied"},
        {"GET", START "Signature=%zz&Expires=1175139620", NULL, "InvalidURI"},
        {"GET", START DOC_SIGNATURE, "x-amz-content-sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
         "InvalidArgument"},
        {"GET", START DOC_SIGNATURE "&X-Amz-Signature=x", NULL, "AuthorizationQueryParametersError"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const char *error = verify(rows[i].method, rows[i].query, rows[i].header, DOC_END - 1);
        if (strcmp(error, rows[i].error) != 0)
            print_error("row %zu: %s\n", i, error);
        assert_string_equal(error, rows[i].error);
    }
}

static void test_time(void **state)
{
    (void)state;
    assert_string_equal(verify("GET", START DOC_SIGNATURE, NULL, DOC_END), "");
    assert_string_equal(verify("GET", START DOC_SIGNATURE, NULL, DOC_END + 1), "AccessDenied");
}

static void test_only_s3(void **state)
{
    struct wire w = {SIGV4_STANDARD, "athena", "GET", "/", START DOC_SIGNATURE, {"Host: h"}, ""};
    CLEANUP_ARENA struct arena *arena = arena_new(1 << 16);
    struct sigv4_auth auth;
    struct err err = {0};
    (void)state;
    assert_int_equal(check(&w, DOC_SECRET, 0, arena, &auth, &err), -1);
    assert_int_equal(err.code, ERR_MISSING_AUTH_TOKEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_valid),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_time),
        cmocka_unit_test(test_only_s3),
    };
    return cmocka_run_group_tests_name("sigv2", tests, NULL, NULL);
}
