/* The data folder's reserve on a disk of its own. */
#include "base/file.h"
#include "base/reserve.h"

#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <cmocka.h>

enum { MIB = 1024 * 1024 };

static char folder[64];

static void mount_disk(const char *size)
{
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("glaux-test", folder, "tmpfs", 0, size) != 0)
        skip();
}

static int set_up(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/glaux-reserve-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **state)
{
    struct err err;
    (void)state;
    umount2(folder, MNT_DETACH);
    return file_remove_tree(AT_FDCWD, folder, &err);
}

/* Of the disk's blocks. */
static long reserve_bytes(void)
{
    char path[96];
    struct stat st;
    snprintf(path, sizeof path, "%s/reserve", folder);
    return stat(path, &st) == 0 ? (long)st.st_blocks * 512 : -1;
}

static void put_ballast(int bytes)
{
    char path[96];
    snprintf(path, sizeof path, "%s/ballast", folder);
    CLEANUP_FD int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_int_equal(posix_fallocate(fd, 0, bytes), 0);
}

static void test_given_back_by_slices_and_made_whole(void **state)
{
    (void)state;
    mount_disk("size=16m");
    assert_true(reserve_fill(folder));
    assert_false(reserve_fill(folder));
    assert_int_equal(reserve_bytes(), 16 * MIB / RESERVE_DISK_SHARE);
    for (long left = reserve_bytes(); left > 0; left -= RESERVE_SLICE_BYTES) {
        assert_int_equal(reserve_bytes(), left);
        assert_true(reserve_take(folder));
    }
    assert_false(reserve_take(folder));
    assert_int_equal(reserve_bytes(), 0);
    assert_true(reserve_fill(folder));
    assert_int_equal(reserve_bytes(), 16 * MIB / RESERVE_DISK_SHARE);
}

static void test_bounded_on_a_large_disk(void **state)
{
    (void)state;
    mount_disk("size=1g");
    assert_true(reserve_fill(folder));
    assert_int_equal(reserve_bytes(), RESERVE_MAX_BYTES);
}

static void test_leaves_as_much_to_others(void **state)
{
    (void)state;
    mount_disk("size=16m");
    put_ballast(13 * MIB);
    assert_false(reserve_fill(folder));
    assert_int_equal(reserve_bytes(), 0);
    put_ballast(11 * MIB);
    assert_true(reserve_fill(folder));
}

static void test_none_is_there(void **state)
{
    (void)state;
    assert_false(reserve_take(folder));
    assert_false(reserve_take("/nonexistent"));
    assert_false(reserve_fill("/nonexistent"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_none_is_there),
        TEST(test_given_back_by_slices_and_made_whole),
        TEST(test_bounded_on_a_large_disk),
        TEST(test_leaves_as_much_to_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
