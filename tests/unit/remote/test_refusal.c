#include "remote/refusal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static enum refusal_kind read_one(int status, const char *body, struct err *err)
{
    const struct http_headers none = {0};
    return refusal_read(status, &none, str_from(body), STR("b"), err);
}

#define BODY(code) "<Error><Code>" code "</Code><Message>why</Message></Error>"

static void test_kinds(void **state)
{
    (void)state;
    struct err err;
    assert_int_equal(read_one(503, BODY("SlowDown"), &err), REFUSAL_PASSES);
    assert_int_equal(err.code, ERR_UNAVAILABLE);
    assert_string_equal(err.text, "status 503, SlowDown: why");
    assert_int_equal(read_one(400, BODY("RequestTimeout"), &err), REFUSAL_PASSES);
    assert_int_equal(read_one(500, "", &err), REFUSAL_PASSES);
    assert_string_equal(err.text, "status 500");
    assert_int_equal(read_one(502, "<html>bad gateway", &err), REFUSAL_PASSES);
    assert_int_equal(read_one(429, "", &err), REFUSAL_PASSES);
    assert_int_equal(read_one(501, BODY("NotImplemented"), &err), REFUSAL_FINAL);
    assert_int_equal(read_one(403, BODY("RequestTimeTooSkewed"), &err), REFUSAL_SKEWED);
    assert_int_equal(read_one(400, BODY("ExpiredToken"), &err), REFUSAL_EXPIRED);
    assert_int_equal(read_one(400, BODY("InvalidToken"), &err), REFUSAL_EXPIRED);
    assert_int_equal(read_one(403, BODY("SignatureDoesNotMatch"), &err), REFUSAL_FINAL);
    assert_int_equal(err.code, ERR_ACCESS_DENIED);
}

/* An error behind a 200, and answers that S3 does not give. */
static void test_no_successes(void **state)
{
    (void)state;
    struct err err;
    assert_true(refusal_is_told(STR(BODY("InternalError"))));
    assert_true(
        refusal_is_told(STR(" \n<?xml version=\"1.0\"?>\n<Error xmlns=\"x\"><Code>x</Code></Error>")));
    assert_false(refusal_is_told(STR("<DeleteResult><Error><Code>x</Code></Error></DeleteResult>")));
    assert_false(refusal_is_told(STR("<?xml version")));
    assert_false(refusal_is_told(STR("")));
    assert_int_equal(read_one(200, BODY("InternalError"), &err), REFUSAL_PASSES);
    assert_int_equal(err.code, ERR_UNAVAILABLE);
    assert_string_equal(err.text, "status 200, InternalError: why");
    assert_int_equal(read_one(206, "", &err), REFUSAL_PASSES);
    assert_int_equal(err.code, ERR_UNAVAILABLE);
    assert_string_equal(err.text, "status 206, which is no answer of S3's");
    assert_int_equal(read_one(302, "<html>", &err), REFUSAL_FINAL);
    assert_string_equal(err.text, "status 302, which is no answer of S3's");
}

static void test_codes(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *body;
        enum err_code code;
    } rows[] = {
        {404, BODY("NoSuchBucket"), ERR_NO_SUCH_BUCKET},     {404, BODY("NoSuchUpload"), ERR_NO_SUCH_UPLOAD},
        {404, BODY("NoSuchKey"), ERR_NO_SUCH_KEY},           {404, "", ERR_NO_SUCH_KEY},
        {412, BODY("PreconditionFailed"), ERR_PRECONDITION}, {416, "", ERR_INVALID_RANGE},
        {400, BODY("InvalidRange"), ERR_INVALID_RANGE},      {400, BODY("EntityTooLarge"), ERR_TOO_LARGE},
        {400, BODY("MalformedXML"), ERR_INVALID_REQUEST},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct err err;
        assert_int_equal(read_one(rows[i].status, rows[i].body, &err), REFUSAL_FINAL);
        assert_int_equal(err.code, rows[i].code);
    }
}

static void test_what_is_missing(void **state)
{
    (void)state;
    struct err err;
    assert_int_equal(read_one(404, BODY("NoSuchBucket"), &err), REFUSAL_FINAL);
    assert_int_equal(err.code, ERR_NO_SUCH_BUCKET);
    read_one(404, BODY("NoSuchKey"), &err);
    assert_int_equal(err.code, ERR_NO_SUCH_KEY);
    read_one(404, "", &err);
    assert_int_equal(err.code, ERR_NO_SUCH_KEY);
}

static void test_another_region(void **state)
{
    (void)state;
    struct err err;
    const struct http_header region = {STR("X-Amz-Bucket-Region"), STR("eu-west-1")};
    const struct http_headers headers = {&region, 1};
    assert_int_equal(refusal_read(301, &headers, STR(""), STR("b"), &err), REFUSAL_FINAL);
    assert_true(str_contains(str_from(err.text), STR("The bucket b lies in the region eu-west-1")));
    refusal_read(400, &(struct http_headers){0},
                 STR("<Error><Code>AuthorizationHeaderMalformed</Code><Region>us-west-2</Region></Error>"),
                 STR("b"), &err);
    assert_true(str_contains(str_from(err.text), STR("us-west-2")));
    refusal_read(403, &headers, STR(BODY("AccessDenied")), STR("b"), &err);
    assert_string_equal(err.text, "status 403, AccessDenied: why");
}

static void test_elements(void **state)
{
    (void)state;
    struct str s = refusal_element(STR("<a><Code>x</Code><Code>y</Code></a>"), "Code");
    assert_true(str_is(s, "x"));
    assert_null(refusal_element(STR("<Code>x"), "Code").p);
    assert_null(refusal_element(STR("</Code><Code>"), "Code").p);
    assert_null(refusal_element(STR_NULL, "Code").p);
    assert_int_equal(refusal_element(STR("<Code></Code>"), "Code").n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),          cmocka_unit_test(test_no_successes),
        cmocka_unit_test(test_codes),          cmocka_unit_test(test_what_is_missing),
        cmocka_unit_test(test_another_region), cmocka_unit_test(test_elements),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
