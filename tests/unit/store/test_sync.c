/* A commit is answered after the system has said that it is on the disk, and fails when the system says that
 * it is not. The definition of fdatasync here takes the place of the C library's for SQLite, too. */
#include "fixture.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/syscall.h>

static atomic_int syncs;
static atomic_bool broken;

int fdatasync(int fd)
{
    atomic_fetch_add(&syncs, 1);
    if (atomic_load(&broken)) {
        errno = EIO;
        return -1;
    }
    return (int)syscall(SYS_fdatasync, fd);
}

static void every_commit_is_synced(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 5; i++) {
        int before = atomic_load(&syncs);
        struct session_record r = session_of("a", "w", i % 2 ? "IDLE" : "BUSY");
        save_session(f, &r);
        assert_true(atomic_load(&syncs) > before);
    }
}

static void reads_need_no_sync(void **state)
{
    struct fixture *f = *state;
    int before = atomic_load(&syncs);
    assert_null(session_wait(f, "a"));
    assert_int_equal(atomic_load(&syncs), before);
}

static void failed_sync_is_told_and_passes(void **state)
{
    struct fixture *f = *state;
    struct session_record r = session_of("before", "w", "IDLE");
    save_session(f, &r);
    atomic_store(&broken, true);
    r = session_of("lost", "w", "IDLE");
    struct store_batch *b = store_batch_new(f->store);
    store_put_session(b, &r);
    assert_int_equal(commit_wait(f, b), ERR_INTERNAL);
    assert_non_null(strstr(last_error.text, "cannot save the change"));
    assert_non_null(strstr(last_error.text, "Input/output error"));
    assert_null(session_wait(f, "lost"));
    atomic_store(&broken, false);

    r = session_of("after", "w", "IDLE");
    save_session(f, &r);
    fixture_reopen(f);
    struct store_list q = {.within = STR("w"), .limit = 9};
    assert_str(sessions_wait(f, &q), "after before");
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STORE(every_commit_is_synced),
        WITH_STORE(reads_need_no_sync),
        WITH_STORE(failed_sync_is_told_and_passes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
