/* The end of a calculation whose objects do not fit on the disk, which is a real one. */
#include "harness.h"

#include "base/file.h"

#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mount.h>

#include <cmocka.h>

enum { LARGE_BYTES = 60000 };

static struct harness h;
static struct fake_driver *driver;
static char session_id[40];
static char blobs[128];

/* Bodies have a disk of their own, without room for a large one. */
static int setup(void **state)
{
    (void)state;
    harness_start(&h);
    snprintf(blobs, sizeof blobs, "%s/blobs", h.dir);
    if (unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
        mount("glaux-test", blobs, "tmpfs", 0, "size=32k") == 0) {
        harness_restart(&h);
        driver = harness_idle_session(&h, session_id);
    }
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    umount2(blobs, MNT_DETACH);
    harness_stop(&h);
    driver = NULL;
    return 0;
}

/* The driver's file of that many bytes. */
static struct driver_output output(const char *name, int64_t bytes, char ret_path[160])
{
    CLEANUP_BUF struct buf text;
    struct err err;
    buf_init(&text, LARGE_BYTES);
    for (int64_t n = 0; n < bytes; n++)
        buf_add_char(&text, 'x');
    snprintf(ret_path, 160, "%s/%s", h.dir, name);
    assert_int_equal(file_write(AT_FDCWD, ret_path, buf_str(&text), false, &err), 0);
    return (struct driver_output){.path = ret_path, .size = bytes};
}

static struct calculation *end(const char *state, int64_t stdout_bytes, int64_t result_bytes,
                               struct answer *a)
{
    char out[160], err[160], result[160];
    harness_calculate(&h, session_id, "1", a);
    HARNESS_UNTIL(&h, strcmp(driver->run, a->id) == 0);
    driver->events->started(driver->ctx, str_from(a->id));
    struct driver_done done = {
        .calculation_id = str_from(a->id),
        .state = str_from(state),
        .out = output("out", stdout_bytes, out),
        .err = output("err", 0, err),
        .result = output("result", result_bytes, result),
    };
    driver->events->done(driver->ctx, &done);
    return calculation_find(h.core, str_from(a->id));
}

/* Each attempt passes until smaller objects are made. */
static void pass_attempts(struct calculation *c, unsigned count)
{
    for (unsigned attempts = 1; attempts <= count; attempts++) {
        HARNESS_UNTIL(&h, c->attempts == attempts);
        assert_int_equal(c->shortened, attempts == count);
        harness_pass(&h, 1000);
    }
}

static struct calculation_record ended(const struct answer *a, const char *state)
{
    HARNESS_UNTIL(&h, str_is(harness_read_calculation(&h, a->id).state, state));
    return harness_read_calculation(&h, a->id);
}

static void on_object(void *ctx, const struct object_record *r, const struct err *err)
{
    assert_null(err);
    assert_non_null(r);
    *(int64_t *)ctx = r->size;
}

static int64_t object_bytes(const struct answer *a, const char *name)
{
    int64_t size = -1;
    struct str rest = str_sub(harness_read_calculation(&h, a->id).working_directory, 5, SIZE_MAX);
    CLEANUP_ARENA struct arena *arena = arena_new(4096);
    struct str bucket = str_cut(&rest, '/');
    store_get_object(h.store, arena_str(arena, bucket), arena_printf(arena, "%.*s/%s", STR_ARG(rest), name),
                     on_object, &size);
    HARNESS_UNTIL(&h, size >= 0);
    return size;
}

static void test_text_is_shortened_and_a_small_result_kept(void **state)
{
    (void)state;
    struct answer a;
    if (!driver)
        skip();
    pass_attempts(end("COMPLETED", LARGE_BYTES, 100, &a), 60);
    assert_null(ended(&a, "COMPLETED").reason.p);
    assert_in_range(object_bytes(&a, "stdout"), 4096, 4096 + 200);
    assert_int_equal(object_bytes(&a, "result"), 100);
}

static void test_large_result_is_lost(void **state)
{
    (void)state;
    struct answer a;
    if (!driver)
        skip();
    pass_attempts(end("COMPLETED", 100, LARGE_BYTES, &a), 60);
    struct str reason = ended(&a, "FAILED").reason;
    assert_true(str_starts(reason, STR("The code ran to its end. The result could not be stored: ")));
    assert_true(str_ends(reason, STR(": No space left on device")));
    assert_int_equal(object_bytes(&a, "stdout"), 100);
}

static void test_canceled_one_waits_less(void **state)
{
    (void)state;
    struct answer a;
    if (!driver)
        skip();
    pass_attempts(end("CANCELED", LARGE_BYTES, LARGE_BYTES, &a), 5);
    struct str reason = ended(&a, "CANCELED").reason;
    assert_false(str_contains(reason, STR("could not be stored")));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_text_is_shortened_and_a_small_result_kept),
        TEST(test_large_result_is_lost),
        TEST(test_canceled_one_waits_less),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
