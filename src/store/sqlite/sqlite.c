/* SQLite as the store's backend: a writer thread that commits all batches that wait in one transaction, and a
 * reader thread with a connection of its own. */
#include "base/log.h"
#include "base/reserve.h"
#include "store/backend.h"
#include "store/sqlite/apply.h"
#include "store/sqlite/migrate.h"
#include "store/sqlite/query.h"

#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/stat.h>

/* Pages in the write-ahead log from which it is copied into the database file. */
enum { CHECKPOINT_PAGES = 1000, PATH_BYTES_MAX = 8 * 1024 };

struct sqlite_store {
    struct store store;
    char *folder;
    struct db writer; /* the writer thread's */
    struct db reader; /* the reader thread's */
    struct queue batches;
    struct queue reads;
    pthread_t writer_thread;
    pthread_t reader_thread;
    bool threads_run;
    int log_pages; /* the writer thread's, as the next */
    bool checkpoint_fails;
    atomic_ullong commits;
    atomic_ullong committed;
    atomic_ullong failures;
    atomic_ullong commit_nanos;
};

static struct sqlite_store *from_store(struct store *s)
{
    return CONTAINER_OF(s, struct sqlite_store, store);
}

static struct store_batch *batch_at(struct list *node)
{
    return CONTAINER_OF(node, struct store_batch, job.link);
}

/* --- Writer --- */

/* All batches of the group in one transaction; -1: none of them is saved. */
static int commit_group(struct db *db, struct list *group, struct err *err)
{
    if (db_run(db, SQL_BEGIN, NULL, 0, err) < 0)
        return -1;
    LIST_EACH(node, group)
        if (apply_batch(db, batch_at(node), err) < 0)
            return -1;
    return db_run(db, SQL_COMMIT, NULL, 0, err);
}

/* A batch that failed by a condition of its own keeps that error. */
static void fail_group(struct list *group, const struct err *err)
{
    LIST_EACH(node, group)
        if (!batch_at(node)->err)
            batch_fail(batch_at(node), err);
}

static int commit_or_roll_back(struct db *db, struct list *group, struct err *err)
{
    if (commit_group(db, group, err) == 0)
        return 0;
    if (!db_lost_transaction(db) && sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL) != SQLITE_OK)
        log_error("store", "cannot roll back", F_CSTR("error", sqlite3_errmsg(db->handle)));
    return -1;
}

/* True: one of those that may use the reserve is among them. */
static bool fail_ordinary(struct list *group, const struct err *err)
{
    bool urgent = false;
    LIST_EACH(node, group) {
        struct store_batch *b = batch_at(node);
        if (!batch_is_urgent(b) && !b->err)
            batch_fail(b, err);
        urgent |= !b->err;
    }
    return urgent;
}

static void count_group(struct sqlite_store *s, struct list *group, uint64_t nanos)
{
    uint64_t saved = 0, failed = 0;
    LIST_EACH(node, group) {
        if (batch_at(node)->err)
            failed++;
        else
            saved++;
    }
    atomic_fetch_add(&s->commits, saved ? 1 : 0);
    atomic_fetch_add(&s->committed, saved);
    atomic_fetch_add(&s->failures, failed);
    atomic_fetch_add(&s->commit_nanos, nanos);
}

static int on_log_grown(void *ctx, sqlite3 *handle, const char *name, int pages)
{
    struct sqlite_store *s = ctx;
    (void)handle, (void)name;
    s->log_pages = pages;
    return SQLITE_OK;
}

/* After the answers have gone, so that no commit waits for its own share of this work. Never waits for a
 * reader. What could not be copied is tried again after the next commit: the log holds everything meanwhile.
 */
static void checkpoint_if_due(struct sqlite_store *s)
{
    if (s->log_pages < CHECKPOINT_PAGES)
        return;
    s->log_pages = 0;
    bool fails =
        sqlite3_wal_checkpoint_v2(s->writer.handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL) != SQLITE_OK;
    if (fails && !s->checkpoint_fails)
        log_warn("store", "cannot copy the write-ahead log into the database; it grows until this succeeds",
                 F_CSTR("error", sqlite3_errmsg(s->writer.handle)));
    s->checkpoint_fails = fails;
}

/* By how much the database file grows when the log is copied into it; INT64_MAX: that is not known. */
static int64_t growth_bytes(struct db *db)
{
    struct err none;
    struct stat st;
    sqlite3_stmt *stmt = db_stmt(db, SQL_BYTES, &none);
    if (!stmt || db_step(db, stmt, &none) != 1)
        return INT64_MAX;
    int64_t bytes = sqlite3_column_int64(stmt, 0);
    sqlite3_reset(stmt);
    return stat(db->path, &st) == 0 ? bytes - st.st_size : INT64_MAX;
}

/* On a full disk the reserve is used up by slices. A log that has been copied into the database is written
 * again from its start, and needs none: worth it where the reserve lasts for that. */
static int commit_urgent(struct sqlite_store *s, struct list *group, struct err *err)
{
    do {
        if (growth_bytes(&s->writer) <= reserve_left(s->folder))
            sqlite3_wal_checkpoint_v2(s->writer.handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
        if (commit_or_roll_back(&s->writer, group, err) == 0)
            return 0;
    } while (err->code == ERR_NO_SPACE && reserve_take(s->folder));
    return -1;
}

static void commit_all(struct sqlite_store *s, struct list *group)
{
    struct err err;
    if (commit_or_roll_back(&s->writer, group, &err) == 0)
        return;
    if (err.code == ERR_NO_SPACE && fail_ordinary(group, &err) && commit_urgent(s, group, &err) == 0)
        return;
    fail_group(group, &err);
}

static void *write_all(void *ctx)
{
    struct sqlite_store *s = ctx;
    struct list group;
    while (queue_wait(&s->batches, &group)) {
        uint64_t start = clock_nanos();
        commit_all(s, &group);
        count_group(s, &group, clock_nanos() - start);
        store_answer(&s->store, &group);
        checkpoint_if_due(s);
    }
    return NULL;
}

/* --- Reader --- */

static void *read_all(void *ctx)
{
    struct sqlite_store *s = ctx;
    struct list jobs;
    while (queue_wait(&s->reads, &jobs)) {
        LIST_EACH_SAFE(node, &jobs) {
            struct store_read *r = CONTAINER_OF(node, struct store_read, job.link);
            list_remove(node);
            query_run(&s->reader, r);
            queue_push(r->answer_to, &r->job);
        }
    }
    return NULL;
}

/* --- Interface --- */

static void commit(struct store *store, struct store_batch *b)
{
    queue_push(&from_store(store)->batches, &b->job);
}

static void read_later(struct store *store, struct store_read *r)
{
    queue_push(&from_store(store)->reads, &r->job);
}

static void get_stats(const struct store *store, struct store_stats *ret)
{
    const struct sqlite_store *s = CONTAINER_OF(store, const struct sqlite_store, store);
    ret->commits = atomic_load(&s->commits);
    ret->batches = atomic_load(&s->committed);
    ret->failures = atomic_load(&s->failures);
    ret->commit_nanos = atomic_load(&s->commit_nanos);
}

static void stop_threads(struct sqlite_store *s)
{
    if (!s->threads_run)
        return;
    queue_close(&s->batches);
    queue_close(&s->reads);
    pthread_join(s->writer_thread, NULL);
    pthread_join(s->reader_thread, NULL);
}

static void stop(struct store *store)
{
    struct sqlite_store *s = from_store(store);
    stop_threads(s);
    db_close(&s->reader); /* first: the last connection to close, a writer, folds the log into the database */
    db_close(&s->writer);
    queue_done(&s->batches);
    queue_done(&s->reads);
    store_done(&s->store);
    free(s->folder);
    free(s);
}

static const struct store_ops ops = {
    .commit = commit,
    .read = read_later,
    .get_stats = get_stats,
    .stop = stop,
};

/* Only the owner may read the database, whatever the umask: SQLite gives its other files the same mode. */
static void make_private(const char *path)
{
    CLEANUP_FD int fd = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
    (void)fd; /* there already, or db_open says why it cannot be */
}

static int open_databases(struct sqlite_store *s, const char *path, struct err *err)
{
    make_private(path);
    if (db_open(&s->writer, path, false, err) < 0 || migrate(&s->writer, err) < 0)
        return -1;
    sqlite3_wal_hook(s->writer.handle, on_log_grown, s);
    s->writer.doing = "cannot save the change";
    if (db_open(&s->reader, path, true, err) < 0)
        return -1;
    s->reader.doing = "cannot read the store";
    return 0;
}

/* Signals are the main thread's. */
static void start_threads(struct sqlite_store *s)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    REQUIRE(pthread_create(&s->writer_thread, NULL, write_all, s) == 0);
    REQUIRE(pthread_create(&s->reader_thread, NULL, read_all, s) == 0);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_setname_np(s->writer_thread, "store-writer");
    pthread_setname_np(s->reader_thread, "store-reader");
    s->threads_run = true;
}

struct store *store_open_sqlite(struct loop *loop, const char *dir, struct err *err)
{
    struct sqlite_store *s = mem_new(sizeof *s);
    store_init(&s->store, &ops, loop);
    s->folder = mem_strdup(dir);
    queue_init(&s->batches, NULL, NULL);
    queue_init(&s->reads, NULL, NULL);
    CLEANUP_ARENA struct arena *a = arena_new(PATH_BYTES_MAX);
    if (open_databases(s, arena_printf(a, "%s/glaux.db", dir).p, err) < 0) {
        stop(&s->store);
        return NULL;
    }
    start_threads(s);
    return &s->store;
}
