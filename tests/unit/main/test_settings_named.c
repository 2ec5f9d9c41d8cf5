#include "settings_rig.h"

static const struct settings_remote *remote(size_t i)
{
    assert_true(i < settings.remote_sections.count);
    return settings.remote_sections.at[i];
}

static void test_a_name_makes_a_section(void **state)
{
    (void)state;
    assert_int_equal(settings.remote_sections.count, 0);
    accept("remote.minio.endpoint", "http://a:1");
    accept("remote.a.b@c.region", "eu-west-1");
    accept("remote.minio.retries", "7");
    assert_int_equal(settings.remote_sections.count, 2);
    assert_string_equal(remote(0)->name, "minio");
    assert_string_equal(remote(0)->endpoint, "http://a:1");
    assert_string_equal(remote(0)->region, "us-east-1");
    assert_int_equal(remote(0)->retries, 7);
    assert_string_equal(remote(1)->name, "a.b@c");
    assert_string_equal(remote(1)->region, "eu-west-1");
    assert_int_equal(remote(1)->retries, 4);
}

static void test_bad_names(void **state)
{
    (void)state;
    refuse("remote.endpoint", "x", "there is no setting 'remote.endpoint'");
    refuse("remote..endpoint", "x", "there is no setting");
    refuse("remote.a.endpoints", "x", "there is no setting");
    refuse("remotes.a.endpoint", "x", "there is no setting");
    refuse("remote.a b.endpoint", "x", "a name has 1 to 64");
    refuse("remote.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.endpoint", "x",
           "a name has 1 to 64");
    refuse("remote.a.retries", "many", "remote.a.retries: 'many' is not a whole number");
}

static void test_sections_are_bounded(void **state)
{
    (void)state;
    char name[64];
    for (int i = 0; i < SETTINGS_NAMED_MAX; i++) {
        snprintf(name, sizeof name, "remote.r%d.region", i);
        accept(name, "x");
    }
    refuse("remote.more.region", "x", "64 such sections already");
    accept("remote.r0.region", "y");
}

static void load(const char *text)
{
    char path[] = "/tmp/glaux-named-XXXXXX";
    struct err err;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    int rc = settings_load_file(&settings, path, &err);
    unlink(path);
    assert_int_equal(rc, 0);
}

static void test_file(void **state)
{
    (void)state;
    load("[remote minio]\nregion = a\n[ remote   two ]\nregion = b\n[http]\nmax_headers = 9\n");
    assert_int_equal(settings.remote_sections.count, 2);
    assert_string_equal(remote(0)->region, "a");
    assert_string_equal(remote(1)->name, "two");
    assert_string_equal(remote(1)->region, "b");
    assert_int_equal(settings.http_max_headers, 9);
}

static void environment(const char *pair)
{
    char *const e[] = {(char *)(uintptr_t)pair, NULL};
    struct err err;
    assert_int_equal(settings_load_environment(&settings, e, &err), 0);
}

static void test_environment(void **state)
{
    (void)state;
    accept("remote.My.Store.region", "a");
    environment("GLAUX_REMOTE_MY_STORE_REGION=b");
    assert_int_equal(settings.remote_sections.count, 1);
    assert_string_equal(remote(0)->region, "b");
    environment("GLAUX_REMOTE_NEW_ONE_SECRET_ACCESS_KEY=s");
    assert_int_equal(settings.remote_sections.count, 2);
    assert_string_equal(remote(1)->name, "new-one");
    assert_string_equal(remote(1)->secret_access_key, "s");
    struct err err;
    char *const bad[] = {(char *)(uintptr_t) "GLAUX_REMOTE_MY_STORE_COLOUR=x", NULL};
    assert_int_equal(settings_load_environment(&settings, bad, &err), -1);
    char *const nameless[] = {(char *)(uintptr_t) "GLAUX_REMOTE_REGION=x", NULL};
    assert_int_equal(settings_load_environment(&settings, nameless, &err), -1);
}

static void test_secrets_are_not_printed(void **state)
{
    (void)state;
    accept("remote.a.secret_access_key", "hush");
    accept("remote.a.access_key_id", "AKID");
    CLEANUP_BUF struct buf out;
    buf_init(&out, 1 << 20);
    settings_print(&settings, &out);
    assert_false(str_contains(buf_str(&out), STR("hush")));
    assert_true(str_contains(buf_str(&out), STR("# secret_access_key = (set, not shown)")));
    assert_true(str_contains(buf_str(&out), STR("[remote a]")));
    assert_true(str_contains(buf_str(&out), STR("access_key_id = AKID")));
}

/* What is printed can be read: all but the secrets is there again. */
static void test_printed_sections_can_be_read(void **state)
{
    (void)state;
    accept("remote.a.endpoint", "https://h");
    accept("remote.a.part_size", "6MiB");
    CLEANUP_BUF struct buf out;
    buf_init(&out, 1 << 20);
    settings_print(&settings, &out);
    buf_add_char(&out, '\0');
    settings_done(&settings);
    settings_init(&settings);
    load(out.p);
    assert_int_equal(settings.remote_sections.count, 1);
    assert_string_equal(remote(0)->endpoint, "https://h");
    assert_int_equal(remote(0)->part_size, 6 << 20);
}

static void test_reload_takes_the_sections(void **state)
{
    (void)state;
    struct settings fresh;
    struct err err;
    accept("remote.old.region", "a");
    settings_init(&fresh);
    assert_int_equal(settings_set(&fresh, STR("remote.new.region"), STR("b"), &err), 0);
    assert_int_equal(settings_reload(&settings, &fresh), 0);
    settings_done(&fresh);
    assert_int_equal(settings.remote_sections.count, 1);
    assert_string_equal(remote(0)->name, "new");
    assert_string_equal(remote(0)->region, "b");
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_a_name_makes_a_section),
        TEST(test_bad_names),
        TEST(test_sections_are_bounded),
        TEST(test_file),
        TEST(test_environment),
        TEST(test_secrets_are_not_printed),
        TEST(test_printed_sections_can_be_read),
        TEST(test_reload_takes_the_sections),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
