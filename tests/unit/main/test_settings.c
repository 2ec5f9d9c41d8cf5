#include "settings_rig.h"

/* A sentence that a person can act on names the setting. */
static void refuse_by_name(const char *name, const char *value, const char *words)
{
    refuse(name, value, words);
    assert_true(str_contains(str_from(refused.text), str_from(name)));
}

static void test_durations(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
    } good[] = {{"250ms", 250}, {"5s", 5000}, {"20m", 1200000}, {"1h", 3600000}, {"0", 0}, {" 7 s ", 7000}};
    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        accept("server.drain_timeout", good[i].text);
        assert_int_equal(settings.server_drain_timeout, good[i].ms);
    }
    accept("retention.records", "45d");
    assert_int_equal(settings.retention_records, 45LL * 86400000);
    refuse_by_name("server.drain_timeout", "5", "is not a duration");
    refuse_by_name("server.drain_timeout", "5 parsecs", "is not a duration");
    refuse_by_name("server.drain_timeout", "-5s", "is not a duration");
    refuse_by_name("server.drain_timeout", "s", "is not a duration");
    refuse_by_name("server.drain_timeout", "", "is not a duration");
    refuse_by_name("server.drain_timeout", "99999999999999999d", "is not a duration");
    refuse_by_name("server.drain_timeout", "2h", "out of range: 0 to 1h");
}

static void test_sizes(void **state)
{
    (void)state;
    accept("http.max_head", "2048");
    assert_int_equal(settings.http_max_head, 2048);
    accept("http.max_head", "64KiB");
    assert_int_equal(settings.http_max_head, 65536);
    accept("engine.memory", "3GiB");
    assert_int_equal(settings.engine_memory, 3LL << 30);
    accept("limits.memory", "1TiB");
    assert_int_equal(settings.limits_memory, 1LL << 40);
    refuse_by_name("http.max_head", "64kb", "is not a size");
    refuse_by_name("http.max_head", "1.5KiB", "is not a size");
    refuse_by_name("http.max_head", "2MiB", "out of range: 1KiB to 1MiB");
}

static void test_other_types(void **state)
{
    (void)state;
    accept("server.allow_remote_plaintext", "true");
    assert_int_equal(settings.server_allow_remote_plaintext, 1);
    accept("server.allow_remote_plaintext", "false");
    assert_int_equal(settings.server_allow_remote_plaintext, 0);
    refuse_by_name("server.allow_remote_plaintext", "yes", "neither true nor false");
    accept("http.max_headers", "8");
    refuse_by_name("http.max_headers", "7", "out of range: 8 to 1000");
    refuse_by_name("http.max_headers", "1001", "out of range");
    refuse_by_name("http.max_headers", "eight", "is not a whole number");
    accept("log.level", "debug");
    refuse_by_name("log.level", "Debug", "none of debug|info|warn|error");
    refuse_by_name("log.level", "debug|info", "none of");
    refuse_by_name("log.level", "", "none of");
}

static void test_text(void **state)
{
    (void)state;
    CLEANUP_BUF struct buf longest;
    buf_init(&longest, 8192);
    for (int i = 0; i < 4096; i++)
        buf_add_char(&longest, 'x');
    buf_add_char(&longest, '\0');
    accept("engine.master", longest.p);
    assert_string_equal(settings.engine_master, longest.p);
    longest.p[longest.n - 1] = 'x';
    buf_add_char(&longest, '\0');
    refuse_by_name("engine.master", longest.p, "one line");
    refuse_by_name("engine.master", "a\nb", "one line");
    refuse_by_name("engine.master", "a\x7f", "one line");
    accept("engine.master", " spark://h:1 ; # \t");
    assert_string_equal(settings.engine_master, "spark://h:1 ; #");
    accept("engine.master", "");
    assert_string_equal(settings.engine_master, "");
}

static void test_unknown_names(void **state)
{
    (void)state;
    static const char *const names[] = {"",
                                        ".",
                                        "server",
                                        "server.",
                                        ".listen",
                                        "server.liste",
                                        "server.listenx",
                                        "server.listen.x",
                                        "Server.listen"};
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        refuse_by_name(names[i], "1", "there is no setting");
}

static void test_refused_value_changes_nothing(void **state)
{
    (void)state;
    refuse_by_name("http.max_headers", "7", "");
    assert_int_equal(settings.http_max_headers, 100);
    refuse_by_name("log.level", "loud", "");
    assert_string_equal(settings.log_level, "info");
}

/* What is printed of a value is that value. */
static void test_every_default_reads_as_it_is_written(void **state)
{
    (void)state;
    assert_true(settings_count > 40);
    for (size_t i = 0; i < settings_count; i++) {
        const struct setting *row = &settings_table[i];
        CLEANUP_BUF struct buf text;
        char name[128];
        buf_init(&text, 8192);
        settings_add_value(&settings, row, &text);
        buf_add_char(&text, '\0');
        snprintf(name, sizeof name, "%s.%s", row->section, row->key);
        accept(name, text.p);
        if (row->type != SETTING_SIZE && row->type != SETTING_DURATION)
            assert_string_equal(text.p, row->fallback);
    }
}

static void test_values_are_written_with_the_largest_unit(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *given;
        const char *written;
    } rows[] = {{"engine.memory", "2048MiB", "2GiB"}, {"engine.memory", "2049MiB", "2049MiB"},
                {"http.max_head", "1025", "1025"},    {"session.idle_timeout", "3600s", "1h"},
                {"session.max_lifetime", "0s", "0"},  {"session.idle_timeout", "61000ms", "61s"}};
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        CLEANUP_BUF struct buf text;
        buf_init(&text, 1024);
        accept(rows[i].name, rows[i].given);
        for (size_t j = 0; j < settings_count; j++) {
            char name[128];
            snprintf(name, sizeof name, "%s.%s", settings_table[j].section, settings_table[j].key);
            if (strcmp(name, rows[i].name) == 0)
                settings_add_value(&settings, &settings_table[j], &text);
        }
        buf_add_char(&text, '\0');
        assert_string_equal(text.p, rows[i].written);
    }
}

static void test_reload(void **state)
{
    (void)state;
    struct settings fresh;
    struct err err;
    settings_init(&fresh);
    assert_int_equal(settings_reload(&settings, &fresh), 0);
    assert_int_equal(settings_set(&fresh, STR("log.level"), STR("error"), &err), 0);
    assert_int_equal(settings_set(&fresh, STR("limits.account_dpus"), STR("7"), &err), 0);
    assert_int_equal(settings_set(&fresh, STR("server.region"), STR("eu-west-1"), &err), 0);
    assert_int_equal(settings_set(&fresh, STR("http.max_headers"), STR("9"), &err), 0);
    assert_int_equal(settings_reload(&settings, &fresh), 2);
    assert_string_equal(settings.log_level, "error");
    assert_int_equal(settings.limits_account_dpus, 7);
    assert_string_equal(settings.server_region, "us-east-1");
    assert_int_equal(settings.http_max_headers, 100);
    settings_done(&fresh);
}

/* The rows of a section stand together, and no name is there twice. */
static void test_table_is_sound(void **state)
{
    (void)state;
    for (size_t i = 0; i < settings_count; i++) {
        const struct setting *row = &settings_table[i];
        assert_true(row->doc[0] && row->doc[strlen(row->doc) - 1] == '.');
        assert_true(row->type == SETTING_TEXT || row->type == SETTING_WORD || row->type == SETTING_SWITCH ||
                    row->least < row->most);
        for (size_t j = 0; j < i; j++) {
            const struct setting *other = &settings_table[j];
            bool same_section = strcmp(row->section, other->section) == 0;
            assert_false(same_section && strcmp(row->key, other->key) == 0);
            assert_false(same_section && strcmp(row->section, settings_table[i - 1].section) != 0);
        }
    }
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_durations),
        TEST(test_sizes),
        TEST(test_other_types),
        TEST(test_text),
        TEST(test_unknown_names),
        TEST(test_refused_value_changes_nothing),
        TEST(test_every_default_reads_as_it_is_written),
        TEST(test_values_are_written_with_the_largest_unit),
        TEST(test_reload),
        TEST(test_table_is_sound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
