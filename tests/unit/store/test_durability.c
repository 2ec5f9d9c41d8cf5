/* What is on the disk: formats, damaged files, a process that is killed, a disk that is full. */
#include "fixture.h"

#include "base/reserve.h"
#include "store/sqlite/migrate.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

static void path_of(const struct fixture *f, const char *name, char ret[128])
{
    snprintf(ret, 128, "%s/%s", f->dir, name);
}

static void run_sql(const struct fixture *f, const char *sql)
{
    char path[128];
    path_of(f, "glaux.db", path);
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void newer_format_is_refused(void **state)
{
    struct fixture *f = *state;
    struct err err;
    fixture_close(f);
    run_sql(f, "PRAGMA user_version = 7341");
    assert_null(store_open_sqlite(f->loop, f->dir, &err));
    assert_non_null(strstr(err.text, "format 7341"));
    char known[64], back[64];
    snprintf(known, sizeof known, "formats up to %d:", SCHEMA_VERSION);
    assert_non_null(strstr(err.text, known));
    assert_non_null(strstr(err.text, f->dir));
    snprintf(back, sizeof back, "PRAGMA user_version = %d", SCHEMA_VERSION);
    run_sql(f, back);
    fixture_open(f);
}

static void damaged_file_is_refused(void **state)
{
    struct fixture *f = *state;
    struct err err;
    char path[128];
    fixture_close(f);
    path_of(f, "glaux.db", path);
    int fd = open(path, O_WRONLY | O_TRUNC);
    assert_int_equal(write(fd, "this is no database, whatever its name says", 43), 43);
    close(fd);
    assert_null(store_open_sqlite(f->loop, f->dir, &err));
    assert_non_null(strstr(err.text, "damaged"));
    assert_non_null(strstr(err.text, path));
}

static void missing_folder_is_told(void **state)
{
    struct fixture *f = *state;
    struct err err;
    assert_null(store_open_sqlite(f->loop, "/nonexistent/folder", &err));
    assert_non_null(strstr(err.text, "/nonexistent/folder/glaux.db"));
}

static void files_are_private(void **state)
{
    struct fixture *f = *state;
    static const char *const names[] = {"glaux.db", "glaux.db-wal", "glaux.db-shm"};
    struct session_record r = session_of("a", "w", "IDLE");
    save_session(f, &r);
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        char path[128];
        struct stat st;
        path_of(f, names[i], path);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
    }
}

static void log_is_written_ahead(void **state)
{
    struct fixture *f = *state;
    char path[128];
    path_of(f, "glaux.db", path);
    sqlite3 *db;
    sqlite3_stmt *stmt;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA journal_mode", -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(stmt, 0), "wal");
    sqlite3_finalize(stmt);
    sqlite3_close(db);
}

static void log_does_not_grow_for_ever(void **state)
{
    struct fixture *f = *state;
    char path[128], text[65536];
    struct stat st;
    for (int i = 0; i < 400; i++) {
        memset(text, 'a' + i % 26, sizeof text);
        struct store_batch *b = store_batch_new(f->store);
        store_put_meta(b, STR("k"), str_of(text, sizeof text));
        assert_int_equal(commit_wait(f, b), ERR_NONE);
    }
    path_of(f, "glaux.db-wal", path);
    assert_int_equal(stat(path, &st), 0);
    assert_in_range(st.st_size, 65536, 8 * 1024 * 1024); /* 26 MB were written */
}

/* --- Killed in the middle --- */

struct victim {
    struct fixture *f;
    int out;
    uint32_t next;
};

static void commit_next(struct victim *v);

struct commit {
    struct victim *victim;
    uint32_t number;
};

static void on_victim_commit(void *ctx, const struct err *err)
{
    struct commit *c = ctx;
    if (!err && write(c->victim->out, &c->number, sizeof c->number) == sizeof c->number)
        commit_next(c->victim);
    free(c);
}

static void commit_next(struct victim *v)
{
    struct commit *c = mem_new(sizeof *c);
    *c = (struct commit){v, v->next++};
    char id[16], calculation[16];
    snprintf(id, sizeof id, "s%u", c->number);
    snprintf(calculation, sizeof calculation, "c%u", c->number);
    struct store_batch *b = store_batch_new(v->f->store);
    struct session_record s = session_of(id, "w", "IDLE");
    struct calculation_record r = calculation_of(calculation, id, "CREATING");
    store_put_session(b, &s);
    store_put_calculation(b, &r);
    store_commit(v->f->store, b, on_victim_commit, c);
}

/* Commits, many at once, until it is killed; tells each number whose commit was answered. */
static void be_victim(struct fixture *f, int out)
{
    struct victim v = {.f = f, .out = out};
    f->loop = loop_new();
    fixture_open(f);
    for (int i = 0; i < 16; i++)
        commit_next(&v);
    loop_run(f->loop);
    _exit(1);
}

static uint32_t kill_after(struct fixture *f, uint32_t answers, bool *seen, size_t seen_max)
{
    int fds[2];
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        be_victim(f, fds[1]);
    close(fds[1]);
    uint32_t number, count = 0;
    while (read(fds[0], &number, sizeof number) == sizeof number) {
        assert_true(number < seen_max);
        seen[number] = true;
        if (++count == answers)
            kill(child, SIGKILL);
    }
    close(fds[0]);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    return count;
}

static int killed_setup(void **state)
{
    struct fixture *f = mem_new(sizeof *f);
    folder_make(f->dir);
    f->arena = arena_new(64 * 1024 * 1024);
    *state = f;
    return 0;
}

static void answered_batches_survive_a_kill(void **state)
{
    struct fixture *f = *state;
    enum { SEEN_MAX = 100000 };
    CLEANUP_FREE bool *seen = mem_new_array(SEEN_MAX, sizeof *seen);
    uint32_t count = kill_after(f, 300, seen, SEEN_MAX);
    assert_true(count >= 300);
    f->loop = loop_new();
    fixture_open(f);
    uint32_t found = 0;
    for (uint32_t i = 0; i < count + 100; i++) {
        char id[16], calculation[16];
        snprintf(id, sizeof id, "s%u", i);
        snprintf(calculation, sizeof calculation, "c%u", i);
        bool there = session_wait(f, id) != NULL;
        assert_true(there == (calculation_wait(f, calculation) != NULL)); /* whole or nothing */
        assert_true(there || !seen[i]);
        found += seen[i] && there;
    }
    assert_int_equal(found, count);
}

/* --- A full disk --- */

/* A disk of a few pages over the fixture's folder, in a mount namespace of this process. False where that is
 * not allowed. */
static bool mount_disk(struct fixture *f, const char *size)
{
    return unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("glaux-test", f->dir, "tmpfs", 0, size) == 0;
}

static void save_until_full(struct fixture *f, char *text, size_t n)
{
    enum err_code code = ERR_NONE;
    for (int i = 0; code == ERR_NONE && i < 100; i++) {
        char key[16];
        snprintf(key, sizeof key, "k%d", i);
        struct store_batch *b = store_batch_new(f->store);
        store_put_meta(b, str_from(key), str_of(text, n));
        code = commit_wait(f, b);
    }
    assert_int_equal(code, ERR_NO_SPACE);
}

static void put_ballast(const struct fixture *f, off_t bytes)
{
    char path[128];
    path_of(f, "ballast", path);
    int fd = open(path, O_CREAT | O_WRONLY, 0600);
    assert_int_equal(posix_fallocate(fd, 0, bytes), 0);
    close(fd);
}

static void full_disk_is_told_and_passes(void **state)
{
    struct fixture *f = *state;
    if (!mount_disk(f, "size=2m"))
        skip();
    f->loop = loop_new();
    char ballast[128], text[65536];
    path_of(f, "ballast", ballast);
    put_ballast(f, 512 * 1024);
    memset(text, 'x', sizeof text);
    fixture_open(f);
    struct session_record r = session_of("before", "w", "IDLE");
    save_session(f, &r);
    save_until_full(f, text, sizeof text);
    assert_non_null(strstr(last_error.text, "is full"));
    assert_non_null(strstr(last_error.text, f->dir));
    assert_non_null(session_wait(f, "before"));

    assert_int_equal(unlink(ballast), 0);
    r = session_of("after", "w", "IDLE");
    save_session(f, &r);
    fixture_reopen(f);
    assert_non_null(session_wait(f, "before"));
    assert_non_null(session_wait(f, "after"));
}

static void on_refused(void *ctx, const struct err *err)
{
    *(bool *)ctx = err && err->code == ERR_NO_SPACE;
}

static void workgroup_name(int n, char ret[16])
{
    snprintf(ret, 16, "w%d", n);
}

static void put_workgroups(struct fixture *f, int count)
{
    for (int n = 0; n < count; n++) {
        char name[16];
        workgroup_name(n, name);
        struct store_batch *b = store_batch_new(f->store);
        store_put_workgroup(
            b, &(struct workgroup_record){str_from(name), STR("ENABLED"), STR(""), STR("{}"), 1});
        assert_int_equal(commit_wait(f, b), ERR_NONE);
    }
}

/* Each alone, as requests come: far more pages than a log has left over. */
static void delete_workgroups(struct fixture *f, int count)
{
    for (int n = 0; n < count; n++) {
        char name[16];
        workgroup_name(n, name);
        struct store_batch *b = store_batch_new(f->store);
        store_delete_workgroup(b, str_from(name));
        assert_int_equal(commit_wait(f, b), ERR_NONE);
    }
}

static void reserve_is_for_what_makes_room(void **state)
{
    struct fixture *f = *state;
    enum { GROUPS = 1000 };
    if (!mount_disk(f, "size=64m"))
        skip();
    f->loop = loop_new();
    fixture_open(f);
    put_workgroups(f, GROUPS);
    assert_true(reserve_fill(f->dir));
    put_ballast(f, 50 << 20);
    char text[65536];
    memset(text, 'x', sizeof text);
    save_until_full(f, text, sizeof text);
    delete_workgroups(f, GROUPS);

    struct store_batch *ordinary = store_batch_new(f->store);
    for (int n = 0; n < 200; n++) { /* more than the log has room for */
        char key[16];
        snprintf(key, sizeof key, "more%d", n);
        store_put_meta(ordinary, str_from(key), str_of(text, sizeof text));
    }
    struct session_record r = session_of("ended", "w", "TERMINATED");
    struct store_batch *urgent = store_batch_new(f->store);
    store_put_session(urgent, &r);
    store_batch_urgent(urgent);
    bool refused = false;
    store_commit(f->store, ordinary, on_refused, &refused); /* in one transaction with the next */
    assert_int_equal(commit_wait(f, urgent), ERR_NONE);
    assert_true(refused);
    assert_non_null(session_wait(f, "ended"));
}

static int bare_teardown(void **state)
{
    struct fixture *f = *state;
    if (f->store)
        fixture_close(f);
    if (f->loop)
        loop_free(f->loop);
    arena_free(f->arena);
    umount2(f->dir, MNT_DETACH);
    folder_remove(f->dir);
    free(f);
    return 0;
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)
#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, killed_setup, bare_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(answered_batches_survive_a_kill), /* first: it forks, while there are no threads */
        WITH_STORE(newer_format_is_refused),
        WITH_STORE(damaged_file_is_refused),
        WITH_STORE(missing_folder_is_told),
        WITH_STORE(files_are_private),
        WITH_STORE(log_is_written_ahead),
        WITH_STORE(log_does_not_grow_for_ever),
        WITH_FOLDER(full_disk_is_told_and_passes), /* last, as the next: it leaves the mount namespace */
        WITH_FOLDER(reserve_is_for_what_makes_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
