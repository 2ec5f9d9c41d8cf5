#include "store/sqlite/db.h"

#include "base/buf.h"

#include <errno.h>

enum { SQL_BYTES_MAX = 8 * 1024, BUSY_WAIT_MS = 5000 };

/* --- Errors --- */

/* What the system said. SQLite does not keep it for a COMMIT; callers clear errno before each call. */
static int system_errno(struct db *db)
{
    int last = errno;
    int kept = sqlite3_system_errno(db->handle);
    return kept ? kept : last;
}

static bool is_full(int code, int os)
{
    return code == SQLITE_FULL ||
           ((code == SQLITE_IOERR || code == SQLITE_CANTOPEN) && errno_is_no_space(os));
}

int db_fail(struct db *db, struct err *err)
{
    int os = system_errno(db);
    int code = sqlite3_errcode(db->handle);
    const char *text = sqlite3_errmsg(db->handle), *doing = db->doing;
    if (is_full(code, os))
        return err_set(err, ERR_NO_SPACE,
                       "%s: the disk that holds %s is full; free some space on it (SQLite: %s)", doing,
                       db->path, text);
    switch (code) {
    case SQLITE_IOERR:
        return err_set(err, ERR_INTERNAL, "%s: %s cannot be read or written: %s; check the disk (SQLite: %s)",
                       doing, db->path, os ? strerror(os) : "input/output error", text);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return err_set(err, ERR_INTERNAL,
                       "%s: %s is damaged; put back a backup of the data folder (SQLite: %s)", doing,
                       db->path, text);
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_AUTH:
        return err_set(err, ERR_INTERNAL,
                       "%s: %s cannot be opened for writing: %s; check the folder, its owner and permissions "
                       "(SQLite: %s)",
                       doing, db->path, os ? strerror(os) : "not permitted", text);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return err_set(err, ERR_INTERNAL, "%s: another program holds %s locked; end it (SQLite: %s)", doing,
                       db->path, text);
    default: return err_set(err, ERR_INTERNAL, "%s: %s (SQLite, %s)", doing, text, db->path);
    }
}

bool db_lost_transaction(const struct db *db)
{
    return sqlite3_get_autocommit(db->handle) != 0;
}

/* --- Connection --- */

/* FULL: a commit is on the disk when it is answered. Temporary data stays in memory, so a full /tmp fails
 * nothing. */
static const char write_pragmas[] =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY;"
    "PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = 16777216;"
    "PRAGMA trusted_schema = OFF";
static const char read_pragmas[] =
    "PRAGMA query_only = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -4096;"
    "PRAGMA trusted_schema = OFF";

int db_open(struct db *db, const char *path, bool read_only, struct err *err)
{
    *db = (struct db){.path = mem_strdup(path), .doing = "cannot open the store"};
    int flags =
        SQLITE_OPEN_NOMUTEX | (read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    errno = 0;
    if (sqlite3_open_v2(path, &db->handle, flags, NULL) != SQLITE_OK)
        return db_fail(db, err);
    sqlite3_busy_timeout(db->handle, BUSY_WAIT_MS);
    return db_exec(db, read_only ? read_pragmas : write_pragmas, err);
}

void db_close(struct db *db)
{
    for (size_t i = 0; i < SQL_MAX; i++)
        sqlite3_finalize(db->stmts[i]);
    for (size_t i = 0; i < TABLE_MAX; i++)
        for (size_t k = 0; k < PUT_VERB_MAX; k++)
            sqlite3_finalize(db->puts[i][k]);
    sqlite3_close(db->handle);
    free(db->path);
    *db = (struct db){0};
}

int db_exec(struct db *db, const char *sql, struct err *err)
{
    errno = 0;
    return sqlite3_exec(db->handle, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : db_fail(db, err);
}

/* --- Statements --- */

static sqlite3_stmt *prepare(struct db *db, const struct buf *sql, struct err *err)
{
    REQUIRE(!sql->overflow);
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v3(db->handle, sql->p, (int)sql->n, SQLITE_PREPARE_PERSISTENT, &stmt, NULL) !=
        SQLITE_OK)
        db_fail(db, err);
    return stmt;
}

static void add_columns(struct buf *b, const struct table *t)
{
    for (size_t i = 0; i < t->count; i++)
        buf_printf(b, "%s%s", i ? ", " : "", t->columns[i].name);
}

sqlite3_stmt *db_stmt(struct db *db, enum sql_id id, struct err *err)
{
    if (db->stmts[id])
        return db->stmts[id];
    CLEANUP_BUF struct buf b;
    buf_init(&b, SQL_BYTES_MAX);
    for (const char *p = sql_texts[id].text; *p; p++) {
        if (*p == '$')
            add_columns(&b, &tables[sql_texts[id].table]);
        else
            buf_add_char(&b, *p);
    }
    return db->stmts[id] = prepare(db, &b, err);
}

/* Column i of the table is parameter i + 1 in both. */
static void add_update(struct buf *b, const struct table *t)
{
    buf_printf(b, "UPDATE %s SET ", t->name);
    const char *comma = "";
    for (size_t i = t->key_count; i < t->count; i++) {
        if (t->columns[i].type != COLUMN_SEQ) {
            buf_printf(b, "%s%s = ?%zu", comma, t->columns[i].name, i + 1);
            comma = ", ";
        }
    }
    for (size_t i = 0; i < t->key_count; i++)
        buf_printf(b, "%s%s = ?%zu", i ? " AND " : " WHERE ", t->columns[i].name, i + 1);
}

static void add_insert(struct buf *b, const struct table *t)
{
    buf_printf(b, "INSERT INTO %s (", t->name);
    add_columns(b, t);
    buf_add_cstr(b, ") VALUES (");
    for (size_t i = 0; i < t->count; i++)
        buf_printf(b, "%s?%zu", i ? ", " : "", i + 1);
    buf_add_char(b, ')');
}

static void bind_record(sqlite3_stmt *stmt, const struct table *t, void *record)
{
    for (size_t i = 0; i < t->count; i++) {
        const struct column *c = &t->columns[i];
        int at = (int)i + 1;
        switch (c->type) {
        case COLUMN_TEXT: bind_text(stmt, at, *column_str(c, record)); break;
        case COLUMN_BLOB: bind_blob(stmt, at, *column_str(c, record)); break;
        case COLUMN_INT: bind_int(stmt, at, *column_int(c, record)); break;
        case COLUMN_SEQ: break; /* NULL: an INSERT takes the next number */
        }
    }
}

/* The statement with the record's values bound. */
static sqlite3_stmt *put_stmt(struct db *db, enum table_id id, enum put_verb verb, const void *record,
                              struct err *err)
{
    const struct table *t = &tables[id];
    sqlite3_stmt **stmt = &db->puts[id][verb];
    if (!*stmt) {
        CLEANUP_BUF struct buf b;
        buf_init(&b, SQL_BYTES_MAX);
        if (verb == PUT_UPDATE)
            add_update(&b, t);
        else
            add_insert(&b, t);
        *stmt = prepare(db, &b, err);
    }
    if (*stmt)
        bind_record(*stmt, t, (void *)(uintptr_t)record);
    return *stmt;
}

int db_step(struct db *db, sqlite3_stmt *stmt, struct err *err)
{
    errno = 0;
    int rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW)
        return 1;
    int ret = rc == SQLITE_DONE ? 0 : db_fail(db, err);
    sqlite3_reset(stmt);
    return ret;
}

int db_run(struct db *db, enum sql_id id, const struct str *args, size_t count, struct err *err)
{
    sqlite3_stmt *stmt = db_stmt(db, id, err);
    if (!stmt)
        return -1;
    for (size_t i = 0; i < count; i++)
        bind_text(stmt, (int)i + 1, args[i]);
    return db_step(db, stmt, err);
}

int db_insert(struct db *db, enum table_id table, const void *record, struct err *err)
{
    sqlite3_stmt *stmt = put_stmt(db, table, PUT_INSERT, record, err);
    if (!stmt)
        return -1;
    errno = 0;
    int rc = sqlite3_step(stmt);
    int code = rc == SQLITE_DONE ? SQLITE_OK : sqlite3_extended_errcode(db->handle);
    bool exists = code == SQLITE_CONSTRAINT_PRIMARYKEY || code == SQLITE_CONSTRAINT_UNIQUE;
    int ret = rc == SQLITE_DONE ? 0 : exists ? 1 : db_fail(db, err);
    sqlite3_reset(stmt);
    return ret;
}

int db_put(struct db *db, enum table_id table, const void *record, struct err *err)
{
    sqlite3_stmt *update = put_stmt(db, table, PUT_UPDATE, record, err);
    if (!update || db_step(db, update, err) < 0)
        return -1;
    if (sqlite3_changes(db->handle) > 0)
        return 0;
    sqlite3_stmt *insert = put_stmt(db, table, PUT_INSERT, record, err);
    return insert ? db_step(db, insert, err) : -1;
}

/* --- Values --- */

/* Binding can only fail by a wrong index or a statement in use, as lengths are bounded below SQLite's limit.
 */
void bind_text(sqlite3_stmt *stmt, int at, struct str s)
{
    REQUIRE(sqlite3_bind_text64(stmt, at, s.p, s.n, SQLITE_STATIC, SQLITE_UTF8) == SQLITE_OK);
}

void bind_blob(sqlite3_stmt *stmt, int at, struct str s)
{
    REQUIRE(sqlite3_bind_blob64(stmt, at, s.p, s.n, SQLITE_STATIC) == SQLITE_OK);
}

void bind_int(sqlite3_stmt *stmt, int at, int64_t v)
{
    REQUIRE(sqlite3_bind_int64(stmt, at, v) == SQLITE_OK);
}

struct str row_str(sqlite3_stmt *stmt, int column)
{
    if (sqlite3_column_type(stmt, column) == SQLITE_NULL)
        return STR_NULL;
    const void *p = sqlite3_column_blob(stmt, column);
    return str_of(p ? p : "", (size_t)sqlite3_column_bytes(stmt, column));
}

void row_record(sqlite3_stmt *stmt, enum table_id table, struct arena *a, void *ret)
{
    for (size_t i = 0; i < tables[table].count; i++) {
        const struct column *c = &tables[table].columns[i];
        if (column_is_str(c))
            *column_str(c, ret) = arena_str(a, row_str(stmt, (int)i));
        else
            *column_int(c, ret) = sqlite3_column_int64(stmt, (int)i);
    }
}
