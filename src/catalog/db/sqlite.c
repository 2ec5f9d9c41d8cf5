#include "catalog/db/db.h"

#include "base/buf.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>

enum {
    STATEMENTS_MAX = 128,
    BUSY_WAIT_MS = 5000,
    CHECKPOINT_PAGES = 1000,
};

struct statement {
    const char *sql;
    sqlite3_stmt *stmt;
};

struct sqlite {
    struct cdb db;
    sqlite3 *handle;
    char *path;
    struct statement statements[STATEMENTS_MAX];
    size_t count;
    int log_pages;
};

static struct sqlite *from_db(struct cdb *db)
{
    return CONTAINER_OF(db, struct sqlite, db);
}

static int fail(struct sqlite *s, struct err *err)
{
    int os = sqlite3_system_errno(s->handle);
    s->db.lost |= sqlite3_get_autocommit(s->handle) != 0;
    int code = sqlite3_errcode(s->handle);
    if (code == SQLITE_FULL || (code == SQLITE_IOERR && errno_is_no_space(os)))
        return err_set(
            err, ERR_NO_SPACE,
            "The catalog cannot save the change: the disk that holds %s is full; free some space on it",
            s->path);
    return err_set(err, ERR_INTERNAL, "The catalog's database %s: %s%s%s", s->path, sqlite3_errmsg(s->handle),
                   os ? ": " : "", os ? strerror(os) : "");
}

static int exec(struct sqlite *s, const char *sql, struct err *err)
{
    return sqlite3_exec(s->handle, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : fail(s, err);
}

static sqlite3_stmt *statement(struct sqlite *s, const char *sql, struct err *err)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->statements[i].sql == sql)
            return s->statements[i].stmt;
    REQUIRE(s->count < STATEMENTS_MAX);
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v3(s->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL) != SQLITE_OK) {
        fail(s, err);
        return NULL;
    }
    s->statements[s->count++] = (struct statement){sql, stmt};
    return stmt;
}

static void bind(sqlite3_stmt *stmt, int at, const struct cdb_value *v)
{
    int rc = v->null     ? sqlite3_bind_null(stmt, at)
             : v->text.p ? sqlite3_bind_text64(stmt, at, v->text.p, v->text.n, SQLITE_STATIC, SQLITE_UTF8)
                         : sqlite3_bind_int64(stmt, at, v->number);
    REQUIRE(rc == SQLITE_OK);
}

static int give_row(sqlite3_stmt *stmt, cdb_row_fn *row, void *ctx, struct err *err)
{
    struct str cells[CDB_COLUMNS_MAX];
    int count = sqlite3_column_count(stmt);
    REQUIRE(count <= CDB_COLUMNS_MAX);
    for (int i = 0; i < count; i++) {
        const char *text = (const char *)sqlite3_column_text(stmt, i);
        cells[i] = str_of(text, (size_t)sqlite3_column_bytes(stmt, i));
    }
    return row ? row(ctx, &(struct cdb_row){(size_t)count, cells}, err) : 0;
}

static int64_t run(struct cdb *db, const char *sql, const struct cdb_value *values, size_t count,
                   cdb_row_fn *row, void *ctx, struct err *err)
{
    struct sqlite *s = from_db(db);
    sqlite3_stmt *stmt = statement(s, sql, err);
    if (!stmt)
        return -1;
    for (size_t i = 0; i < count; i++)
        bind(stmt, (int)i + 1, &values[i]);
    int64_t rows = 0;
    int rc;
    while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        rows++;
        if (give_row(stmt, row, ctx, err) < 0) {
            sqlite3_reset(stmt);
            return -1;
        }
    }
    if (rc != SQLITE_DONE) {
        fail(s, err);
        sqlite3_reset(stmt);
        return -1;
    }
    bool reads = sqlite3_column_count(stmt) > 0;
    sqlite3_reset(stmt);
    return reads ? rows : sqlite3_changes64(s->handle);
}

static int begin(struct cdb *db, bool write, struct err *err)
{
    return exec(from_db(db), write ? "BEGIN IMMEDIATE" : "BEGIN", err);
}

static int commit(struct cdb *db, struct err *err)
{
    return exec(from_db(db), "COMMIT", err);
}

static void rollback(struct cdb *db)
{
    struct sqlite *s = from_db(db);
    if (sqlite3_get_autocommit(s->handle) == 0)
        sqlite3_exec(s->handle, "ROLLBACK", NULL, NULL, NULL);
}

static int on_log_grown(void *ctx, sqlite3 *handle, const char *name, int pages)
{
    struct sqlite *s = ctx;
    (void)handle, (void)name;
    s->log_pages = pages;
    return SQLITE_OK;
}

/* Copies the write-ahead log into the database. What fails is tried again after the next commit. */
static void tidy(struct cdb *db)
{
    struct sqlite *s = from_db(db);
    if (s->log_pages < CHECKPOINT_PAGES)
        return;
    s->log_pages = 0;
    if (sqlite3_wal_checkpoint_v2(s->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL) != SQLITE_OK)
        log_warn("catalog", "cannot copy the write-ahead log into the database",
                 F_CSTR("error", sqlite3_errmsg(s->handle)));
}

static void close_sqlite(struct cdb *db)
{
    struct sqlite *s = from_db(db);
    for (size_t i = 0; i < s->count; i++)
        sqlite3_finalize(s->statements[i].stmt);
    sqlite3_close(s->handle);
    free(s->path);
    free(s);
}

static const struct cdb_ops ops = {
    .begin = begin,
    .commit = commit,
    .rollback = rollback,
    .run = run,
    .tidy = tidy,
    .close = close_sqlite,
};

/* --- Opening --- */

static int on_version(void *ctx, const struct cdb_row *row, struct err *err)
{
    (void)err;
    *(int64_t *)ctx = cdb_int(row, 0);
    return 0;
}

static int take_step(struct sqlite *s, int64_t from, struct err *err)
{
    CLEANUP_BUF struct buf b;
    buf_init(&b, CDB_SCHEMA_BYTES_MAX);
    buf_add_cstr(&b, "BEGIN IMMEDIATE;");
    cdb_schema_step(from, "TEXT", &b);
    buf_printf(&b, "PRAGMA user_version = %lld; COMMIT", (long long)from + 1);
    buf_add_char(&b, '\0');
    REQUIRE(!b.overflow);
    if (exec(s, b.p, err) == 0)
        return 0;
    rollback(&s->db);
    return -1;
}

static int migrate(struct sqlite *s, struct err *err)
{
    int64_t version = 0;
    if (run(&s->db, "PRAGMA user_version", NULL, 0, on_version, &version, err) < 0)
        return -1;
    if (version > CDB_SCHEMA_VERSION || version < 0)
        return err_set(
            err, ERR_INTERNAL,
            "%s has format %lld, of a newer Glaux; this program knows formats up to %d: start the newer "
            "program, or use another data folder",
            s->path, (long long)version, CDB_SCHEMA_VERSION);
    for (; version < CDB_SCHEMA_VERSION; version++)
        if (take_step(s, version, err) < 0)
            return -1;
    return 0;
}

/* FULL: a commit is on the disk when it is answered. */
static const char pragmas[] =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY;"
    "PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = 16777216;"
    "PRAGMA trusted_schema = OFF";

struct cdb *cdb_open_sqlite(const char *path, struct err *err)
{
    struct sqlite *s = mem_new(sizeof *s);
    s->db.ops = &ops;
    s->path = mem_strdup(path);
    CLEANUP_FD int fd = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
    (void)fd; /* the owner's alone; there already, or SQLite says why it cannot be */
    int rc = sqlite3_open_v2(path, &s->handle, SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_READWRITE, NULL);
    if (rc == SQLITE_OK)
        sqlite3_busy_timeout(s->handle, BUSY_WAIT_MS);
    if (rc != SQLITE_OK ? fail(s, err) < 0 : exec(s, pragmas, err) < 0 || migrate(s, err) < 0) {
        close_sqlite(&s->db);
        return NULL;
    }
    sqlite3_wal_hook(s->handle, on_log_grown, s);
    return &s->db;
}

int64_t cdb_int(const struct cdb_row *row, size_t column)
{
    int64_t n = 0;
    return column < row->count && str_to_i64(row->cells[column], &n) ? n : 0;
}
