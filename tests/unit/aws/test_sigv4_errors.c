/* What is wrong with a signature, and the name and status that each protocol gives it. The sentences are
 * AWS's where AWS has one. */
#include "aws/protocol.h"
#include "sigv4_support.h"

#define NOW "20261123T120000Z"
#define TODAY "20261123"
#define SIG "0000000000000000000000000000000000000000000000000000000000000000"
#define SHA "x-amz-content-sha256: UNSIGNED-PAYLOAD"
#define DATE "X-Amz-Date: " NOW
#define HOST "Host: h"
#define AUTH(region, service, headers)                                                                       \
    "Authorization: AWS4-HMAC-SHA256 Credential=" DOC_KEY "/" TODAY "/" region "/" service                   \
    "/aws4_request, SignedHeaders=" headers ", Signature=" SIG
#define S3_AUTH AUTH("us-east-1", "s3", "host;x-amz-content-sha256;x-amz-date")
#define JSON_AUTH AUTH("us-east-1", "athena", "host;x-amz-date")
#define QUERY(credential, date, expires, headers)                                                            \
    "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=" credential "&X-Amz-Date=" date                      \
    "&X-Amz-Expires=" expires "&X-Amz-SignedHeaders=" headers "&X-Amz-Signature=" SIG
#define S3_CREDENTIAL DOC_KEY "%2F" TODAY "%2Fus-east-1%2Fs3%2Faws4_request"
#define STS_CREDENTIAL DOC_KEY "%2F" TODAY "%2Fus-east-1%2Fsts%2Faws4_request"

struct row {
    const char *what;
    struct wire wire;
    const char *name;
    int status;
    const char *words; /* part of the sentence */
};

#define JSON_WIRE(...)                                                                                       \
    {                                                                                                        \
        SIGV4_STANDARD, "athena", "POST", "/", NULL, {__VA_ARGS__}, "{}"                                     \
    }
#define JSON_GET(query_, ...)                                                                                \
    {                                                                                                        \
        SIGV4_STANDARD, "athena", "GET", "/", query_, {__VA_ARGS__}, ""                                      \
    }
#define STS_WIRE(...)                                                                                        \
    {                                                                                                        \
        SIGV4_STANDARD, "sts", "POST", "/", NULL, {__VA_ARGS__}, "Action=GetCallerIdentity"                  \
    }
#define STS_GET(query_)                                                                                      \
    {                                                                                                        \
        SIGV4_STANDARD, "sts", "GET", "/", query_, {HOST}, ""                                                \
    }
#define S3_WIRE(...)                                                                                         \
    {                                                                                                        \
        SIGV4_S3, "s3", "GET", "/bucket/key", NULL, {__VA_ARGS__}, ""                                        \
    }
#define S3_GET(query_)                                                                                       \
    {                                                                                                        \
        SIGV4_S3, "s3", "GET", "/bucket/key", query_, {HOST}, ""                                             \
    }

static const struct row rows[] = {
    /* Athena and Glue: AWS JSON 1.1. */
    {"no signature", JSON_WIRE(HOST, DATE), "MissingAuthenticationTokenException", 400,
     "Missing Authentication Token"},
    {"other scheme", JSON_WIRE(HOST, DATE, "Authorization: Bearer x"), "IncompleteSignatureException", 400,
     "Authorization header requires 'Credential' parameter."},
    {"signature version 2", JSON_WIRE(HOST, DATE, "Authorization: AWS " DOC_KEY ":c2ln"),
     "IncompleteSignatureException", 400, "Please use AWS4-HMAC-SHA256."},
    {"signature version 4a",
     JSON_WIRE(HOST, DATE, "Authorization: AWS4-ECDSA-P256-SHA256 Credential=a/b/c/d/e"),
     "IncompleteSignatureException", 400, "Please use AWS4-HMAC-SHA256."},
    {"missing parts", JSON_WIRE(HOST, DATE, "Authorization: AWS4-HMAC-SHA256 Credential=a/b/c/d/e"),
     "IncompleteSignatureException", 400,
     "Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' "
     "parameter."},
    {"no equal-sign", JSON_WIRE(HOST, DATE, "Authorization: AWS4-HMAC-SHA256 Credential=a, b/c"),
     "IncompleteSignatureException", 400, "'b/c' not a valid key=value pair (missing equal-sign)"},
    {"short credential",
     JSON_WIRE(HOST, DATE, "Authorization: AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=1"),
     "IncompleteSignatureException", 400, "Credential must have exactly 5 slash-delimited elements"},
    {"no date", JSON_WIRE(HOST, JSON_AUTH), "IncompleteSignatureException", 400,
     "requires existence of either a 'X-Amz-Date' or a 'Date' header"},
    {"bad date", JSON_WIRE(HOST, "X-Amz-Date: yesterday", JSON_AUTH), "IncompleteSignatureException", 400,
     "Got 'yesterday'"},
    {"date before 1970", JSON_WIRE(HOST, "Date: Mon, 23 Nov 0226 12:00:00 GMT", JSON_AUTH),
     "IncompleteSignatureException", 400, "Date must be in ISO-8601 'basic format'"},
    {"two dates", JSON_WIRE(HOST, DATE, DATE, JSON_AUTH), "IncompleteSignatureException", 400, "only once"},
    {"two signatures", JSON_WIRE(HOST, DATE, JSON_AUTH, JSON_AUTH), "IncompleteSignatureException", 400,
     "only once"},
    {"host unsigned", JSON_WIRE(HOST, DATE, AUTH("us-east-1", "athena", "x-amz-date")),
     "InvalidSignatureException", 400, "'Host' or ':authority' must be a 'SignedHeader'"},
    {"target unsigned", JSON_WIRE(HOST, DATE, "X-Amz-Target: AmazonAthena.ListSessions", JSON_AUTH),
     "InvalidSignatureException", 400, "'X-Amz-Target' must be a 'SignedHeader'"},
    {"unsorted list", JSON_WIRE(HOST, DATE, AUTH("us-east-1", "athena", "x-amz-date;host")),
     "IncompleteSignatureException", 400, "ascending order"},
    {"name twice", JSON_WIRE(HOST, DATE, AUTH("us-east-1", "athena", "host;host;x-amz-date")),
     "IncompleteSignatureException", 400, "ascending order"},
    {"capitals in the list", JSON_WIRE(HOST, DATE, AUTH("us-east-1", "athena", "Host;x-amz-date")),
     "IncompleteSignatureException", 400, "lower case"},
    {"signed header not sent", JSON_WIRE(HOST, DATE, AUTH("us-east-1", "athena", "host;range;x-amz-date")),
     "InvalidSignatureException", 400, "'range'"},
    {"wrong region", JSON_WIRE(HOST, DATE, AUTH("eu-west-1", "athena", "host;x-amz-date")),
     "InvalidSignatureException", 400, "Credential should be scoped to a valid region, not 'eu-west-1'"},
    {"wrong service", JSON_WIRE(HOST, DATE, AUTH("us-east-1", "glue", "host;x-amz-date")),
     "InvalidSignatureException", 400, "Credential should be scoped to correct service: 'athena'."},
    {"wrong scope date", JSON_WIRE(HOST, "X-Amz-Date: 20261124T000000Z", JSON_AUTH),
     "InvalidSignatureException", 400, "'20261123' != '20261124'"},
    {"old", JSON_WIRE(HOST, "X-Amz-Date: 20261123T115459Z", JSON_AUTH), "InvalidSignatureException", 400,
     "Signature expired: 20261123T115459Z is now earlier than 20261123T115500Z (20261123T120000Z - 5 min.)"},
    {"future", JSON_WIRE(HOST, "X-Amz-Date: 20261123T120501Z", JSON_AUTH), "InvalidSignatureException", 400,
     "Signature not yet current: 20261123T120501Z is still later than 20261123T120500Z (20261123T120000Z + 5 "
     "min.)"},
    {"wrong signature", JSON_WIRE(HOST, DATE, JSON_AUTH), "InvalidSignatureException", 400,
     "The request signature we calculated does not match the signature you provided."},
    {"unsigned body", JSON_WIRE(HOST, DATE, SHA, JSON_AUTH), "InvalidSignatureException", 400,
     "for S3 alone"},
    {"presigned too long ago",
     JSON_GET(QUERY(DOC_KEY "/" TODAY "/us-east-1/athena/aws4_request", "20261123T115900Z", "59", "host"),
              HOST),
     "InvalidSignatureException", 400, "Signature expired: 20261123T115900Z"},
    {"presigned without expiry",
     JSON_GET("X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a&X-Amz-Signature=b&X-Amz-Date=c&X-Amz-"
              "SignedHeaders=host",
              HOST),
     "IncompleteSignatureException", 400, "'X-Amz-Expires'"},

    /* STS: the query protocol. */
    {"no signature", STS_WIRE(HOST, DATE), "MissingAuthenticationToken", 403,
     "Request is missing Authentication Token"},
    {"other scheme", STS_WIRE(HOST, DATE, "Authorization: Basic x"), "IncompleteSignature", 400,
     "requires 'Credential'"},
    {"wrong service", STS_WIRE(HOST, DATE, JSON_AUTH), "SignatureDoesNotMatch", 403,
     "correct service: 'sts'"},
    {"old", STS_WIRE(HOST, "X-Amz-Date: 20261123T110000Z", AUTH("us-east-1", "sts", "host;x-amz-date")),
     "SignatureDoesNotMatch", 403, "Signature expired"},
    {"wrong signature", STS_WIRE(HOST, DATE, AUTH("us-east-1", "sts", "host;x-amz-date")),
     "SignatureDoesNotMatch", 403, "does not match the signature you provided"},
    {"presigned, wrong", STS_GET(QUERY(STS_CREDENTIAL, NOW, "60", "host")), "SignatureDoesNotMatch", 403,
     "does not match the signature you provided"},
    {"presigned, malformed", STS_GET(QUERY("x", NOW, "60", "host")), "IncompleteSignature", 400, "got 'x'"},

    /* S3. */
    {"no signature", S3_WIRE(HOST, DATE), "AccessDenied", 403, "Access Denied"},
    {"other scheme", S3_WIRE(HOST, DATE, "Authorization: Bearer x"), "InvalidArgument", 400,
     "Unsupported Authorization Type"},
    {"signature version 2", S3_WIRE(HOST, DATE, "Authorization: AWS " DOC_KEY ":c2ln"), "InvalidRequest", 400,
     "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."},
    {"signature version 2, presigned", S3_GET("AWSAccessKeyId=a&Signature=b&Expires=1"), "AccessDenied", 403,
     "Request has expired"},
    {"missing parts", S3_WIRE(HOST, DATE, "Authorization: AWS4-HMAC-SHA256 Credential=a/b/c/d/e"),
     "AuthorizationHeaderMalformed", 400,
     "The authorization header is malformed; the authorization header requires three components"},
    {"short credential",
     S3_WIRE(HOST, DATE, "Authorization: AWS4-HMAC-SHA256 Credential=a/b,SignedHeaders=host,Signature=1"),
     "AuthorizationHeaderMalformed", 400, "the Credential is mal-formed"},
    {"no date", S3_WIRE(HOST, SHA, S3_AUTH), "AccessDenied", 403,
     "AWS authentication requires a valid Date or x-amz-date header"},
    {"no body hash", S3_WIRE(HOST, DATE, AUTH("us-east-1", "s3", "host;x-amz-date")), "InvalidRequest", 400,
     "Missing required header for this request: x-amz-content-sha256"},
    {"bad body hash", S3_WIRE(HOST, DATE, "x-amz-content-sha256: abc", S3_AUTH), "InvalidArgument", 400,
     "or a valid sha256 value"},
    {"wrong region",
     S3_WIRE(HOST, DATE, SHA, AUTH("eu-west-1", "s3", "host;x-amz-content-sha256;x-amz-date")),
     "AuthorizationHeaderMalformed", 400, "the region 'eu-west-1' is wrong; expecting 'us-east-1'"},
    {"wrong service",
     S3_WIRE(HOST, DATE, SHA, AUTH("us-east-1", "athena", "host;x-amz-content-sha256;x-amz-date")),
     "AuthorizationHeaderMalformed", 400, "incorrect service \"athena\". This endpoint belongs to \"s3\"."},
    {"wrong scope date", S3_WIRE(HOST, "X-Amz-Date: 20261124T000000Z", SHA, S3_AUTH),
     "AuthorizationHeaderMalformed", 400, "Invalid credential date \"20261123\""},
    {"header unsigned", S3_WIRE(HOST, DATE, SHA, "x-amz-acl: private", S3_AUTH), "AccessDenied", 403,
     "There were headers present in the request which were not signed"},
    {"old", S3_WIRE(HOST, "X-Amz-Date: 20261123T110000Z", SHA, S3_AUTH), "RequestTimeTooSkewed", 403,
     "The difference between the request time and the current time is too large."},
    {"wrong signature", S3_WIRE(HOST, DATE, SHA, S3_AUTH), "SignatureDoesNotMatch", 403,
     "does not match the signature you provided"},
    {"header and query",
     {SIGV4_S3, "s3", "GET", "/b/k", "X-Amz-Algorithm=x", {HOST, DATE, SHA, S3_AUTH}, ""},
     "InvalidArgument",
     400,
     "Only one auth mechanism allowed"},
    {"presigned, parameter missing", S3_GET("X-Amz-Algorithm=AWS4-HMAC-SHA256"),
     "AuthorizationQueryParametersError", 400,
     "Query-string authentication version 4 requires the X-Amz-Algorithm"},
    {"presigned, 4a",
     S3_GET("X-Amz-Algorithm=AWS4-ECDSA-P256-SHA256&X-Amz-Credential=a&X-Amz-Date=b&X-Amz-Expires=1&X-Amz-"
            "SignedHeaders=host&X-Amz-Signature=c"),
     "AuthorizationQueryParametersError", 400, "X-Amz-Algorithm only supports"},
    {"presigned, parameter twice", S3_GET(QUERY(S3_CREDENTIAL, NOW, "60", "host") "&X-Amz-Expires=90"),
     "AuthorizationQueryParametersError", 400, "X-Amz-Expires may be given only once"},
    {"presigned, bad credential", S3_GET(QUERY("x", NOW, "60", "host")), "AuthorizationQueryParametersError",
     400, "Error parsing the X-Amz-Credential parameter"},
    {"presigned, bad date", S3_GET(QUERY(S3_CREDENTIAL, "today", "60", "host")),
     "AuthorizationQueryParametersError", 400, "X-Amz-Date must be in the ISO8601 Long Format"},
    {"presigned, expiry no number", S3_GET(QUERY(S3_CREDENTIAL, NOW, "1h", "host")),
     "AuthorizationQueryParametersError", 400, "X-Amz-Expires should be a number"},
    {"presigned, negative expiry", S3_GET(QUERY(S3_CREDENTIAL, NOW, "-1", "host")),
     "AuthorizationQueryParametersError", 400, "X-Amz-Expires must be non-negative"},
    {"presigned, expiry 0", S3_GET(QUERY(S3_CREDENTIAL, NOW, "0", "host")),
     "AuthorizationQueryParametersError", 400, "between 1 and 604800"},
    {"presigned, too far", S3_GET(QUERY(S3_CREDENTIAL, NOW, "604801", "host")),
     "AuthorizationQueryParametersError", 400, "less than 604800 seconds"},
    {"presigned, wrong region",
     S3_GET(QUERY(DOC_KEY "/" TODAY "/eu-west-1/s3/aws4_request", NOW, "60", "host")),
     "AuthorizationQueryParametersError", 400, "the region 'eu-west-1' is wrong"},
    {"presigned, expired", S3_GET(QUERY(S3_CREDENTIAL, "20261123T115000Z", "599", "host")), "AccessDenied",
     403, "Request has expired"},
    {"presigned, too early", S3_GET(QUERY(S3_CREDENTIAL, "20261123T120501Z", "60", "host")), "AccessDenied",
     403, "Request is not valid yet"},
    {"presigned, wrong", S3_GET(QUERY(S3_CREDENTIAL, "20261123T115001Z", "600", "host")),
     "SignatureDoesNotMatch", 403, "does not match the signature you provided"},
    {"presigned, host unsigned", S3_GET(QUERY(S3_CREDENTIAL, NOW, "60", "")),
     "AuthorizationQueryParametersError", 400, "X-Amz-SignedHeaders"},
    {"undecodable path",
     {SIGV4_S3, "s3", "GET", "/b/%zz", NULL, {HOST, DATE, SHA, S3_AUTH}, ""},
     "InvalidURI",
     400,
     "Couldn't parse the specified URI."},
};

static enum aws_protocol protocol_of(const struct wire *w)
{
    if (w->style == SIGV4_S3)
        return AWS_PROTOCOL_S3;
    return strcmp(w->service, "sts") == 0 ? AWS_PROTOCOL_QUERY : AWS_PROTOCOL_JSON;
}

static void test_rows(void **state)
{
    size_t bad = 0;
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const struct row *r = &rows[i];
        CLEANUP_ARENA struct arena *arena = arena_new(1 << 16);
        struct sigv4_auth auth;
        struct err err = {0};
        int rc = check(&r->wire, DOC_SECRET, at(NOW), arena, &auth, &err);
        enum aws_protocol p = protocol_of(&r->wire);
        if (rc == -1 && strcmp(aws_error_name(p, &err), r->name) == 0 &&
            aws_error_status(p, &err) == r->status && strstr(err.text, r->words))
            continue;
        print_error("%s, %s: %s %d \"%s\"\n", r->wire.service, r->what, aws_error_name(p, &err),
                    aws_error_status(p, &err), err.text);
        bad++;
    }
    assert_int_equal(bad, 0);
}

/* A good signature over a body that is not the one that came. */
static void test_other_body(void **state)
{
    struct wire w = {SIGV4_S3, "s3", "PUT", "/b/k", NULL, {HOST, DATE, "x-amz-content-sha256: " EMPTY_SHA256},
                     ""};
    struct sigv4_credentials credentials = {STR(DOC_KEY), STR(DOC_SECRET)};
    CLEANUP_ARENA struct arena *arena = arena_new(1 << 16);
    struct prepared p;
    struct str authorization;
    struct sigv4_auth auth;
    struct err err = {0};
    (void)state;
    prepare(&w, &p);
    assert_int_equal(
        sigv4_sign(&p.req, &credentials, STR("us-east-1"), STR(EMPTY_SHA256), arena, &authorization, &err),
        0);
    w.headers[3] = arena_cstr(arena, arena_printf(arena, "Authorization: %.*s", STR_ARG(authorization)));
    assert_int_equal(check(&w, DOC_SECRET, at(NOW), arena, &auth, &err), 0);
    assert_true(sigv4_ready(&auth));
    w.body = "x";
    assert_int_equal(check(&w, DOC_SECRET, at(NOW), arena, &auth, &err), -1);
    assert_string_equal(aws_error_name(AWS_PROTOCOL_S3, &err), "XAmzContentSHA256Mismatch");
    assert_int_equal(sigv4_check_body(&auth, STR(EMPTY_SHA256), &err), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_other_body),
    };
    return cmocka_run_group_tests_name("sigv4_errors", tests, NULL, NULL);
}
