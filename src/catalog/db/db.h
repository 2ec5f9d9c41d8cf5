/* The catalog's connection to its database: a small SQL interface over SQLite and PostgreSQL. One thread at a
 * time. Texts are the same for both; parameters are ?1, ?2, ... in order. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "catalog/room.h"

struct cdb;

struct cdb_value {
    struct str text; /* absent: the number counts, unless `null` */
    int64_t number;
    bool null;
};
#define CDB_TEXT(s) ((struct cdb_value){.text = (s).p ? (s) : STR_NULL, .null = (s).p == NULL})
#define CDB_INT(n) ((struct cdb_value){.number = (n)})

/* Cells are views that live until the function returns. */
struct cdb_row {
    size_t count;
    const struct str *cells;
};
int64_t cdb_int(const struct cdb_row *row, size_t column);
/* Return -1 with `err` to end the statement. */
typedef int cdb_row_fn(void *ctx, const struct cdb_row *row, struct err *err);

enum { CDB_COLUMNS_MAX = 12, CDB_VALUES_MAX = 12 };

struct cdb_ops {
    int (*begin)(struct cdb *db, bool write, struct err *err);
    int (*commit)(struct cdb *db, struct err *err);
    void (*rollback)(struct cdb *db);
    int64_t (*run)(struct cdb *db, const char *sql, const struct cdb_value *values, size_t count,
                   cdb_row_fn *row, void *ctx, struct err *err);
    void (*tidy)(struct cdb *db);
    void (*close)(struct cdb *db);
};

struct cdb {
    const struct cdb_ops *ops;
    const struct arena *arena; /* of the work under way; NULL: none */
    bool lost;                 /* the transaction is gone, with all that it did */
    const char *away;          /* why the database does not answer; NULL: it does */
};

/* Opens or makes the file. */
struct cdb *cdb_open_sqlite(const char *path, struct err *err) MUST_CHECK;
/* Connects at the first transaction. `url` is borrowed. No wait for a lock, no statement and no pause between
 * two of a transaction is longer than the timeout; 0: they are not bounded. */
struct cdb *cdb_open_postgres(const char *url, int64_t timeout_ms);

/* A transaction. `write`: nobody else changes the catalog meanwhile. */
static inline int cdb_begin(struct cdb *db, bool write, struct err *err)
{
    db->lost = false;
    return db->ops->begin(db, write, err);
}
static inline int cdb_commit(struct cdb *db, struct err *err)
{
    return db->ops->commit(db, err);
}
static inline void cdb_rollback(struct cdb *db)
{
    db->ops->rollback(db);
}
/* Runs a statement, calling `row` (which may be NULL) for each row; returns the number of rows that it
 * changed or returned, or -1; ERR_TOO_LARGE once the work's arena has crossed its bound. `sql` is a literal:
 * its address names the prepared statement. */
static inline int64_t cdb_run(struct cdb *db, const char *sql, const struct cdb_value *values, size_t count,
                              cdb_row_fn *row, void *ctx, struct err *err)
{
    if (db->arena && arena_overflow(db->arena))
        return catalog_no_room(err);
    return db->ops->run(db, sql, values, count, row, ctx, err);
}
#define CDB_RUN(db, sql, row, ctx, err, ...)                                                                 \
    cdb_run(db, sql, (const struct cdb_value[]){__VA_ARGS__},                                                \
            sizeof((const struct cdb_value[]){__VA_ARGS__}) / sizeof(struct cdb_value), row, ctx, err)
/* Between transactions: work that no answer should wait for. */
static inline void cdb_tidy(struct cdb *db)
{
    db->ops->tidy(db);
}
static inline void cdb_close(struct cdb *db)
{
    db->ops->close(db);
}

enum { CDB_SCHEMA_VERSION = 2, CDB_SCHEMA_BYTES_MAX = 64 * 1024 };
/* The statements that bring version `from` to the next; `text` is the type of a text that sorts by its bytes.
 */
void cdb_schema_step(int64_t from, const char *text, struct buf *out);
