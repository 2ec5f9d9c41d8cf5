#include "base/encode.h"
#include "fixture.h"
#include "objects/s3/list.h"

static void parses(struct arena *a, const char *raw, struct s3_list *ret)
{
    struct s3_query q;
    struct err err;
    assert_int_equal(s3_query_parse(a, str_from(raw), &q, &err), 0);
    assert_int_equal(s3_list_parse(a, &q, S3_LIST_V2, ret, &err), 0);
}

static void fails(struct arena *a, const char *raw, const char *text)
{
    struct s3_query q;
    struct s3_list list;
    struct err err;
    assert_int_equal(s3_query_parse(a, str_from(raw), &q, &err), 0);
    assert_int_equal(s3_list_parse(a, &q, S3_LIST_V2, &list, &err), -1);
    assert_int_equal(err.code, ERR_INVALID_ARGUMENT);
    assert_string_equal(err.text, text);
}

static void query_is_decoded(void **state)
{
    struct s3_query q;
    struct err err;
    assert_int_equal(s3_query_parse(*state, STR("a=b%2Fc+d&acl&e=&&f=1=2&a=x"), &q, &err), 0);
    assert_int_equal(q.count, 5);
    assert_str(s3_query_get(&q, "a"), "b/c d");
    assert_str(s3_query_get(&q, "acl"), "");
    assert_str(s3_query_get(&q, "e"), "");
    assert_str(s3_query_get(&q, "f"), "1=2");
    assert_null(s3_query_get(&q, "g").p);
    assert_int_equal(s3_query_parse(*state, STR_NULL, &q, &err), 0);
    assert_int_equal(q.count, 0);
}

static void malformed_query_is_refused(void **state)
{
    static const char *const bad[] = {"a=%", "a=%4", "%zz=1", "a=%ff", "%c3%28=1"};
    struct s3_query q;
    struct err err;
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        assert_int_equal(s3_query_parse(*state, str_from(bad[i]), &q, &err), -1);
        assert_int_equal(err.code, ERR_INVALID_URI);
    }
}

static void number_of_parameters_is_bounded(void **state)
{
    char raw[2 * (S3_QUERY_PARAMS_MAX + 1)];
    struct s3_query q;
    struct err err;
    for (size_t i = 0; i < sizeof raw; i += 2)
        memcpy(raw + i, "a&", 2);
    assert_int_equal(s3_query_parse(*state, str_of(raw, sizeof raw - 2), &q, &err), 0);
    assert_int_equal(s3_query_parse(*state, str_of(raw, sizeof raw), &q, &err), -1);
}

static void defaults(void **state)
{
    struct s3_list q;
    parses(*state, "list-type=2", &q);
    assert_int_equal(q.max_keys, 1000);
    assert_null(q.prefix.p);
    assert_null(q.delimiter.p);
    assert_null(q.from.p);
    assert_false(q.url_encoded);
    assert_false(q.with_owner);
}

static void every_parameter(void **state)
{
    struct s3_list q;
    parses(*state,
           "list-type=2&prefix=a%20b&delimiter=/&max-keys=7&start-after=k&encoding-type=url&fetch-owner=true",
           &q);
    assert_str(q.prefix, "a b");
    assert_str(q.delimiter, "/");
    assert_str(q.marker, "k");
    assert_str(q.from, "k");
    assert_int_equal(q.max_keys, 7);
    assert_true(q.url_encoded);
    assert_true(q.with_owner);
}

static void max_keys(void **state)
{
    struct s3_list q;
    parses(*state, "list-type=2&max-keys=0", &q);
    assert_int_equal(q.max_keys, 0);
    parses(*state, "list-type=2&max-keys=5000", &q);
    assert_int_equal(q.max_keys, 1000);
    parses(*state, "list-type=2&max-keys=", &q);
    assert_int_equal(q.max_keys, 1000);
    fails(*state, "list-type=2&max-keys=-1", "Provided max-keys not an integer or within integer range");
    fails(*state, "list-type=2&max-keys=1x", "Provided max-keys not an integer or within integer range");
    fails(*state, "list-type=2&max-keys=2147483648",
          "Provided max-keys not an integer or within integer range");
}

static void bad_values(void **state)
{
    fails(*state, "list-type=3", "The list-type must be 2.");
    fails(*state, "list-type=2&encoding-type=base64", "Invalid Encoding Method specified in Request");
}

static void continues_at(struct arena *a, struct str key)
{
    struct s3_list q;
    CLEANUP_BUF struct buf raw;
    struct str token = s3_list_token(a, key);
    buf_init(&raw, 64 * 1024);
    buf_add_cstr(&raw, "list-type=2&start-after=zzz&continuation-token=");
    uri_encode_add(&raw, token, false);
    buf_add_char(&raw, '\0');
    parses(a, raw.p, &q);
    assert_true(str_eq(q.from, key));
    assert_true(str_eq(q.token, token));
    assert_str(q.marker, "zzz");
}

static void token_goes_around(void **state)
{
    static char longest[1025];
    continues_at(*state, STR("a"));
    continues_at(*state, STR("a/b\xff"));
    continues_at(*state, STR(""));
    memset(longest, 'x', sizeof longest);
    continues_at(*state, str_of(longest, sizeof longest));
}

static void wrong_tokens(void **state)
{
    static const char text[] = "The continuation token provided is incorrect";
    fails(*state, "list-type=2&continuation-token=", text);
    fails(*state, "list-type=2&continuation-token=a", text);
    fails(*state, "list-type=2&continuation-token=%40%40%40%40", text);
    fails(*state, "list-type=2&continuation-token=MmE%3D", text); /* of another version: "2a" */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        S3_TEST(query_is_decoded),
        S3_TEST(malformed_query_is_refused),
        S3_TEST(number_of_parameters_is_bounded),
        S3_TEST(defaults),
        S3_TEST(every_parameter),
        S3_TEST(max_keys),
        S3_TEST(bad_values),
        S3_TEST(token_goes_around),
        S3_TEST(wrong_tokens),
    };
    return cmocka_run_group_tests_name("s3 list", tests, NULL, NULL);
}
