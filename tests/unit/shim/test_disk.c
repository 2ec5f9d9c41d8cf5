/* A session whose data folder lies on a full disk: a moment loses nothing, and what is lost is told. */
#include "harness.h"

#include "base/file.h"
#include "shim/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>

#define SESSION "7a1b0c9e-0000-4000-8000-000000000005"
#define WRITES "call.write(call.result, b'r' * 100000)"
#define FULL "No space left on device"

static bool may_mount;

static void ballast_path(const struct harness *h, char ret[2 * HARNESS_PATH_MAX])
{
    snprintf(ret, 2 * HARNESS_PATH_MAX, "%s/ballast", h->data);
}

static void fill_disk(const struct harness *h)
{
    char path[2 * HARNESS_PATH_MAX], bytes[4096];
    ballast_path(h, path);
    memset(bytes, 'b', sizeof bytes);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
    while (write(fd, bytes, sizeof bytes) > 0)
        ;
    assert_int_equal(errno, ENOSPC);
    close(fd);
}

static void make_room(const struct harness *h)
{
    char path[2 * HARNESS_PATH_MAX];
    ballast_path(h, path);
    assert_int_equal(unlink(path), 0);
}

/* A ready session, and then no room for anything. */
static void start_on_full_disk(struct harness *h, struct seen *s)
{
    if (!may_mount)
        skip();
    harness_leave(h);
    assert_int_equal(mount("glaux-test", h->data, "tmpfs", 0, "size=1m"), 0);
    harness_serve(h);
    harness_start_ready(h, s, SESSION, NULL);
    fill_disk(h);
}

static int disk_teardown(void **state)
{
    struct harness *h = *state;
    umount2(h->data, MNT_DETACH);
    return harness_teardown(state);
}

/* The driver goes on once the pipe has been read: it has all written. */
static void test_moment_loses_nothing(void **state)
{
    struct harness *h = *state;
    struct seen s;
    start_on_full_disk(h, &s);
    harness_run(&s, "calc-1", "call.write(call.out, b'o' * 60000)\ncall.progress('half')\n" WRITES);
    harness_await(&s, &s.progress, 1);
    make_room(h);
    harness_await(&s, &s.done, 1);
    assert_string_equal(s.done_state, "COMPLETED");
    assert_int_equal(s.out_size, 60000);
    assert_false(s.out_truncated);
    assert_int_equal(s.result_size, 100000);
    assert_string_equal(s.result_error, "");
    harness_end(&s);
}

static void test_cancellation_ends_the_waiting(void **state)
{
    struct harness *h = *state;
    struct seen s;
    start_on_full_disk(h, &s);
    harness_run(&s, "calc-1", WRITES "\ncall.wait_cancel()");
    harness_await(&s, &s.started, 1);
    h->runner->ops->cancel(s.driver, STR("calc-1"));
    harness_await(&s, &s.done, 1);
    assert_string_equal(s.done_state, "CANCELED");
    assert_string_equal(s.result_error, FULL);
    make_room(h);
    harness_end(&s);
}

static void test_stop_ends_the_waiting(void **state)
{
    struct harness *h = *state;
    struct seen s;
    start_on_full_disk(h, &s);
    harness_run(&s, "calc-1", "call.write(call.out, b'o' * 1000000)\ntime.sleep(600)");
    harness_await(&s, &s.started, 1);
    h->runner->ops->stop(s.driver, 300);
    harness_await(&s, &s.exited, 1);
    assert_int_equal(s.done, 1);
    assert_true(s.out_truncated);
    make_room(h);
    harness_forget(&s);
}

static void test_lost_result_is_told(void **state)
{
    struct harness *h = *state;
    struct seen s;
    start_on_full_disk(h, &s);
    harness_run(&s, "calc-1", WRITES);
    harness_await(&s, &s.done, 1);
    assert_string_equal(s.done_state, "COMPLETED");
    assert_string_equal(s.result_error, FULL);
    assert_false(s.out_truncated);
    make_room(h);
    harness_end(&s);
}

/* No server, no room: what only the shim knows stays with it until the disk takes it. */
static void test_orphan_keeps_its_end(void **state)
{
    struct harness *h = *state;
    struct seen s, later;
    h->config.orphan_timeout_ms = 300;
    start_on_full_disk(h, &s);
    harness_run(&s, "calc-1", "call.write(call.out, b'o')");
    harness_leave(h);
    pid_t shim = harness_shim_pid(h, SESSION);
    while (harness_driver_pid(h, SESSION) > 0)
        usleep(10000);
    usleep(300000);
    assert_int_equal(kill(shim, 0), 0);
    assert_false(harness_exists(h, SESSION, EXIT_FILE));
    make_room(h);
    harness_serve(h);
    harness_adopt(h, &later, SESSION);
    harness_await(&later, &later.exited, 1);
    assert_int_equal(later.exit.kind, DRIVER_EXIT_ORPHANED);
    harness_forget(&later);
}

#define DISK_TEST(fn) cmocka_unit_test_setup_teardown(fn, harness_setup, disk_teardown)

int main(void)
{
    /* Here, while there is one thread: others would stay in the old namespace. */
    may_mount = unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
    const struct CMUnitTest tests[] = {
        DISK_TEST(test_moment_loses_nothing),  DISK_TEST(test_cancellation_ends_the_waiting),
        DISK_TEST(test_stop_ends_the_waiting), DISK_TEST(test_lost_result_is_told),
        DISK_TEST(test_orphan_keeps_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
