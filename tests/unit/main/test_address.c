#include "main/settings/address.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void expect(const char *text, const char *host, unsigned port, bool loopback, const char *url)
{
    struct address a;
    struct err err;
    char got[128];
    assert_int_equal(address_parse(text, &a, &err), 0);
    assert_string_equal(a.host, host);
    assert_int_equal(a.port, port);
    assert_int_equal(a.loopback, loopback);
    address_url(&a, a.port, false, got, sizeof got);
    assert_string_equal(got, url);
}

static void test_accepted(void **state)
{
    (void)state;
    expect("127.0.0.1:8321", "127.0.0.1", 8321, true, "http://127.0.0.1:8321");
    expect("127.1.2.3:0", "127.1.2.3", 0, true, "http://127.1.2.3:0");
    expect("localhost:1", "127.0.0.1", 1, true, "http://127.0.0.1:1");
    expect("[::1]:65535", "::1", 65535, true, "http://[::1]:65535");
    expect("192.0.2.1:80", "192.0.2.1", 80, false, "http://192.0.2.1:80");
    expect("[2001:db8::1]:80", "2001:db8::1", 80, false, "http://[2001:db8::1]:80");
}

/* All addresses of the machine: a client on it uses the loopback. */
static void test_any_address(void **state)
{
    (void)state;
    expect("0.0.0.0:80", "0.0.0.0", 80, false, "http://127.0.0.1:80");
    expect("[::]:80", "::", 80, false, "http://[::1]:80");
}

static void test_tls_url(void **state)
{
    (void)state;
    struct address a;
    struct err err;
    char url[128];
    assert_int_equal(address_parse("127.0.0.1:0", &a, &err), 0);
    address_url(&a, 8443, true, url, sizeof url);
    assert_string_equal(url, "https://127.0.0.1:8443");
}

static void test_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        ":80",
        "127.0.0.1",
        "127.0.0.1:",
        "127.0.0.1:65536",
        "127.0.0.1:-1",
        "::1:1",
        "example:80",
        "[127.0.0.1]:1",
        "127.0.0.1:80x",
        "[::1:1",
        "127.0.0.256:1",
        "[aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]:1",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct address a;
        struct err err;
        assert_int_equal(address_parse(bad[i], &a, &err), -1);
        assert_int_equal(err.code, ERR_INVALID_ARGUMENT);
        assert_true(str_contains(str_from(err.text), STR("server.listen")));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accepted),
        cmocka_unit_test(test_any_address),
        cmocka_unit_test(test_tls_url),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
