#include "main/settings/settings.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* Defaults with these pairs; NULL ends them. */
static int check(const char *const *pairs, struct err *err)
{
    struct settings s;
    settings_init(&s);
    for (; *pairs; pairs += 2)
        assert_int_equal(settings_set(&s, str_from(pairs[0]), str_from(pairs[1]), err), 0);
    int rc = settings_check(&s, err);
    settings_done(&s);
    return rc;
}
#define PAIRS(...) ((const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL})

static void accept(const char *const *pairs)
{
    struct err err;
    assert_int_equal(check(pairs, &err), 0);
}

static void refuse(const char *const *pairs, const char *words)
{
    struct err err;
    assert_int_equal(check(pairs, &err), -1);
    assert_true(str_contains(str_from(err.text), str_from(words)));
}

static void test_identity(void **state)
{
    (void)state;
    accept(PAIRS());
    accept(PAIRS("server.account", "123456789012", "server.region", "eu-central-1"));
    refuse(PAIRS("server.account", "12345678901"), "twelve digits");
    refuse(PAIRS("server.account", "1234567890123"), "twelve digits");
    refuse(PAIRS("server.account", "12345678901x"), "twelve digits");
    refuse(PAIRS("server.region", ""), "region's name");
    refuse(PAIRS("server.region", "US East"), "region's name");
}

static void test_listen(void **state)
{
    (void)state;
    refuse(PAIRS("server.listen", "8321"), "server.listen");
    refuse(PAIRS("server.listen", "0.0.0.0:1"), "not a loopback address");
    refuse(PAIRS("server.listen", "[::]:1"), "not a loopback address");
    accept(PAIRS("server.listen", "0.0.0.0:1", "server.allow_remote_plaintext", "true"));
    accept(PAIRS("server.listen", "0.0.0.0:1", "tls.cert_file", "c", "tls.key_file", "k"));
    refuse(PAIRS("tls.cert_file", "c"), "go together");
    refuse(PAIRS("tls.key_file", "k"), "go together");
}

static void test_results(void **state)
{
    (void)state;
    accept(PAIRS("results.location", "s3://bucket/and/folder"));
    refuse(PAIRS("results.location", "/tmp"), "s3://");
    refuse(PAIRS("results.location", "s3://"), "no valid bucket");
    refuse(PAIRS("results.location", "s3://No_Bucket"), "no valid bucket");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_identity),
        cmocka_unit_test(test_listen),
        cmocka_unit_test(test_results),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
