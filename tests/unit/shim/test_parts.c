/* The parts of the server's side that work without a shim: names, records, staging. */
#include "base/file.h"
#include "shim/folder.h"
#include "shim/record.h"
#include "shim/staging.h"
#include "shim/sweep.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>

#include <cmocka.h>

struct place {
    char path[64];
    int folder;
    struct arena *arena;
};

static int setup(void **state)
{
    struct place *p = mem_new(sizeof *p);
    struct err err;
    snprintf(p->path, sizeof p->path, "/tmp/glaux-parts-test-XXXXXX");
    assert_non_null(mkdtemp(p->path));
    p->folder = folder_open(p->path, &err);
    p->arena = arena_new(1024 * 1024);
    *state = p;
    return 0;
}

static int teardown(void **state)
{
    struct place *p = *state;
    struct err err;
    assert_int_equal(file_remove_tree(AT_FDCWD, p->path, &err), 0);
    close(p->folder);
    arena_free(p->arena);
    free(p);
    return 0;
}

static void put(const struct place *p, const char *name, const char *text)
{
    struct err err;
    assert_int_equal(file_write(p->folder, name, str_from(text), false, &err), 0);
}

static void test_ids(void **state)
{
    (void)state;
    static const char *const bad[] = {"", ".", "..", "a/b", "a b", "a.b", "\xC3\xA4", "a\n"};
    char longest[FOLDER_ID_MAX + 2];
    memset(longest, 'a', sizeof longest);
    assert_true(folder_id_valid(STR("7A1b-_9")));
    assert_true(folder_id_valid(str_of(longest, FOLDER_ID_MAX)));
    assert_false(folder_id_valid(str_of(longest, FOLDER_ID_MAX + 1)));
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_false(folder_id_valid(str_from(bad[i])));
}

#define DONE_HEAD                                                                                            \
    "{\"id\":\"calc-1\",\"state\":\"FAILED\",\"reason\":\"r\",\"driver_ended\":true,\"stdout\":{\"size\":"

static void test_done_records(void **state)
{
    struct place *p = *state;
    assert_int_equal(mkdirat(p->folder, "calc", 0700), 0);
    assert_int_equal(mkdirat(p->folder, "calc/calc-1", 0700), 0);
    assert_null(record_load_done(p->folder, "calc-1"));
    put(p, "calc/calc-1/done.json", DONE_HEAD "3,\"truncated\":true}}");
    assert_null(record_load_done(p->folder, "calc-1")); /* its output is missing */
    put(p, "calc/calc-1/stdout", "ab");
    assert_null(record_load_done(p->folder, "calc-1")); /* ... is shorter */
    put(p, "calc/calc-1/stdout", "abc");
    assert_null(record_load_done(p->folder, "../calc/calc-1"));
    json_auto_t *json = record_load_done(p->folder, "calc-1");
    struct driver_done done;
    assert_true(record_done(json, "/data/sessions/s", p->arena, &done));
    assert_true(str_is(done.calculation_id, "calc-1"));
    assert_true(str_is(done.state, "FAILED"));
    assert_true(done.driver_ended);
    assert_string_equal(done.out.path, "/data/sessions/s/calc/calc-1/stdout");
    assert_int_equal(done.out.size, 3);
    assert_true(done.out.truncated);
    assert_int_equal(done.result.size, 0);
    put(p, "calc/calc-1/done.json", "{\"id\":\"calc-2\",\"state\":\"FAILED\"}"); /* not its own */
    assert_null(record_load_done(p->folder, "calc-1"));
    put(p, "calc/calc-1/done.json", DONE_HEAD);
    assert_null(record_load_done(p->folder, "calc-1"));
}

static void test_exit_records(void **state)
{
    struct place *p = *state;
    static const char *const bad[] = {"", "{", "{\"kind\":\"exit\"}", "{\"kind\":\"odd\",\"reason\":\"r\"}",
                                      "[]"};
    assert_null(record_load_exit(p->folder));
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        put(p, EXIT_FILE, bad[i]);
        assert_null(record_load_exit(p->folder));
    }
    put(p, EXIT_FILE, "{\"kind\":\"signal\",\"reason\":\"r\",\"signal\":11}");
    json_auto_t *json = record_load_exit(p->folder);
    struct driver_exit e;
    assert_true(record_exit(json, &e));
    assert_int_equal(e.kind, DRIVER_EXIT_SIGNAL);
    assert_int_equal(e.signal, 11);
}

static void test_log_tail(void **state)
{
    struct place *p = *state;
    assert_int_equal(record_log_tail(p->folder, p->arena).n, 0);
    put(p, LOG_FILE, "one\n2026 glaux-shim: mine\ntwo \xff\nlast\n2026 glaux-shim: ended\n");
    assert_true(str_is(record_log_tail(p->folder, p->arena), "one\ntwo \xEF\xBF\xBD\nlast"));
    CLEANUP_BUF struct buf b;
    buf_init(&b, 64 * 1024);
    for (int i = 0; i < 2000; i++)
        buf_printf(&b, "line %d\n", i);
    buf_add_char(&b, '\0');
    put(p, LOG_FILE, b.p);
    struct str tail = record_log_tail(p->folder, p->arena);
    assert_true(str_starts(tail, STR("line 1980\nline 1981\n")));
    assert_true(str_ends(tail, STR("\nline 1999")));
}

static void test_log_tail_of_long_lines(void **state)
{
    struct place *p = *state;
    CLEANUP_BUF struct buf b;
    buf_init(&b, 64 * 1024);
    for (int i = 0; i < 10; i++)
        buf_printf(&b, "%0999d\n", i);
    buf_add_char(&b, '\0');
    put(p, LOG_FILE, b.p);
    struct str tail = record_log_tail(p->folder, p->arena);
    assert_int_equal(tail.n, 4 * 1000 - 1); /* whole lines */
    assert_true(str_ends(tail, STR("0009")));
    buf_clear(&b);
    for (int i = 0; i < LOG_TAIL_MAX; i++)
        buf_printf(&b, "\xC3\xA4");
    buf_printf(&b, "the end\n%c", '\0');
    put(p, LOG_FILE, b.p);
    tail = record_log_tail(p->folder, p->arena);
    assert_int_equal(tail.n, LOG_TAIL_MAX - 1); /* whole characters */
    assert_true(str_starts(tail, STR("\xC3\xA4")));
    assert_true(str_ends(tail, STR("the end")));
}

static void test_staging(void **state)
{
    struct place *p = *state;
    char source[128], root[128];
    struct err err;
    struct stat st;
    snprintf(source, sizeof source, "%s/driver", p->path);
    snprintf(root, sizeof root, "%s/root", p->path);
    struct shim_config c = {.driver_folder = source, .work_root = root};
    assert_int_equal(mkdirat(p->folder, "driver", 0700), 0);
    assert_int_equal(mkdirat(p->folder, "driver/package", 0700), 0);
    assert_int_equal(mkdirat(p->folder, "driver/package/__pycache__", 0700), 0);
    put(p, "driver/package/code.py", "pass");
    assert_int_equal(staging_work_root(&c, true, &err), 0);
    assert_int_equal(fstatat(p->folder, "root", &st, 0), 0);
    assert_int_equal(st.st_mode & 07777, 0711);

    int hold, hold_again, hold_newer;
    CLEANUP_FREE char *first = staging_driver(&c, &hold, &err);
    CLEANUP_FREE char *again = staging_driver(&c, &hold_again, &err);
    assert_non_null(first);
    assert_string_equal(first, again);
    char path[256];
    snprintf(path, sizeof path, "%s/package/code.py", first);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0644);
    snprintf(path, sizeof path, "%s/package/__pycache__", first);
    assert_int_equal(access(path, F_OK), -1);
    put(p, "driver/package/code.py", "pass # newer");
    CLEANUP_FREE char *newer = staging_driver(&c, &hold_newer, &err);
    assert_string_not_equal(first, newer);

    c.data_folder = p->path;
    assert_int_equal(mkdirat(p->folder, "sessions", 0700), 0);
    close(hold);
    sweep_work_root(&c);
    assert_int_equal(access(first, F_OK), 0); /* the second holds it */
    close(hold_again);
    sweep_work_root(&c);
    assert_int_equal(access(first, F_OK), -1);
    assert_int_equal(access(newer, F_OK), 0);
    close(hold_newer);
}

static void make_session(const struct place *p, const char *id, const char *file)
{
    char name[64];
    snprintf(name, sizeof name, "sessions/%s", id);
    assert_int_equal(mkdirat(p->folder, name, 0700), 0);
    snprintf(name, sizeof name, "root/%s", id);
    assert_int_equal(mkdirat(p->folder, name, 0700), 0);
    snprintf(name, sizeof name, "sessions/%s/%s", id, file);
    put(p, name, "{}");
}

static void test_sweep_of_working_folders(void **state)
{
    struct place *p = *state;
    char root[128];
    struct stat st;
    snprintf(root, sizeof root, "%s/root", p->path);
    struct shim_config c = {.data_folder = p->path, .work_root = root};
    sweep_work_root(&c); /* nothing is there yet */
    assert_int_equal(mkdirat(p->folder, "sessions", 0700), 0);
    assert_int_equal(mkdirat(p->folder, "root", 0700), 0);
    make_session(p, "alive", SPEC_FILE);
    make_session(p, "cleaned", LOG_FILE);
    make_session(p, "ended", EXIT_FILE);
    put(p, "sessions/ended/" SPEC_FILE, "{}");
    put(p, "root/ended/file", "");
    assert_int_equal(mkdirat(p->folder, "root/of-another-server", 0700), 0);
    assert_int_equal(symlinkat("../sessions", p->folder, "root/" STAGING_PREFIX "link"), 0);
    sweep_work_root(&c);
    assert_int_equal(fstatat(p->folder, "root/alive", &st, 0), 0);
    assert_int_equal(fstatat(p->folder, "root/of-another-server", &st, 0), 0);
    assert_int_equal(fstatat(p->folder, "root/cleaned", &st, 0), -1);
    assert_int_equal(fstatat(p->folder, "root/ended", &st, 0), -1);
    assert_int_equal(fstatat(p->folder, "sessions/ended/" SPEC_FILE, &st, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ids),
        cmocka_unit_test_setup_teardown(test_done_records, setup, teardown),
        cmocka_unit_test_setup_teardown(test_exit_records, setup, teardown),
        cmocka_unit_test_setup_teardown(test_log_tail, setup, teardown),
        cmocka_unit_test_setup_teardown(test_log_tail_of_long_lines, setup, teardown),
        cmocka_unit_test_setup_teardown(test_staging, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sweep_of_working_folders, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
