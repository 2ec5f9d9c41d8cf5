/* The catalog's thread: takes what has come, runs it in one transaction, and sends the answers back. */
#include "catalog/catalog.h"

#include "base/file.h"
#include "base/log.h"
#include "base/random.h"
#include "catalog/folders.h"
#include "catalog/removals.h"
#include "catalog/room.h"
#include "catalog/tx.h"
#include "store/queue.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>

enum { PATH_BYTES_MAX = 8192, FOLDERS_BYTES_MAX = 64 * 1024 * 1024 };

struct work {
    struct job job;
    struct catalog *catalog;
    enum catalog_mode mode;
    const struct catalog_caller *caller;
    struct arena *arena;
    catalog_work_fn *work;
    catalog_done_fn *done;
    void *ctx;
    bool failed;
    bool removes;
    struct buf folders;
    struct err err;
};

/* Works on their way back to the loop. Outlives the catalog by the turn in which its handle closes. */
struct answers {
    struct queue queue;
    uv_async_t wake;
};

struct catalog {
    struct loop *loop;
    struct catalog_config config;
    char server_id[UUID_TEXT_LEN + 1]; /* "" where the database is its own */
    struct cdb *db;
    struct queue queue;
    struct answers *answers;
    struct removals *removals;
    struct folders *folders;
    pthread_t thread;
    pthread_mutex_t state_lock;
    struct catalog_state state;
    size_t pending; /* works not yet answered; loop thread */
    bool closing;   /* no work is taken any more; loop thread */
};

static struct work *work_at(struct list *node)
{
    return CONTAINER_OF(node, struct work, job.link);
}

/* --- The catalog's thread --- */

static void fail(struct work *w, const struct err *err)
{
    w->failed = true;
    w->err = *err;
}

static int work_of(struct catalog_tx *tx, void *ctx, struct err *err)
{
    struct work *w = ctx;
    int rc = w->work(tx, w->ctx, err);
    return rc == 0 && arena_overflow(w->arena) ? catalog_no_room(err) : rc;
}

/* -1: the whole transaction is lost. A reader that fails has nothing to take back. */
static int run_one(struct work *w, struct cdb *db, struct err *err)
{
    const struct catalog_config *config = &w->catalog->config;
    struct catalog_tx tx = {.db = db,
                            .arena = w->arena,
                            .config = config,
                            .caller = w->caller,
                            .server = str_from(w->catalog->server_id),
                            .now_ms = clock_wall_ms(config->clock),
                            .folders = &w->folders};
    buf_clear(&w->folders); /* of a first run */
    db->arena = w->arena;
    int rc = w->mode == CATALOG_READ ? work_of(&tx, w, err) : catalog_try(&tx, work_of, w, err);
    db->arena = NULL;
    w->failed = rc < 0;
    w->removes = rc == 0 && tx.removes;
    if (rc < 0)
        w->err = *err;
    return db->lost ? -1 : 0;
}

static int run_group(struct cdb *db, struct list *group, bool write, struct err *err)
{
    if (cdb_begin(db, write, err) < 0)
        return -1;
    LIST_EACH(node, group)
        if (run_one(work_at(node), db, err) < 0)
            return -1;
    return 0;
}

static bool has_write(struct list *group)
{
    LIST_EACH(node, group)
        if (work_at(node)->mode == CATALOG_WRITE)
            return true;
    return false;
}

/* A connection that was found broken before the commit is made anew, once: nothing had happened yet. */
static int commit_group(struct cdb *db, struct list *group, struct err *err)
{
    bool write = has_write(group);
    int rc = run_group(db, group, write, err);
    if (rc < 0 && db->lost) {
        cdb_rollback(db);
        rc = run_group(db, group, write, err);
    }
    if (rc == 0)
        rc = cdb_commit(db, err);
    if (rc < 0)
        cdb_rollback(db);
    return rc;
}

static void note_state(struct catalog *c)
{
    struct catalog_state *s = &c->state;
    pthread_mutex_lock(&c->state_lock);
    if (!c->db->away) {
        s->away_since_ms = 0;
    } else {
        if (!s->away_since_ms)
            s->away_since_ms = clock_wall_ms(c->config.clock);
        snprintf(s->why, sizeof s->why, "%s", c->db->away);
    }
    pthread_mutex_unlock(&c->state_lock);
}

static void *run_all(void *ctx)
{
    struct catalog *c = ctx;
    struct list group;
    while (queue_wait(&c->queue, &group)) {
        struct err err;
        if (commit_group(c->db, &group, &err) < 0)
            LIST_EACH(node, &group)
                if (!work_at(node)->failed)
                    fail(work_at(node), &err);
        note_state(c);
        queue_push_all(&c->answers->queue, &group);
        cdb_tidy(c->db);
    }
    return NULL;
}

/* --- Answers, on the loop --- */

static void answer(void *ctx)
{
    struct work *w = ctx;
    catalog_done_fn *done = w->done;
    void *arg = w->ctx;
    bool failed = w->failed;
    struct err err = w->err;
    w->catalog->pending--;
    buf_done(&w->folders);
    free(w);
    done(arg, failed ? &err : NULL);
}

static void finish_removals(void *ctx)
{
    struct work *w = ctx;
    if (w->removes && !w->failed)
        removals_wait(w->catalog->removals, w->catalog->config.removal_wait_ms, answer, w);
    else
        answer(w);
}

static void finish(struct job *j)
{
    struct work *w = CONTAINER_OF(j, struct work, job);
    struct buf folders = w->folders;
    buf_init(&w->folders, FOLDERS_BYTES_MAX);
    if (folders.n && !w->failed) {
        folders_make(w->catalog->folders, folders, finish_removals, w);
        return;
    }
    buf_done(&folders);
    finish_removals(w);
}

static void take_answers(struct answers *a)
{
    struct list jobs;
    if (!queue_poll(&a->queue, &jobs))
        return;
    LIST_EACH_SAFE(node, &jobs) {
        list_remove(node);
        finish(&work_at(node)->job);
    }
}

static void on_wake(uv_async_t *wake)
{
    take_answers(CONTAINER_OF(wake, struct answers, wake));
}

static void poke(void *ctx)
{
    uv_async_send(&((struct answers *)ctx)->wake);
}

static struct answers *answers_new(struct loop *loop)
{
    struct answers *a = mem_new(sizeof *a);
    queue_init(&a->queue, poke, a);
    REQUIRE(uv_async_init(loop_uv(loop), &a->wake, on_wake) == 0);
    return a;
}

static void on_closed(uv_handle_t *h)
{
    struct answers *a = CONTAINER_OF(h, struct answers, wake);
    queue_done(&a->queue);
    free(a);
}

/* --- Interface --- */

void catalog_run(struct catalog *c, enum catalog_mode mode, const struct catalog_caller *caller,
                 struct arena *arena, catalog_work_fn *work, catalog_done_fn *done, void *ctx)
{
    struct err err;
    if (c->closing) {
        err_set(&err, ERR_UNAVAILABLE, "The server ends.");
        done(ctx, &err);
        return;
    }
    struct work *w = mem_new(sizeof *w);
    *w = (struct work){.catalog = c,
                       .mode = mode,
                       .caller = caller,
                       .arena = arena,
                       .work = work,
                       .done = done,
                       .ctx = ctx,
                       .job.finish = finish};
    list_init(&w->job.link);
    buf_init(&w->folders, FOLDERS_BYTES_MAX);
    c->pending++;
    queue_push(&c->queue, &w->job);
}

void catalog_get_state(struct catalog *c, struct catalog_state *ret)
{
    pthread_mutex_lock(&c->state_lock);
    *ret = c->state;
    pthread_mutex_unlock(&c->state_lock);
}

/* The database `default` is there from the first transaction. */
static int make_default(struct catalog_tx *tx, void *ctx, struct err *err)
{
    struct catalog_database d = {.name = STR("default"),
                                 .description = STR("Default Hive database"),
                                 .owner = STR("public"),
                                 .owner_type = 2};
    (void)ctx;
    if (catalog_get_database(tx, d.name, &(struct catalog_database){.name = STR_NULL}, err) == 0)
        return 0;
    return err->code == ERR_CATALOG_MISSING ? catalog_create_database(tx, &d, err) : -1;
}

/* Servers that share a database know what is theirs by a random id in their data folders. */
static int read_server_id(const struct catalog_config *config, char ret[UUID_TEXT_LEN + 1], struct err *err)
{
    CLEANUP_ARENA struct arena *a = arena_new(PATH_BYTES_MAX);
    CLEANUP_BUF struct buf b;
    const char *path = arena_printf(a, "%s/catalog.id", config->folder).p;
    buf_init(&b, UUID_TEXT_LEN + 1);
    ret[0] = '\0';
    if (!config->database[0])
        return 0;
    if (file_read(AT_FDCWD, path, &b, err) == 0 && b.n == UUID_TEXT_LEN) {
        memcpy(ret, b.p, b.n);
        ret[b.n] = '\0';
        return 0;
    }
    if (b.n || errno != ENOENT)
        return err_set(err, ERR_INTERNAL, "%s cannot be read, or does not hold a server's id", path);
    random_uuid(ret);
    return file_write(AT_FDCWD, path, str_from(ret), true, err);
}

static struct cdb *open_database(const struct catalog_config *config, struct err *err)
{
    if (config->database[0])
        return cdb_open_postgres(config->database, config->database_timeout_ms);
    CLEANUP_ARENA struct arena *a = arena_new(PATH_BYTES_MAX);
    return cdb_open_sqlite(arena_printf(a, "%s/catalog.db", config->folder).p, err);
}

static void start_thread(struct catalog *c)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    REQUIRE(pthread_create(&c->thread, NULL, run_all, c) == 0);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_setname_np(c->thread, "catalog");
}

struct catalog *catalog_open(struct loop *loop, const struct catalog_config *config, struct err *err)
{
    char server_id[UUID_TEXT_LEN + 1];
    struct cdb *db = read_server_id(config, server_id, err) == 0 ? open_database(config, err) : NULL;
    if (!db)
        return NULL;
    struct catalog *c = mem_new(sizeof *c);
    memcpy(c->server_id, server_id, sizeof server_id);
    c->loop = loop;
    c->config = *config;
    c->db = db;
    REQUIRE(pthread_mutex_init(&c->state_lock, NULL) == 0);
    queue_init(&c->queue, NULL, NULL);
    c->answers = answers_new(loop);
    c->removals = removals_new(c, loop, &c->config);
    c->folders = folders_new(&c->config);
    start_thread(c);
    removals_load(c->removals, make_default);
    return c;
}

void catalog_close(struct catalog *c)
{
    if (!c)
        return;
    c->closing = true;
    removals_stop(c->removals);
    folders_stop(c->folders);
    queue_close(&c->queue);
    pthread_join(c->thread, NULL);
    take_answers(c->answers);
    removals_free(c->removals);
    folders_free(c->folders);
    REQUIRE(c->pending == 0);
    cdb_close(c->db);
    pthread_mutex_destroy(&c->state_lock);
    queue_done(&c->queue);
    uv_close((uv_handle_t *)&c->answers->wake, on_closed);
    free(c);
}
