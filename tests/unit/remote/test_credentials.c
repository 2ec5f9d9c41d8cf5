#include "remote/keys/credentials.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void refuse_file(const char *text, const char *profile, const char *words)
{
    struct credentials c;
    struct err err;
    assert_int_equal(credentials_parse_file(str_from(text), str_from(profile), &c, &err), -1);
    assert_true(str_contains(str_from(err.text), str_from(words)));
    assert_false(str_contains(str_from(err.text), STR("hush")));
}

static void refuse_process(const char *text, const char *words)
{
    struct credentials c;
    struct err err;
    assert_int_equal(credentials_parse_process(str_from(text), &c, &err), -1);
    assert_true(str_contains(str_from(err.text), str_from(words)));
    assert_false(str_contains(str_from(err.text), STR("hush")));
}

static void test_file(void **state)
{
    (void)state;
    static const char text[] = "# comment\n[default]\naws_access_key_id=a\naws_secret_access_key = s/=+\r\n\n"
                               "[ other ]\n; x\nAWS_ACCESS_KEY_ID = b\naws_secret_access_key=t\n"
                               "aws_session_token = long==\nregion = x";
    struct credentials c;
    struct err err;
    assert_int_equal(credentials_parse_file(str_from(text), STR("default"), &c, &err), 0);
    assert_string_equal(c.access_key_id, "a");
    assert_string_equal(c.secret, "s/=+");
    assert_null(c.token);
    assert_int_equal(c.expires_ms, 0);
    credentials_done(&c);
    assert_int_equal(credentials_parse_file(str_from(text), STR("other"), &c, &err), 0);
    assert_string_equal(c.access_key_id, "b");
    assert_string_equal(c.token, "long==");
    credentials_done(&c);
}

static void test_bad_files(void **state)
{
    (void)state;
    refuse_file("", "default", "no profile [default]");
    refuse_file("[x]\naws_secret_access_key = hush\n", "x", "no aws_access_key_id");
    refuse_file("[x]\naws_access_key_id = a\n[y]\naws_secret_access_key = hush\n", "x", "profile [x]");
    refuse_file("aws_access_key_id = a\naws_secret_access_key = hush\n", "default", "no profile");
    refuse_file("[", "", "has no aws_access_key_id");
}

static void test_process(void **state)
{
    (void)state;
    struct credentials c;
    struct err err;
    assert_int_equal(
        credentials_parse_process(STR("{\"Version\": 1, \"AccessKeyId\": \"a\", \"SecretAccessKey\": \"s\","
                                      "\"SessionToken\": \"t\", \"Expiration\": \"2026-11-26T12:00:00Z\"}\n"),
                                  &c, &err),
        0);
    assert_string_equal(c.access_key_id, "a");
    assert_string_equal(c.secret, "s");
    assert_string_equal(c.token, "t");
    assert_int_equal(c.expires_ms, 1795694400000);
    credentials_done(&c);
    assert_int_equal(credentials_parse_process(
                         STR("{\"Version\":1,\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"s\"}"), &c, &err),
                     0);
    assert_null(c.token);
    assert_int_equal(c.expires_ms, 0);
    credentials_done(&c);
}

static void test_bad_processes(void **state)
{
    (void)state;
    refuse_process("", "no JSON object");
    refuse_process("hush", "no JSON object");
    refuse_process("[]", "no JSON object");
    refuse_process("{\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"hush\"}", "\"Version\": 1");
    refuse_process("{\"Version\":2,\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"hush\"}", "\"Version\": 1");
    refuse_process("{\"Version\":1,\"SecretAccessKey\":\"hush\"}", "lacks AccessKeyId");
    refuse_process(
        "{\"Version\":1,\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"hush\",\"Expiration\":\"soon\"}",
        "Expiration");
}

static void test_times(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
    } good[] = {{"1970-01-01T00:00:01Z", 1000},
                {"1970-01-01T01:00:00+01:00", 0},
                {"1969-12-31T22:30:00-01:30", 0},
                {"2026-11-26T12:00:00.123456Z", 1795694400000}};
    static const char *const bad[] = {"",
                                      "2026-11-26",
                                      "2026-11-26T12:00:00",
                                      "2026-11-26T12:00:00.",
                                      "2026-11-26T12:00:00.5",
                                      "2026-11-26T12:00:00+1",
                                      "2026-11-26T12:00:00Zx",
                                      "2026-13-26T12:00:00Z"};
    int64_t ms;
    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        assert_true(credentials_parse_time(str_from(good[i].text), &ms));
        assert_int_equal(ms, good[i].ms);
    }
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_false(credentials_parse_time(str_from(bad[i]), &ms));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_file),    cmocka_unit_test(test_bad_files),
        cmocka_unit_test(test_process), cmocka_unit_test(test_bad_processes),
        cmocka_unit_test(test_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
