#include "base/encode.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void hex(void **state)
{
    (void)state;
    char text[9];
    hex_encode("\x00\x7F\xAB\xFF", 4, text);
    assert_string_equal(text, "007fabff");
    unsigned char bytes[4];
    assert_true(hex_decode(STR("007fABff"), bytes, 4));
    assert_memory_equal(bytes, "\x00\x7F\xAB\xFF", 4);
    assert_false(hex_decode(STR("007fABf"), bytes, 4));
    assert_false(hex_decode(STR("007fABff0"), bytes, 4));
    assert_false(hex_decode(STR("007fABfg"), bytes, 4));
    assert_false(hex_decode(STR("007fAB f"), bytes, 4));
}

static void expect_base64(struct str plain, const char *text)
{
    CLEANUP_BUF struct buf b;
    buf_init(&b, 100);
    base64_add(&b, plain.p, plain.n);
    assert_true(str_is(buf_str(&b), text));
    char back[64];
    size_t n;
    assert_true(base64_decode(str_from(text), back, sizeof back, &n));
    assert_true(str_eq(str_of(back, n), plain));
}

/* RFC 4648, section 10. */
static void base64(void **state)
{
    (void)state;
    expect_base64(STR(""), "");
    expect_base64(STR("f"), "Zg==");
    expect_base64(STR("fo"), "Zm8=");
    expect_base64(STR("foo"), "Zm9v");
    expect_base64(STR("foob"), "Zm9vYg==");
    expect_base64(STR("fooba"), "Zm9vYmE=");
    expect_base64(STR("foobar"), "Zm9vYmFy");
    expect_base64(str_of("\xFB\xFF\xBF", 3), "+/+/");
}

static void malformed_base64_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"Z",    "Zg",        "Zg=",  "====",       "Z===", "Zg==Zg==", "Zm=v",
                                      "Z m9", "Zm9v\n===", "Zm-_", "Zm9vYg=\0=", "Zh==", "Zm9="};
    char out[64];
    size_t n = 77;
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_false(base64_decode(str_from(bad[i]), out, sizeof out, &n));
    assert_false(base64_decode(str_of("Zm\0v", 4), out, sizeof out, &n));
    assert_false(base64_decode(STR("Zm9vYmFy"), out, 5, &n));
    assert_int_equal(n, 77);
    assert_true(base64_decode(STR("Zm9vYmFy"), out, 6, &n));
}

static void uris(void **state)
{
    (void)state;
    CLEANUP_BUF struct buf b;
    buf_init(&b, 1000);
    uri_encode_add(&b, STR("a-Z_0.9~/ +%&=\xC3\xA4"), true);
    assert_true(str_is(buf_str(&b), "a-Z_0.9~/%20%2B%25%26%3D%C3%A4"));
    buf_clear(&b);
    uri_encode_add(&b, STR("a/b"), false);
    assert_true(str_is(buf_str(&b), "a%2Fb"));

    CLEANUP_ARENA struct arena *a = arena_new(10000);
    struct str s;
    assert_true(uri_decode(a, STR("a%20b+c%c3%A4"), false, &s));
    assert_true(str_is(s, "a b+c\xC3\xA4"));
    assert_true(uri_decode(a, STR("a+b%2B"), true, &s));
    assert_true(str_is(s, "a b+"));
    assert_true(uri_decode(a, STR("%00"), true, &s));
    assert_int_equal(s.n, 1);
    static const char *const bad[] = {"%", "%2", "a%2", "%zz", "%%20", "% 20"};
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_false(uri_decode(a, str_from(bad[i]), false, &s));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hex),
        cmocka_unit_test(base64),
        cmocka_unit_test(malformed_base64_is_refused),
        cmocka_unit_test(uris),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
