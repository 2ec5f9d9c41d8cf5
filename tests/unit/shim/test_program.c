/* The parts of glaux-shim that work without a session: spool, log, process tree. */
#include "shim/folder.h"
#include "shim/program/logfile.h"
#include "shim/program/reactor.h"
#include "shim/program/spool.h"
#include "shim/program/tree.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include <cmocka.h>

struct place {
    char path[64];
    int folder;
    struct reactor reactor;
};

static int setup(void **state)
{
    struct place *p = mem_new(sizeof *p);
    struct err err;
    snprintf(p->path, sizeof p->path, "/tmp/glaux-program-test-XXXXXX");
    assert_non_null(mkdtemp(p->path));
    p->folder = folder_open(p->path, &err);
    reactor_init(&p->reactor);
    *state = p;
    return 0;
}

static int teardown(void **state)
{
    struct place *p = *state;
    struct err err;
    assert_int_equal(file_remove_tree(AT_FDCWD, p->path, &err), 0);
    close(p->folder);
    close(p->reactor.epoll);
    timers_done(&p->reactor.timers);
    free(p);
    return 0;
}

static void assert_content(const struct place *p, const char *name, const char *expected)
{
    CLEANUP_BUF struct buf b;
    struct err err;
    buf_init(&b, 1024 * 1024);
    assert_int_equal(file_read(p->folder, name, &b, &err), 0);
    buf_add_char(&b, '\0');
    assert_string_equal(b.p, expected);
}

static void put(int fd, const char *text)
{
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

static void test_spool_at_its_bound(void **state)
{
    struct place *p = *state;
    static const struct {
        const char *text;
        bool truncated;
    } cases[] = {{"", false}, {"1234", false}, {"12345", false}, {"123456", true}, {"1234567890", true}};
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct spool s;
        struct err err;
        char name[16], expected[16];
        int end;
        snprintf(name, sizeof name, "out%zu", i);
        snprintf(expected, sizeof expected, "%.5s", cases[i].text);
        assert_int_equal(spool_open(&s, &p->reactor, p->folder, name, 5, &end, &err), 0);
        put(end, cases[i].text);
        assert_true(spool_finish(&s, NULL, NULL));
        assert_content(p, name, expected);
        assert_int_equal(s.size, strlen(expected));
        assert_int_equal(s.truncated, cases[i].truncated);
        close(end);
        spool_close(&s);
    }
}

static void test_spool_takes_no_second_file(void **state)
{
    struct place *p = *state;
    struct spool s, again;
    struct err err;
    int end;
    assert_int_equal(spool_open(&s, &p->reactor, p->folder, "out", 5, &end, &err), 0);
    assert_int_equal(spool_open(&again, &p->reactor, p->folder, "out", 5, &end, &err), -1);
    spool_close(&s);
    spool_close(&again);
    close(end);
}

/* ---- A full disk ---- */

enum { DISK_BYTES = 256 * 1024, OUTPUT_BYTES = 16 * 1024, LOOK_MS = 5, PATIENCE_MS = 60 * 1000 };

/* A spool on a disk of its own, which a file `ballast` fills, and OUTPUT_BYTES in its pipe. */
struct full_disk {
    struct place *place;
    int folder;
    struct spool spool;
    int end;
    bool finished;
    bool (*until)(const struct full_disk *d);
    struct timer look;
};

static void fill_disk(int folder)
{
    int fd = openat(folder, "ballast", O_WRONLY | O_CREAT, 0600);
    char bytes[4096];
    memset(bytes, 'b', sizeof bytes);
    while (write(fd, bytes, sizeof bytes) > 0)
        ;
    assert_int_equal(errno, ENOSPC);
    close(fd);
}

static void full_disk_make(struct full_disk *d, struct place *p)
{
    struct err err;
    char text[OUTPUT_BYTES];
    *d = (struct full_disk){.place = p};
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("glaux-test", p->path, "tmpfs", 0, "size=256k") != 0)
        skip();
    d->folder = folder_open(p->path, &err);
    assert_int_equal(spool_open(&d->spool, &p->reactor, d->folder, "out", DISK_BYTES, &d->end, &err), 0);
    d->spool.patience_ms = PATIENCE_MS;
    fill_disk(d->folder);
    memset(text, 'x', sizeof text);
    assert_int_equal(write(d->end, text, sizeof text), sizeof text);
}

static void on_look(struct timer *t)
{
    struct full_disk *d = t->ctx;
    if (d->until(d))
        reactor_end(&d->place->reactor);
    else
        timer_start(&d->place->reactor.timers, t, LOOK_MS, on_look, d);
}

static void run_until(struct full_disk *d, bool (*until)(const struct full_disk *d))
{
    d->until = until;
    d->place->reactor.ended = false;
    timer_start(&d->place->reactor.timers, &d->look, 0, on_look, d);
    reactor_run(&d->place->reactor);
}

static bool holds(const struct full_disk *d)
{
    return d->spool.held.n > 0;
}

static bool took_all(const struct full_disk *d)
{
    return d->spool.size == OUTPUT_BYTES;
}

static bool has_finished(const struct full_disk *d)
{
    return d->finished;
}

static void on_finished(void *ctx)
{
    ((struct full_disk *)ctx)->finished = true;
}

static void full_disk_end(struct full_disk *d)
{
    spool_close(&d->spool);
    close(d->end);
    close(d->folder);
    umount2(d->place->path, MNT_DETACH);
}

static void test_spool_waits_for_room(void **state)
{
    struct full_disk d;
    full_disk_make(&d, *state);
    run_until(&d, holds);
    assert_int_equal(unlinkat(d.folder, "ballast", 0), 0);
    run_until(&d, took_all);
    assert_true(spool_finish(&d.spool, on_finished, &d));
    assert_false(d.spool.truncated);
    full_disk_end(&d);
}

static void test_spool_finishes_when_there_is_room(void **state)
{
    struct full_disk d;
    full_disk_make(&d, *state);
    assert_false(spool_finish(&d.spool, on_finished, &d));
    put(d.end, "not of the calculation");
    run_until(&d, holds);
    assert_false(d.finished);
    assert_int_equal(unlinkat(d.folder, "ballast", 0), 0);
    run_until(&d, has_finished);
    assert_int_equal(d.spool.size, OUTPUT_BYTES);
    assert_false(d.spool.truncated);
    full_disk_end(&d);
}

static void test_spool_gives_a_full_disk_up(void **state)
{
    struct full_disk d;
    full_disk_make(&d, *state);
    d.spool.patience_ms = 1;
    assert_false(spool_finish(&d.spool, on_finished, &d));
    run_until(&d, has_finished);
    assert_true(d.spool.truncated);
    assert_int_equal(d.spool.failure, ENOSPC);
    full_disk_end(&d);
}

static void test_spool_hurries(void **state)
{
    struct full_disk d;
    full_disk_make(&d, *state);
    assert_false(spool_finish(&d.spool, on_finished, &d));
    spool_hurry(&d.spool);
    assert_true(d.finished);
    assert_true(d.spool.truncated);
    assert_int_equal(d.spool.failure, ENOSPC);
    full_disk_end(&d);
}

static void test_log_tells_what_it_lost(void **state)
{
    struct full_disk d;
    struct logfile l;
    struct err err;
    full_disk_make(&d, *state);
    struct place on_disk = {.folder = d.folder};
    assert_int_equal(logfile_open(&l, d.folder, 4096, &err), 0);
    logfile_write(&l, STR("0123456789"));
    logfile_write(&l, STR("abcde"));
    assert_int_equal(unlinkat(d.folder, "ballast", 0), 0);
    logfile_write(&l, STR("here again"));
    assert_content(&on_disk, LOG_FILE, "\n... 15 bytes of the log were lost: the disk was full\nhere again");
    close(l.fd);
    full_disk_end(&d);
}

static void test_log_keeps_two_generations(void **state)
{
    struct place *p = *state;
    struct logfile l;
    struct err err;
    assert_int_equal(logfile_open(&l, p->folder, 20, &err), 0);
    logfile_write(&l, STR("0123456789"));
    logfile_write(&l, STR("abcdefghij"));
    assert_content(p, OLD_LOG_FILE, "0123456789");
    assert_content(p, LOG_FILE, "abcdefghij");
    logfile_write(&l, STR("ABCDEFGHIJKLMNOPQRSTUVWXYZ"));
    assert_content(p, OLD_LOG_FILE, "KLMNOPQRST");
    assert_content(p, LOG_FILE, "UVWXYZ");
    close(l.fd);
    assert_int_equal(logfile_open(&l, p->folder, 20, &err), 0);
    logfile_write(&l, STR("....!"));
    assert_content(p, OLD_LOG_FILE, "UVWXYZ....");
    assert_content(p, LOG_FILE, "!");
    close(l.fd);
}

/* A child with two children of its own; they end with the pipe. */
static pid_t make_family(int *ret_end)
{
    int told[2], hold[2];
    char bytes[2];
    assert_int_equal(pipe(told), 0);
    assert_int_equal(pipe(hold), 0);
    pid_t pid = fork();
    if (pid == 0) {
        close(hold[1]);
        bool parent = fork() != 0;
        parent = parent && fork() != 0;
        if (parent)
            _exit(read(hold[0], bytes, 1) == 0 && wait(NULL) > 0 && wait(NULL) > 0 ? 0 : 1);
        (void)!write(told[1], "x", 1);
        _exit(read(hold[0], bytes, 1) == 0 ? 0 : 1);
    }
    close(told[1]);
    close(hold[0]);
    for (size_t n = 0; n < 2;) {
        ssize_t got = read(told[0], bytes, sizeof bytes);
        assert_true(got > 0);
        n += (size_t)got;
    }
    close(told[0]);
    *ret_end = hold[1];
    return pid;
}

static int compare(const void *a, const void *b)
{
    return *(const pid_t *)a - *(const pid_t *)b;
}

static void test_tree(void **state)
{
    (void)state;
    int end;
    pid_t child = make_family(&end);
    CLEANUP_TREE struct tree t, quick = {0}, scanned = {0};
    tree_read(&t, getpid());
    assert_int_equal(t.count, 3);
    assert_int_equal(t.pids[0], child);
    assert_true(tree_rss_bytes(&t) > tree_pss_bytes(&t)); /* forks share their pages */
    assert_true(tree_pss_bytes(&t) > 0);
    if (tree_children(child, &quick)) { /* both ways find the same */
        tree_children_by_scan(child, &scanned);
        assert_int_equal(quick.count, 2);
        assert_int_equal(scanned.count, 2);
        qsort(quick.pids, 2, sizeof(pid_t), compare);
        qsort(scanned.pids, 2, sizeof(pid_t), compare);
        assert_memory_equal(quick.pids, scanned.pids, 2 * sizeof(pid_t));
    }
    tree_done(&quick);
    tree_done(&scanned);
    close(end);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

/* More children than one read of the kernel's list holds. */
static void test_wide_tree(void **state)
{
    (void)state;
    enum { CHILDREN = 700 };
    int hold[2];
    char byte;
    assert_int_equal(pipe(hold), 0);
    for (int i = 0; i < CHILDREN; i++) {
        if (fork() == 0) {
            close(hold[1]);
            _exit(read(hold[0], &byte, 1) == 0 ? 0 : 1);
        }
    }
    struct tree t;
    tree_read(&t, getpid());
    assert_int_equal(t.count, CHILDREN);
    tree_signal(&t, SIGKILL);
    tree_done(&t);
    close(hold[0]);
    close(hold[1]);
    for (int i = 0; i < CHILDREN; i++) {
        int status;
        assert_true(wait(&status) > 0);
        assert_true(WIFSIGNALED(status));
    }
    tree_read(&t, getpid());
    assert_int_equal(t.count, 0);
    tree_done(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_spool_at_its_bound, setup, teardown),
        cmocka_unit_test_setup_teardown(test_spool_takes_no_second_file, setup, teardown),
        cmocka_unit_test_setup_teardown(test_log_keeps_two_generations, setup, teardown),
        cmocka_unit_test(test_tree),
        cmocka_unit_test(test_wide_tree),
        /* Last: they leave the mount namespace. */
        cmocka_unit_test_setup_teardown(test_spool_waits_for_room, setup, teardown),
        cmocka_unit_test_setup_teardown(test_spool_finishes_when_there_is_room, setup, teardown),
        cmocka_unit_test_setup_teardown(test_spool_gives_a_full_disk_up, setup, teardown),
        cmocka_unit_test_setup_teardown(test_spool_hurries, setup, teardown),
        cmocka_unit_test_setup_teardown(test_log_tells_what_it_lost, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
