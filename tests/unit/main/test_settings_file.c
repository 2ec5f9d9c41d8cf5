#include "main/settings/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

struct world {
    struct settings settings;
    char path[64];
};

static int set_up(void **state)
{
    struct world *w = mem_new(sizeof *w);
    settings_init(&w->settings);
    snprintf(w->path, sizeof w->path, "/tmp/glaux-settings-XXXXXX");
    int fd = mkstemp(w->path);
    assert_true(fd >= 0);
    close(fd);
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    unlink(w->path);
    settings_done(&w->settings);
    free(w);
    return 0;
}

static int load(struct world *w, struct str text, struct err *err)
{
    FILE *f = fopen(w->path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(text.p, 1, text.n, f), text.n);
    assert_int_equal(fclose(f), 0);
    return settings_load_file(&w->settings, w->path, err);
}

static void refuse(struct world *w, const char *text, unsigned line, const char *words)
{
    struct err err;
    char place[96];
    snprintf(place, sizeof place, "%s:%u: ", w->path, line);
    assert_int_equal(load(w, str_from(text), &err), -1);
    assert_true(str_starts(str_from(err.text), str_from(place)));
    assert_true(str_contains(str_from(err.text), str_from(words)));
}

static void test_form(void **state)
{
    struct world *w = *state;
    struct err err;
    assert_int_equal(
        load(w,
             STR("# comment\n; comment\n\n  [http]  \r\n"
                 "max_headers=9\n\tmax_pipeline  =  8\t\n[ log ]\nlevel = warn\n[http]\nmax_connections = 7"),
             &err),
        0);
    assert_int_equal(w->settings.http_max_headers, 9);
    assert_int_equal(w->settings.http_max_pipeline, 8);
    assert_int_equal(w->settings.http_max_connections, 7);
    assert_string_equal(w->settings.log_level, "warn");
}

/* A value is all of the line: a ';', a '#' or an '=' in it is its own, and it may be long. */
static void test_whole_values(void **state)
{
    struct world *w = *state;
    struct err err;
    CLEANUP_BUF struct buf text;
    buf_init(&text, 8192);
    buf_add_cstr(&text, "[engine]\nmaster = a ; b # c = d\nversions = ");
    for (int i = 0; i < 4096; i++)
        buf_add_char(&text, 'v');
    buf_add_cstr(&text, "\n");
    assert_int_equal(load(w, buf_str(&text), &err), 0);
    assert_string_equal(w->settings.engine_master, "a ; b # c = d");
    assert_int_equal(strlen(w->settings.engine_versions), 4096);
}

static void test_refused(void **state)
{
    struct world *w = *state;
    refuse(w, "[log]\nlevl = info\n", 2, "there is no setting 'log.levl'");
    refuse(w, "\n\n[log]\n# x\nlevel = loud\nlevl = x\n", 5, "'loud' is none of");
    refuse(w, "level = info\n", 1, "before the first [section]");
    refuse(w, "[log\n", 1, "[name]");
    refuse(w, "[]\n", 1, "[name]");
    refuse(w, "[log]\nlevel\n", 2, "neither [section] nor key = value");
    refuse(w, "[log]\n= info\n", 2, "neither [section] nor key = value");
    refuse(w, "[log]\nlevel = info\n  warn\n", 3, "neither [section] nor key = value");
}

static void test_no_text(void **state)
{
    struct world *w = *state;
    struct err err;
    char big[10000];
    memset(big, 'x', sizeof big);
    assert_int_equal(load(w, str_of(big, sizeof big), &err), -1);
    assert_true(str_contains(str_from(err.text), STR(":1: the line is too long")));
    assert_int_equal(load(w, STR("[log]\nlevel = in\0fo\n"), &err), -1);
    assert_true(str_contains(str_from(err.text), STR(":2: ")));
}

static void test_no_file(void **state)
{
    struct world *w = *state;
    struct err err;
    assert_int_equal(settings_load_file(&w->settings, "/nonexistent/glauxd.ini", &err), -1);
    assert_true(str_contains(str_from(err.text), STR("/nonexistent/glauxd.ini")));
    assert_true(str_contains(str_from(err.text), STR("No such file")));
    assert_int_equal(settings_load_file(&w->settings, "/", &err), -1);
    assert_true(str_contains(str_from(err.text), STR("directory")));
}

/* What --print-config prints means the same when it is read, also after changes of every row's kind. */
static void test_printed_settings_are_read_again(void **state)
{
    struct world *w = *state;
    struct err err;
    struct settings other;
    CLEANUP_BUF struct buf first, second;
    buf_init(&first, 1 << 20);
    buf_init(&second, 1 << 20);
    settings_init(&other);
    assert_int_equal(settings_set(&other, STR("server.data"), STR("/a b;c=#"), &err), 0);
    assert_int_equal(settings_set(&other, STR("log.level"), STR("error"), &err), 0);
    assert_int_equal(settings_set(&other, STR("http.max_headers"), STR("77"), &err), 0);
    assert_int_equal(settings_set(&other, STR("session.idle_timeout"), STR("61s"), &err), 0);
    assert_int_equal(settings_set(&other, STR("http.max_head"), STR("1025"), &err), 0);
    assert_int_equal(settings_set(&other, STR("server.allow_remote_plaintext"), STR("true"), &err), 0);
    settings_print(&other, &first);
    assert_int_equal(load(w, buf_str(&first), &err), 0);
    settings_print(&w->settings, &second);
    assert_true(str_eq(buf_str(&first), buf_str(&second)));
    assert_string_equal(w->settings.server_data, "/a b;c=#");
    settings_done(&other);
}

static void test_environment(void **state)
{
    struct world *w = *state;
    struct err err;
    char *good[] = {(char[]){"PATH=/bin"}, (char[]){"GLAUX_HTTP_MAX_HEADERS=9"}, (char[]){"GLAUX_DATA=/d"},
                    (char[]){"GLAUX_ENGINE_MASTER=a=b"}, NULL};
    assert_int_equal(settings_load_environment(&w->settings, good, &err), 0);
    assert_int_equal(w->settings.http_max_headers, 9);
    assert_string_equal(w->settings.engine_master, "a=b");
    char *unknown[] = {(char[]){"GLAUX_HTTP_MAX_HEADER=9"}, NULL};
    assert_int_equal(settings_load_environment(&w->settings, unknown, &err), -1);
    assert_true(str_contains(str_from(err.text), STR("GLAUX_HTTP_MAX_HEADER is no setting")));
    char *bad[] = {(char[]){"GLAUX_HTTP_MAX_HEADERS=x"}, NULL};
    assert_int_equal(settings_load_environment(&w->settings, bad, &err), -1);
    assert_true(str_contains(str_from(err.text), STR("GLAUX_HTTP_MAX_HEADERS: http.max_headers: 'x'")));
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_form),        TEST(test_whole_values), TEST(test_refused),
        TEST(test_no_text),     TEST(test_no_file),      TEST(test_printed_settings_are_read_again),
        TEST(test_environment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
