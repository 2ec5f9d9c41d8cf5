/* Group commit, order, what readers may see, and failures that concern one batch or a whole group. */
#include "fixture.h"

#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>

/* A second connection that holds the write lock: the writer waits, and batches collect behind it. */
static sqlite3 *lock_database(const struct fixture *f)
{
    char path[128];
    snprintf(path, sizeof path, "%s/glaux.db", f->dir);
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    return db;
}

static void unlock_database(sqlite3 *db)
{
    sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    sqlite3_close(db);
}

struct tally {
    struct fixture *f;
    size_t expected;
    size_t answered;
    size_t failed;
    size_t order[512];
    enum err_code codes[512];
};

struct one {
    struct tally *tally;
    size_t number;
};

static void on_one(void *ctx, const struct err *err)
{
    struct one *one = ctx;
    struct tally *t = one->tally;
    t->order[t->answered] = one->number;
    t->codes[t->answered++] = err ? err->code : ERR_NONE;
    t->failed += err != NULL;
    if (t->answered == t->expected)
        loop_stop(t->f->loop);
}

static void commit_session(struct fixture *f, struct one *one, const char *id, int64_t dpu_ms)
{
    struct store_batch *b = store_batch_new(f->store);
    struct session_record r = session_of(id, "w", "IDLE");
    r.dpu_ms = dpu_ms;
    store_put_session(b, &r);
    store_commit(f->store, b, on_one, one);
}

static void batches_that_wait_share_a_commit(void **state)
{
    struct fixture *f = *state;
    struct tally t = {.f = f, .expected = 200};
    struct one ones[200];
    sqlite3 *lock = lock_database(f);
    for (size_t i = 0; i < 200; i++) {
        ones[i] = (struct one){&t, i};
        commit_session(f, &ones[i], "same", (int64_t)i);
    }
    struct store_stats stats;
    store_get_stats(f->store, &stats);
    assert_int_equal(stats.queued, 200);
    assert_int_equal(stats.commits, 0);
    unlock_database(lock);
    loop_run(f->loop);
    store_get_stats(f->store, &stats);
    assert_in_range(stats.commits, 1, 2); /* the first may have gone before the rest came */
    assert_int_equal(stats.batches, 200);
    assert_int_equal(stats.queued, 0);
    assert_int_equal(stats.failures, 0);
    assert_true(stats.commit_nanos > 0);
    for (size_t i = 0; i < 200; i++)
        assert_int_equal(t.order[i], i);
    assert_int_equal(t.failed, 0);
    assert_int_equal(session_wait(f, "same")->dpu_ms, 199);
}

static void one_failure_leaves_the_group_alone(void **state)
{
    struct fixture *f = *state;
    struct tally t = {.f = f, .expected = 4};
    struct one ones[4] = {{&t, 0}, {&t, 1}, {&t, 2}, {&t, 3}};
    sqlite3 *lock = lock_database(f);
    commit_session(f, &ones[0], "a", 1);
    for (size_t i = 1; i < 3; i++) {
        struct store_batch *b = store_batch_new(f->store);
        struct session_record r = session_of(i == 1 ? "b" : "c", "w", "IDLE");
        store_put_session(b, &r);
        store_add_token(b, &(struct token_record){STR("scope"), STR("t"), STR("d"), r.id, 1});
        store_commit(f->store, b, on_one, &ones[i]);
    }
    commit_session(f, &ones[3], "d", 1);
    unlock_database(lock);
    loop_run(f->loop);
    const enum err_code expected[] = {ERR_NONE, ERR_NONE, ERR_CONFLICT, ERR_NONE};
    assert_memory_equal(t.codes, expected, sizeof expected);
    struct store_list q = {.within = STR("w"), .limit = 9};
    assert_str(sessions_wait(f, &q), "d b a");
    struct store_stats stats;
    store_get_stats(f->store, &stats);
    assert_int_equal(stats.failures, 1);
    assert_int_equal(stats.batches, 3);
}

/* --- Readers --- */

struct watch {
    struct fixture *f;
    int64_t answered_value; /* the last one whose commit was answered */
    int64_t seen_value;
    size_t reads;
    size_t commits;
    bool torn;
    bool stale;
    bool uncommitted;
};

enum { ROUNDS = 300, NEVER = 1000000 };

static void on_pair(void *ctx, const struct session_record *r, size_t count, const struct err *err)
{
    struct watch *w = ctx;
    assert_null(err);
    assert_int_equal(count, 2);
    w->torn |= r[0].dpu_ms != r[1].dpu_ms;
    w->stale |= r[0].dpu_ms < w->seen_value;
    w->uncommitted |= r[0].dpu_ms >= NEVER;
    w->seen_value = r[0].dpu_ms;
    w->reads++;
}

static void read_pair(struct watch *w)
{
    struct store_list q = {.within = STR("w"), .limit = 2};
    store_list_sessions(w->f->store, &q, on_pair, w);
}

static void put_pair(struct watch *w, int64_t value, bool must_fail, store_done_fn *done)
{
    struct store_batch *b = store_batch_new(w->f->store);
    struct session_record r = session_of("a", "w", "IDLE");
    r.dpu_ms = value;
    store_put_session(b, &r);
    r.id = STR("b");
    store_put_session(b, &r);
    if (must_fail)
        store_add_token(b, &(struct token_record){STR("scope"), STR("taken"), STR("d"), STR("a"), 1});
    store_commit(w->f->store, b, done, w);
}

static void on_refused(void *ctx, const struct err *err)
{
    (void)ctx;
    assert_int_equal(err->code, ERR_CONFLICT);
}

static void on_round(void *ctx, const struct err *err)
{
    struct watch *w = ctx;
    assert_null(err);
    w->answered_value++;
    if (++w->commits == ROUNDS) {
        loop_stop(w->f->loop);
        return;
    }
    read_pair(w);
    put_pair(w, NEVER, true, on_refused);
    put_pair(w, (int64_t)w->commits, false, on_round);
    read_pair(w);
}

static void readers_see_whole_committed_batches(void **state)
{
    struct fixture *f = *state;
    struct store_batch *b = store_batch_new(f->store);
    store_add_token(b, &(struct token_record){STR("scope"), STR("taken"), STR("d"), STR("a"), 1});
    assert_int_equal(commit_wait(f, b), ERR_NONE);
    struct watch w = {.f = f};
    put_pair(&w, 0, false, on_round);
    loop_run(f->loop);
    assert_false(w.torn);
    assert_false(w.stale);
    assert_false(w.uncommitted);
    assert_true(w.reads > ROUNDS);
    assert_int_equal(session_wait(f, "a")->dpu_ms, ROUNDS - 1);
}

static void reads_do_not_wait_for_the_writer(void **state)
{
    struct fixture *f = *state;
    struct session_record r = session_of("a", "w", "IDLE");
    save_session(f, &r);
    struct tally t = {.f = f, .expected = 1};
    struct one one = {&t, 0};
    sqlite3 *lock = lock_database(f);
    commit_session(f, &one, "b", 1);
    assert_non_null(session_wait(f, "a"));
    assert_null(session_wait(f, "b"));
    assert_int_equal(t.answered, 0);
    unlock_database(lock);
    loop_run(f->loop);
    assert_non_null(session_wait(f, "b"));
}

/* --- Batches --- */

static void count_end(void *ctx, bool committed)
{
    int *ends = ctx;
    ends[committed]++;
}

static void hooks_tell_the_end(void **state)
{
    struct fixture *f = *state;
    int ends[2] = {0, 0};
    struct store_batch *b = store_batch_new(f->store);
    store_batch_on_end(b, count_end, ends);
    store_batch_on_end(b, count_end, ends);
    store_batch_free(b);
    assert_true(ends[0] == 2 && ends[1] == 0);
    b = store_batch_new(f->store);
    store_batch_on_end(b, count_end, ends);
    assert_int_equal(commit_wait(f, b), ERR_NONE);
    assert_true(ends[0] == 2 && ends[1] == 1);
    b = store_batch_new(f->store);
    store_batch_on_end(b, count_end, ends);
    store_delete_bucket(b, STR("none"));
    assert_int_equal(commit_wait(f, b), ERR_NO_SUCH_BUCKET);
    assert_true(ends[0] == 3 && ends[1] == 1);
}

static void batch_is_bounded(void **state)
{
    struct fixture *f = *state;
    size_t n = 33 * 1024 * 1024;
    CLEANUP_FREE char *text = mem_new(n);
    memset(text, 'x', n);
    struct store_batch *b = store_batch_new(f->store);
    store_put_meta(b, STR("a"), str_of(text, n));
    store_put_meta(b, STR("b"), str_of(text, n));
    store_put_meta(b, STR("c"), STR("1"));
    assert_int_equal(commit_wait(f, b), ERR_TOO_LARGE);
    b = store_batch_new(f->store);
    store_put_code(b, STR("a"), str_of(text, n));
    assert_int_equal(commit_wait(f, b), ERR_NONE);
    assert_int_equal(code_wait(f, "a").n, n);
}

static void close_commits_and_answers(void **state)
{
    struct fixture *f = *state;
    struct tally t = {.f = f, .expected = SIZE_MAX}; /* the loop does not run */
    struct one ones[100];
    for (size_t i = 0; i < 100; i++) {
        char id[16];
        snprintf(id, sizeof id, "s%zu", i);
        ones[i] = (struct one){&t, i};
        commit_session(f, &ones[i], id, 1);
    }
    fixture_reopen(f);
    assert_int_equal(t.answered, 100);
    assert_int_equal(t.failed, 0);
    assert_non_null(session_wait(f, "s99"));
}

/* --- A disk that takes no more: the limit on the size of files stands in for it --- */

static void limit_files(rlim_t bytes)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void failed_commit_is_told_and_passes(void **state)
{
    struct fixture *f = *state;
    struct session_record r = session_of("before", "w", "IDLE");
    save_session(f, &r);
    sigaction(SIGXFSZ, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
    struct tally t = {.f = f, .expected = 3};
    struct one ones[3] = {{&t, 0}, {&t, 1}, {&t, 2}};
    limit_files(1024);
    for (size_t i = 0; i < 3; i++)
        commit_session(f, &ones[i], "lost", 1);
    loop_run(f->loop);
    assert_int_equal(t.failed, 3);
    struct store_batch *b = store_batch_new(f->store);
    store_put_meta(b, STR("k"), STR("v"));
    assert_int_equal(commit_wait(f, b), ERR_INTERNAL);
    assert_non_null(strstr(last_error.text, "File too large"));
    assert_non_null(strstr(last_error.text, "glaux.db"));
    assert_non_null(session_wait(f, "before"));
    limit_files(RLIM_INFINITY);

    assert_null(session_wait(f, "lost"));
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
        WITH_STORE(batches_that_wait_share_a_commit),
        WITH_STORE(one_failure_leaves_the_group_alone),
        WITH_STORE(readers_see_whole_committed_batches),
        WITH_STORE(reads_do_not_wait_for_the_writer),
        WITH_STORE(hooks_tell_the_end),
        WITH_STORE(batch_is_bounded),
        WITH_STORE(close_commits_and_answers),
        WITH_STORE(failed_commit_is_told_and_passes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
