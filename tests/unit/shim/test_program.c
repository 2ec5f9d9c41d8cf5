/* The parts of glaux-shim that work without a session: spool, log, process tree. */
#include "shim/folder.h"
#include "shim/program/logfile.h"
#include "shim/program/reactor.h"
#include "shim/program/spool.h"
#include "shim/program/tree.h"

#include "base/file.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
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
        spool_finish(&s);
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
