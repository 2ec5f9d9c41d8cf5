#include "main/paths.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>

#include <cmocka.h>

static void expect_data(const char *given, const char *expected)
{
    struct err err;
    CLEANUP_FREE char *path = paths_data(given, &err);
    assert_non_null(path);
    assert_string_equal(path, expected);
}

static void test_given_folder(void **state)
{
    (void)state;
    char here[PATH_MAX], expected[PATH_MAX + 8];
    assert_non_null(getcwd(here, sizeof here));
    snprintf(expected, sizeof expected, "%s/x", here);
    expect_data("/a/b", "/a/b");
    expect_data("x", expected);
}

/* The default depends on the user; a child takes another one on. */
static void test_default_folder(void **state)
{
    (void)state;
    struct err err;
    uid_t before = geteuid();
    if (before == 0) {
        expect_data(NULL, "/var/lib/glaux");
        expect_data("", "/var/lib/glaux");
        assert_int_equal(seteuid(65534), 0);
    }
    assert_int_equal(setenv("HOME", "/home/x", 1), 0);
    expect_data(NULL, "/home/x/.local/share/glaux");
    assert_int_equal(setenv("XDG_DATA_HOME", "/xdg", 1), 0);
    expect_data("", "/xdg/glaux");
    unsetenv("XDG_DATA_HOME");
    unsetenv("HOME");
    assert_null(paths_data(NULL, &err));
    assert_true(str_contains(str_from(err.text), STR("--data")));
    assert_int_equal(seteuid(before), 0);
}

static void test_settings_go_first(void **state)
{
    (void)state;
    struct settings s;
    struct paths p;
    struct err err;
    settings_init(&s);
    assert_int_equal(settings_set(&s, STR("server.data"), STR("/data"), &err), 0);
    assert_int_equal(settings_set(&s, STR("engine.interpreter"), STR("/python"), &err), 0);
    assert_int_equal(settings_set(&s, STR("engine.driver"), STR("/driver"), &err), 0);
    assert_int_equal(settings_set(&s, STR("engine.java_home"), STR("/java"), &err), 0);
    assert_int_equal(paths_find(&s, &p, &err), 0);
    assert_string_equal(p.data, "/data");
    assert_string_equal(p.interpreter, "/python");
    assert_string_equal(p.driver, "/driver");
    assert_string_equal(p.java_home, "/java");
    assert_true(str_ends(str_from(p.shim), STR("/glaux-shim")));
    paths_done(&p);
    settings_done(&s);
}

static void test_java_on_path(void **state)
{
    (void)state;
    struct settings s;
    struct paths p;
    struct err err;
    char top[] = "/tmp/glaux-java-XXXXXX", bin[64], java[80];
    assert_non_null(mkdtemp(top));
    snprintf(bin, sizeof bin, "%s/bin", top);
    snprintf(java, sizeof java, "%s/java", bin);
    assert_int_equal(mkdir(bin, 0700), 0);
    assert_int_equal(symlink("/bin/sh", java), 0);
    unlink(java);
    FILE *f = fopen(java, "w");
    assert_non_null(f);
    fclose(f);
    assert_int_equal(chmod(java, 0700), 0);
    unsetenv("JAVA_HOME");
    assert_int_equal(setenv("PATH", bin, 1), 0);
    settings_init(&s);
    int rc = paths_find(&s, &p, &err);
    unlink(java);
    rmdir(bin);
    rmdir(top);
    assert_int_equal(rc, 0);
    assert_string_equal(p.java_home, top);
    paths_done(&p);
    assert_int_equal(setenv("JAVA_HOME", "/elsewhere", 1), 0);
    assert_int_equal(paths_find(&s, &p, &err), 0);
    assert_string_equal(p.java_home, "/elsewhere");
    paths_done(&p);
    settings_done(&s);
}

static void test_work_root(void **state)
{
    (void)state;
    struct settings s;
    struct err err;
    settings_init(&s);
    CLEANUP_FREE char *inside = paths_work_root(&s, "/data", false);
    assert_string_equal(inside, "/data/work");
    CLEANUP_FREE char *outside = paths_work_root(&s, "/data", true);
    CLEANUP_FREE char *other = paths_work_root(&s, "/data2", true);
    assert_true(str_starts(str_from(outside), STR("/var/tmp/glaux-")));
    assert_string_not_equal(outside, other);
    assert_int_equal(settings_set(&s, STR("isolation.work_root"), STR("/w"), &err), 0);
    CLEANUP_FREE char *given = paths_work_root(&s, "/data", true);
    assert_string_equal(given, "/w");
    settings_done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_given_folder),      cmocka_unit_test(test_default_folder),
        cmocka_unit_test(test_settings_go_first), cmocka_unit_test(test_java_on_path),
        cmocka_unit_test(test_work_root),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
