/* A body is handed over after the system has said that its file and the file's name are on the disk. The
 * definitions here take the place of the C library's. */
#include "fixture.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/syscall.h>

enum { FINE, BROKEN_DATA, BROKEN_NAME };

static atomic_int fault;
static atomic_int data_syncs;
static atomic_int folder_syncs;

static int sync_or_fail(long call, int fd, bool fails)
{
    if (fails) {
        errno = EIO;
        return -1;
    }
    return (int)syscall(call, fd);
}

int fdatasync(int fd)
{
    atomic_fetch_add(&data_syncs, 1);
    return sync_or_fail(SYS_fdatasync, fd, atomic_load(&fault) == BROKEN_DATA);
}

int fsync(int fd)
{
    atomic_fetch_add(&folder_syncs, 1);
    return sync_or_fail(SYS_fsync, fd, atomic_load(&fault) == BROKEN_NAME);
}

/* The answer for a body that needs a file. */
static struct body_answer write_body(struct objects_fixture *o)
{
    struct body_answer a = {0};
    struct str bytes = {arena_alloc(o->f->arena, 300000), 300000};
    struct object_writer *w = object_writer_new(o->objects, (int64_t)bytes.n, NULL, NULL);
    object_writer_add(w, bytes);
    object_writer_finish(w, on_body, &a);
    body_wait(o, &a);
    return a;
}

static void body_is_synced(void **state)
{
    struct objects_fixture *o = *state;
    int data = atomic_load(&data_syncs), folders = atomic_load(&folder_syncs);
    struct body_answer a = write_body(o);
    assert_non_null(a.body);
    assert_int_equal(atomic_load(&data_syncs), data + 1);
    assert_int_equal(atomic_load(&folder_syncs), folders + 1);
    object_body_free(a.body);
}

static void failed_sync_leaves_nothing(void **state)
{
    struct objects_fixture *o = *state;
    for (int how = BROKEN_DATA; how <= BROKEN_NAME; how++) {
        atomic_store(&fault, how);
        struct body_answer a = write_body(o);
        atomic_store(&fault, FINE);
        assert_null(a.body);
        assert_int_equal(a.err.code, ERR_INTERNAL);
        assert_non_null(strstr(a.err.text, "Input/output error"));
        assert_int_equal(blob_files(o), 0);
    }
}

#define WITH_OBJECTS(test) cmocka_unit_test_setup_teardown(test, objects_setup, objects_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_OBJECTS(body_is_synced),
        WITH_OBJECTS(failed_sync_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
