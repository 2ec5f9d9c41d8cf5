#include "main/settings/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

/* getopt wants memory that it may reorder. */
#define ARGV(...)                                                                                            \
    (char *[]){"glauxd", __VA_ARGS__, NULL}, (int)(sizeof(char *[]){"glauxd", __VA_ARGS__} / sizeof(char *))

static int parse(char **argv, int argc, struct options *ret, struct err *err)
{
    return options_parse(argc, argv, ret, err);
}

static int load(char **argv, int argc, struct settings *ret, struct err *err)
{
    struct options o;
    assert_int_equal(options_parse(argc, argv, &o, err), 0);
    return options_load_settings(&o, ret, err);
}

static void test_modes(void **state)
{
    (void)state;
    struct options o;
    struct err err;
    assert_int_equal(parse(ARGV("--data", "/d"), &o, &err), 0);
    assert_int_equal(o.mode, MODE_SERVE);
    assert_int_equal(parse(ARGV("--print-config", "--config", "f"), &o, &err), 0);
    assert_int_equal(o.mode, MODE_PRINT_CONFIG);
    assert_string_equal(o.config, "f");
    assert_int_equal(parse(ARGV("--print-reference"), &o, &err), 0);
    assert_int_equal(o.mode, MODE_PRINT_REFERENCE);
    assert_int_equal(parse(ARGV("--version"), &o, &err), 0);
    assert_int_equal(o.mode, MODE_VERSION);
}

static void test_refused(void **state)
{
    (void)state;
    struct options o;
    struct err err;
    assert_int_equal(parse(ARGV("--bogus"), &o, &err), -1);
    assert_true(str_contains(str_from(err.text), STR("--bogus")));
    assert_int_equal(parse(ARGV("--data"), &o, &err), -1);
    assert_true(str_contains(str_from(err.text), STR("--data")));
    assert_int_equal(parse(ARGV("surplus"), &o, &err), -1);
    assert_true(str_contains(str_from(err.text), STR("surplus")));
}

static void test_set(void **state)
{
    (void)state;
    struct settings s;
    struct err err;
    assert_int_equal(
        load(ARGV("--set", "log.level=warn", "--set", "engine.master=a=b", "--listen", "[::1]:0"), &s, &err),
        0);
    assert_string_equal(s.log_level, "warn");
    assert_string_equal(s.engine_master, "a=b");
    assert_string_equal(s.server_listen, "[::1]:0");
    settings_done(&s);
}

static void test_set_refused(void **state)
{
    (void)state;
    struct settings s;
    struct err err;
    assert_int_equal(load(ARGV("--set", "log.level"), &s, &err), -1);
    assert_true(str_contains(str_from(err.text), STR("section.key=value")));
    assert_int_equal(load(ARGV("--set", "log.levl=warn"), &s, &err), -1);
    assert_true(str_contains(str_from(err.text), STR("log.levl")));
    assert_int_equal(load(ARGV("--set", "log.level=loud"), &s, &err), -1);
    assert_true(str_contains(str_from(err.text), STR("'loud'")));
}

/* Defaults, file, environment, command line: each over the one before. */
static void test_order(void **state)
{
    (void)state;
    struct settings s;
    struct err err;
    char path[] = "/tmp/glaux-options-XXXXXX";
    static const char text[] = "[http]\nmax_headers = 11\nmax_pipeline = 12\nmax_connections = 13\n";
    CLEANUP_FD int fd = mkstemp(path);
    assert_int_equal(write(fd, text, sizeof text - 1), (ssize_t)sizeof text - 1);
    assert_int_equal(setenv("GLAUX_HTTP_MAX_PIPELINE", "22", 1), 0);
    assert_int_equal(setenv("GLAUX_HTTP_MAX_CONNECTIONS", "23", 1), 0);
    int rc = load(ARGV("--set", "http.max_connections=33", "--config", path), &s, &err);
    unsetenv("GLAUX_HTTP_MAX_PIPELINE");
    unsetenv("GLAUX_HTTP_MAX_CONNECTIONS");
    unlink(path);
    assert_int_equal(rc, 0);
    assert_int_equal(s.http_max_headers, 11);
    assert_int_equal(s.http_max_pipeline, 22);
    assert_int_equal(s.http_max_connections, 33);
    assert_int_equal(s.http_max_head, 65536);
    settings_done(&s);
}

/* What runs the tests has variables of its own, which would be refused. */
static int clear_environment(void **state)
{
    (void)state;
    for (char **e = environ; *e;) {
        struct str rest = str_from(*e);
        char name[128];
        struct str variable = str_cut(&rest, '=');
        snprintf(name, sizeof name, "%.*s", STR_ARG(variable));
        if (strncmp(name, "GLAUX_", 6) == 0 && unsetenv(name) == 0)
            e = environ;
        else
            e++;
    }
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_modes),       cmocka_unit_test(test_refused), cmocka_unit_test(test_set),
        cmocka_unit_test(test_set_refused), cmocka_unit_test(test_order),
    };
    return cmocka_run_group_tests(tests, clear_environment, NULL);
}
