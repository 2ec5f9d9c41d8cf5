#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>

#include <cmocka.h>

struct place {
    char path[64];
    int folder;
};

static int setup(void **state)
{
    struct place *p = mem_new(sizeof *p);
    snprintf(p->path, sizeof p->path, "/tmp/glaux-file-test-XXXXXX");
    assert_non_null(mkdtemp(p->path));
    p->folder = open(p->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(p->folder >= 0);
    *state = p;
    return 0;
}

static int teardown(void **state)
{
    struct place *p = *state;
    struct err err;
    assert_int_equal(file_remove_tree(AT_FDCWD, p->path, &err), 0);
    assert_int_equal(access(p->path, F_OK), -1);
    close(p->folder);
    free(p);
    return 0;
}

static void put(const struct place *p, const char *name, struct str content)
{
    struct err err;
    assert_int_equal(file_write(p->folder, name, content, true, &err), 0);
}

static void test_round_trip(void **state)
{
    struct place *p = *state;
    CLEANUP_BUF struct buf b;
    struct err err;
    struct stat st;
    buf_init(&b, 100);
    put(p, "a", STR("long content"));
    put(p, "a", STR("new\0one"));
    assert_int_equal(file_read(p->folder, "a", &b, &err), 0);
    assert_true(str_eq(buf_str(&b), STR("new\0one")));
    assert_int_equal(fstatat(p->folder, "a", &st, 0), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(faccessat(p->folder, "a.tmp", F_OK, 0), -1);
}

static void test_read_is_bounded(void **state)
{
    struct place *p = *state;
    char text[600];
    memset(text, 'x', sizeof text);
    put(p, "a", str_of(text, 600));
    for (size_t max = 598; max <= 601; max++) {
        CLEANUP_BUF struct buf b;
        struct err err;
        buf_init(&b, max);
        int rc = file_read(p->folder, "a", &b, &err);
        assert_int_equal(rc, max >= 600 ? 0 : -1);
        if (rc == 0)
            assert_int_equal(b.n, 600);
        else
            assert_int_equal(errno, EFBIG);
    }
}

static void test_read_of_nothing(void **state)
{
    struct place *p = *state;
    CLEANUP_BUF struct buf b;
    struct err err;
    buf_init(&b, 100);
    assert_int_equal(file_read(p->folder, "missing", &b, &err), -1);
    assert_int_equal(errno, ENOENT);
    put(p, "empty", STR(""));
    assert_int_equal(file_read(p->folder, "empty", &b, &err), 0);
    assert_int_equal(b.n, 0);
    assert_int_equal(symlinkat("empty", p->folder, "link"), 0);
    assert_int_equal(file_read(p->folder, "link", &b, &err), -1);
    assert_int_equal(mkfifoat(p->folder, "fifo", 0600), 0);
    assert_int_equal(file_read(p->folder, "fifo", &b, &err), 0); /* nobody writes: it does not wait */
}

static void test_failed_write_leaves_the_old(void **state)
{
    struct place *p = *state;
    struct err err;
    CLEANUP_BUF struct buf b;
    buf_init(&b, 100);
    put(p, "a", STR("old"));
    assert_int_equal(mkdirat(p->folder, "a.tmp", 0700), 0);
    assert_int_equal(file_write(p->folder, "a", STR("new"), false, &err), -1);
    assert_int_equal(file_read(p->folder, "a", &b, &err), 0);
    assert_true(str_is(buf_str(&b), "old"));
    assert_int_equal(file_write(p->folder, "missing/a", STR("new"), false, &err), -1);
}

static void test_removal_stays_inside(void **state)
{
    struct place *p = *state;
    struct err err;
    assert_int_equal(mkdirat(p->folder, "keep", 0700), 0);
    put(p, "keep/file", STR("precious"));
    assert_int_equal(mkdirat(p->folder, "tree", 0700), 0);
    assert_int_equal(mkdirat(p->folder, "tree/inner", 0700), 0);
    put(p, "tree/inner/file", STR("x"));
    assert_int_equal(symlinkat("../../keep", p->folder, "tree/inner/link"), 0);
    assert_int_equal(symlinkat("/", p->folder, "tree/root"), 0);
    assert_int_equal(fchmodat(p->folder, "tree/inner", 0, 0), 0);
    assert_int_equal(symlinkat("keep", p->folder, "link"), 0);
    assert_int_equal(file_remove_tree(p->folder, "tree", &err), 0);
    assert_int_equal(file_remove_tree(p->folder, "link", &err), 0);
    assert_int_equal(file_remove_tree(p->folder, "missing", &err), 0);
    assert_int_equal(faccessat(p->folder, "tree", F_OK, 0), -1);
    assert_int_equal(faccessat(p->folder, "keep/file", F_OK, 0), 0);
}

static int make_deep(int folder, int levels)
{
    int at = dup(folder);
    for (int i = 0; i < levels; i++) {
        assert_int_equal(mkdirat(at, "d", 0700), 0);
        int inner = openat(at, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        assert_true(inner >= 0);
        close(at);
        at = inner;
    }
    return at;
}

/* Far deeper than a path can be told, and than there are descriptors to hold on the way. */
static void test_deep_tree(void **state)
{
    struct place *p = *state;
    struct err err;
    close(make_deep(p->folder, 3000));
    assert_int_equal(file_remove_tree(p->folder, "d", &err), 0);
    assert_int_equal(faccessat(p->folder, "d", F_OK, 0), -1);
}

static void test_bytes(void **state)
{
    struct place *p = *state;
    char text[10000];
    memset(text, 'x', sizeof text);
    put(p, "a", str_of(text, sizeof text));
    assert_int_equal(symlinkat("/", p->folder, "root"), 0);
    assert_in_range(file_tree_bytes(AT_FDCWD, p->path), 8192, 65536);
    assert_int_equal(file_tree_bytes(p->folder, "missing"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_round_trip, setup, teardown),
        cmocka_unit_test_setup_teardown(test_read_is_bounded, setup, teardown),
        cmocka_unit_test_setup_teardown(test_read_of_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_failed_write_leaves_the_old, setup, teardown),
        cmocka_unit_test_setup_teardown(test_removal_stays_inside, setup, teardown),
        cmocka_unit_test_setup_teardown(test_deep_tree, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bytes, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
