#include "aws/protocol.h"
#include "base/xml.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void assert_body(enum aws_protocol protocol, const struct err *err, const char *expected)
{
    CLEANUP_BUF struct buf out;
    buf_init(&out, 4096);
    aws_error_body(protocol, err, STR("/bucket/a&b"), STR("r-1"), &out);
    buf_add_char(&out, '\0');
    assert_string_equal(out.p, expected);
}

static void test_json(void **state)
{
    struct err err;
    (void)state;
    err_set(&err, ERR_UNKNOWN_OPERATION, "no \"x\"");
    assert_body(AWS_PROTOCOL_JSON, &err,
                "{\"__type\":\"UnknownOperationException\",\"Message\":\"no \\\"x\\\"\"}");
    err_set(&err, ERR_INVALID_REQUEST, "plain");
    assert_body(AWS_PROTOCOL_JSON, &err, "{\"__type\":\"InvalidRequestException\",\"Message\":\"plain\"}");
}

static void test_json_details(void **state)
{
    struct err err;
    (void)state;
    err_set_detail(&err, ERR_INVALID_REQUEST, "INVALID_INPUT", "m");
    assert_body(AWS_PROTOCOL_JSON, &err,
                "{\"__type\":\"InvalidRequestException\",\"AthenaErrorCode\":\"INVALID_INPUT\","
                "\"ErrorCode\":\"INVALID_INPUT\",\"Message\":\"m\"}");
    err_set_detail(&err, ERR_TOO_MANY_REQUESTS, "CONCURRENT_QUERY_LIMIT_EXCEEDED", "m");
    assert_body(AWS_PROTOCOL_JSON, &err,
                "{\"__type\":\"TooManyRequestsException\",\"Reason\":\"CONCURRENT_QUERY_LIMIT_EXCEEDED\","
                "\"Message\":\"m\"}");
    err_set_detail(&err, ERR_RESOURCE_NOT_FOUND, "arn:x", "m");
    assert_body(AWS_PROTOCOL_JSON, &err,
                "{\"__type\":\"ResourceNotFoundException\",\"ResourceName\":\"arn:x\",\"Message\":\"m\"}");
    err_set_detail(&err, ERR_HEADERS_NOT_SIGNED, "x-amz-target", "m");
    assert_body(AWS_PROTOCOL_JSON, &err, "{\"__type\":\"InvalidSignatureException\",\"Message\":\"m\"}");
}

static void test_s3(void **state)
{
    struct err err;
    (void)state;
    err_set(&err, ERR_NO_SUCH_KEY, "The <key>");
    assert_body(
        AWS_PROTOCOL_S3, &err,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>NoSuchKey</Code><Message>The &lt;key&gt;"
        "</Message><Resource>/bucket/a&amp;b</Resource><RequestId>r-1</RequestId><HostId>ci0x</HostId></"
        "Error>");
    err_set_detail(&err, ERR_CREDENTIAL_SCOPE, "us-east-1", "m");
    assert_body(AWS_PROTOCOL_S3, &err,
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>AuthorizationHeaderMalformed</Code>"
                "<Message>m</Message><Region>us-east-1</Region><Resource>/bucket/a&amp;b</Resource>"
                "<RequestId>r-1</RequestId><HostId>ci0x</HostId></Error>");
}

static void test_query(void **state)
{
    struct err err;
    (void)state;
    err_set(&err, ERR_UNRECOGNIZED_CLIENT, "m");
    assert_body(AWS_PROTOCOL_QUERY, &err,
                "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n  <Error>\n"
                "    <Type>Sender</Type>\n    <Code>InvalidClientTokenId</Code>\n    <Message>m</Message>\n  "
                "</Error>\n"
                "  <RequestId>r-1</RequestId>\n</ErrorResponse>\n");
    err_set(&err, ERR_INTERNAL, "m");
    assert_body(
        AWS_PROTOCOL_QUERY, &err,
        "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n  <Error>\n"
        "    <Type>Receiver</Type>\n    <Code>InternalFailure</Code>\n    <Message>m</Message>\n  </Error>\n"
        "  <RequestId>r-1</RequestId>\n</ErrorResponse>\n");
}

/* Every code has a name and an error's status in every protocol, and no two codes share a symbol. */
static void test_table(void **state)
{
    (void)state;
    for (enum err_code code = ERR_NONE + 1; code < ERR_CODE_MAX; code++) {
        struct err err = {.code = code};
        for (enum aws_protocol p = AWS_PROTOCOL_JSON; p <= AWS_PROTOCOL_QUERY; p++) {
            assert_true(strlen(aws_error_name(p, &err)) > 0);
            assert_in_range(aws_error_status(p, &err), 400, 599);
        }
        assert_true(err_info(code)->code == code);
    }
}

/* Errors about the key, which the signature's own tests do not reach: name and status in the three protocols.
 */
static const struct {
    enum err_code code;
    const char *names[3];
    int statuses[3];
} key_rows[] = {
    {ERR_UNRECOGNIZED_CLIENT,
     {"UnrecognizedClientException", "InvalidAccessKeyId", "InvalidClientTokenId"},
     {400, 403, 403}},
    {ERR_INVALID_TOKEN,
     {"UnrecognizedClientException", "InvalidToken", "InvalidClientTokenId"},
     {400, 400, 403}},
    {ERR_EXPIRED_TOKEN, {"ExpiredTokenException", "ExpiredToken", "ExpiredToken"}, {400, 400, 403}},
    {ERR_ACCESS_DENIED, {"AccessDeniedException", "AccessDenied", "AccessDenied"}, {400, 403, 403}},
};

static void test_key_errors(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(key_rows); i++) {
        struct err err = {.code = key_rows[i].code};
        for (enum aws_protocol p = AWS_PROTOCOL_JSON; p <= AWS_PROTOCOL_QUERY; p++) {
            assert_string_equal(aws_error_name(p, &err), key_rows[i].names[p]);
            assert_int_equal(aws_error_status(p, &err), key_rows[i].statuses[p]);
        }
    }
}

static void test_xml_escape(void **state)
{
    static const char in[] = "a<b>&\"'\r\n\t\x01\xff\xc3\xa9\xef\xbf\xbf";
    CLEANUP_BUF struct buf out;
    (void)state;
    buf_init(&out, 256);
    xml_escape(&out, str_of(in, sizeof in - 1));
    xml_element(&out, "E", STR_NULL);
    xml_element(&out, "E", STR(""));
    buf_add_char(&out, '\0');
    assert_string_equal(
        out.p, "a&lt;b&gt;&amp;&quot;&apos;&#13;\n\t\xef\xbf\xbd\xef\xbf\xbd\xc3\xa9\xef\xbf\xbd<E></E>");
}

static void test_xml_element_exact(void **state)
{
    static const char in[] = "a<\r\n\t\x01\x1f\x7f\xff\xc3\xa9\xef\xbf\xbe";
    CLEANUP_BUF struct buf out;
    (void)state;
    buf_init(&out, 256);
    xml_element_exact(&out, "E", str_of(in, sizeof in - 1));
    xml_element_exact(&out, "E", STR_NULL);
    buf_add_char(&out, '\0');
    assert_string_equal(out.p, "<E>a&lt;&#13;\n\t&#x1;&#x1F;\x7f\xef\xbf\xbd\xc3\xa9&#xFFFE;</E>");
    assert_false(xml_text_valid(str_of(in, sizeof in - 1)));
}

static void test_xml_text_valid(void **state)
{
    (void)state;
    assert_true(xml_text_valid(STR("")));
    assert_true(xml_text_valid(STR("\t\n\r ~\x7f\xc2\x80\xef\xbf\xbd\xf0\x9f\x98\x80")));
    assert_false(xml_text_valid(STR("a\x01")));
    assert_false(xml_text_valid(STR("\x1f")));
    assert_false(xml_text_valid(STR("\xef\xbf\xbe")));
    assert_false(xml_text_valid(STR("\xef\xbf\xbf")));
    assert_false(xml_text_valid(STR("a\xff")));
    assert_false(xml_text_valid(str_of("\0", 1)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_json_details),
        cmocka_unit_test(test_s3),
        cmocka_unit_test(test_query),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_key_errors),
        cmocka_unit_test(test_xml_escape),
        cmocka_unit_test(test_xml_element_exact),
        cmocka_unit_test(test_xml_text_valid),
    };
    return cmocka_run_group_tests_name("protocol", tests, NULL, NULL);
}
