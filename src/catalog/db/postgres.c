/* PostgreSQL by libpq. A broken connection fails the transaction (`lost`); the next one connects anew. */
#include "catalog/db/db.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"

#include <libpq-fe.h>
#include <stdio.h>

enum {
    STATEMENTS_MAX = 128,
    SQL_BYTES_MAX = 8192,
    NUMBER_TEXT_MAX = 24,
    RECONNECT_MS = 500,   /* after a failure: no new try before */
    LOCK_NUMBER = 711821, /* of the advisory lock that orders the writers of several servers */
};

struct postgres {
    struct cdb db;
    const char *url;
    int64_t timeout_ms;
    PGconn *conn;
    const char *statements[STATEMENTS_MAX]; /* prepared on this connection, as "s0", "s1", ... */
    size_t count;
    int64_t next_try_ms;
    char last_failure[512];
};

static struct postgres *from_db(struct cdb *db)
{
    return CONTAINER_OF(db, struct postgres, db);
}

/* --- Failures --- */

static void disconnect(struct postgres *p)
{
    PQfinish(p->conn);
    p->conn = NULL;
    p->count = 0;
}

static int unavailable(struct postgres *p, struct err *err)
{
    p->db.away = p->last_failure;
    return err_set(
        err, ERR_UNAVAILABLE,
        "The catalog's PostgreSQL cannot be reached; this is tried again with the next request: %s",
        p->last_failure);
}

static void keep_failure(struct postgres *p, const char *text)
{
    snprintf(p->last_failure, sizeof p->last_failure, "%s", text);
    for (char *c = p->last_failure; *c; c++)
        if (*c == '\n' || *c == '\r')
            *c = ' ';
}

/* It was waited for until `timeout_ms`: for a lock of others, or for the statement. */
static bool took_too_long(const PGresult *res)
{
    const char *code = PQresultErrorField(res, PG_DIAG_SQLSTATE);
    return code && (strcmp(code, "55P03") == 0 || strcmp(code, "57014") == 0);
}

static int too_long(struct postgres *p, struct err *err)
{
    p->db.away = p->last_failure;
    return err_set(err, ERR_UNAVAILABLE,
                   "The catalog's PostgreSQL ended what waited or ran for too long (setting "
                   "catalog.database_timeout); try it again: %s",
                   p->last_failure);
}

/* The result ends here. */
static int fail(struct postgres *p, PGresult *res, struct err *err)
{
    bool late = took_too_long(res);
    PQclear(res);
    keep_failure(p, PQerrorMessage(p->conn));
    if (PQstatus(p->conn) != CONNECTION_OK) {
        p->db.lost = true;
        disconnect(p);
        return unavailable(p, err);
    }
    p->db.lost |= PQtransactionStatus(p->conn) == PQTRANS_IDLE;
    if (late)
        return too_long(p, err);
    return err_set(err, ERR_INTERNAL, "The catalog's PostgreSQL: %s", p->last_failure);
}

static int exec(struct postgres *p, const char *sql, struct err *err)
{
    PGresult *res = PQexec(p->conn, sql);
    ExecStatusType status = PQresultStatus(res);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        return fail(p, res, err);
    PQclear(res);
    return 0;
}

/* --- Statements --- */

static void add_statement(struct buf *b, const char *sql)
{
    for (const char *c = sql; *c; c++)
        buf_add_char(b, *c == '?' ? '$' : *c);
    buf_add_char(b, '\0');
    REQUIRE(!b->overflow);
}

/* The number of the prepared statement, or -1. */
static int statement(struct postgres *p, const char *sql, struct err *err)
{
    for (size_t i = 0; i < p->count; i++)
        if (p->statements[i] == sql)
            return (int)i;
    REQUIRE(p->count < STATEMENTS_MAX);
    CLEANUP_BUF struct buf b;
    char name[16];
    buf_init(&b, SQL_BYTES_MAX);
    add_statement(&b, sql);
    snprintf(name, sizeof name, "s%zu", p->count);
    PGresult *res = PQprepare(p->conn, name, b.p, 0, NULL);
    if (PQresultStatus(res) != PGRES_COMMAND_OK)
        return fail(p, res, err);
    PQclear(res);
    p->statements[p->count] = sql;
    return (int)p->count++;
}

static PGresult *execute(struct postgres *p, int number, const struct cdb_value *values, size_t count)
{
    const char *texts[CDB_VALUES_MAX];
    char *copies[CDB_VALUES_MAX] = {0};
    char numbers[CDB_VALUES_MAX][NUMBER_TEXT_MAX], name[16];
    REQUIRE(count <= CDB_VALUES_MAX);
    for (size_t i = 0; i < count; i++) {
        if (values[i].null) {
            texts[i] = NULL;
        } else if (values[i].text.p) {
            copies[i] = mem_new(values[i].text.n + 1);
            memcpy(copies[i], values[i].text.p, values[i].text.n);
            texts[i] = copies[i];
        } else {
            snprintf(numbers[i], sizeof numbers[i], "%lld", (long long)values[i].number);
            texts[i] = numbers[i];
        }
    }
    snprintf(name, sizeof name, "s%d", number);
    PGresult *res = PQexecPrepared(p->conn, name, (int)count, texts, NULL, NULL, 0);
    for (size_t i = 0; i < count; i++)
        free(copies[i]);
    return res;
}

static int64_t give_rows(const PGresult *res, cdb_row_fn *row, void *ctx, struct err *err)
{
    struct str cells[CDB_COLUMNS_MAX];
    int columns = PQnfields(res), rows = PQntuples(res);
    REQUIRE(columns <= CDB_COLUMNS_MAX);
    for (int i = 0; i < rows; i++) {
        for (int k = 0; k < columns; k++)
            cells[k] = PQgetisnull(res, i, k) ? STR_NULL
                                              : str_of(PQgetvalue(res, i, k), (size_t)PQgetlength(res, i, k));
        if (row && row(ctx, &(struct cdb_row){(size_t)columns, cells}, err) < 0)
            return -1;
    }
    return rows;
}

/* Savepoints are plain commands. */
static bool is_command(const char *sql)
{
    return strstr(sql, "SAVEPOINT ") != NULL;
}

static int64_t run(struct cdb *db, const char *sql, const struct cdb_value *values, size_t count,
                   cdb_row_fn *row, void *ctx, struct err *err)
{
    struct postgres *p = from_db(db);
    if (!p->conn) {
        db->lost = true;
        return unavailable(p, err);
    }
    if (is_command(sql))
        return exec(p, sql, err);
    int number = statement(p, sql, err);
    if (number < 0)
        return -1;
    PGresult *res = execute(p, number, values, count);
    ExecStatusType status = PQresultStatus(res);
    int64_t ret = 0, changed = 0;
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
        return fail(p, res, err);
    if (status == PGRES_TUPLES_OK)
        ret = give_rows(res, row, ctx, err);
    else
        ret = str_to_i64(str_from(PQcmdTuples(res)), &changed) ? changed : 0;
    PQclear(res);
    return ret;
}

/* --- Schema --- */

static int read_version(struct postgres *p, int64_t *ret, struct err *err)
{
    if (exec(p, "CREATE TABLE IF NOT EXISTS glaux_catalog (version BIGINT NOT NULL)", err) < 0)
        return -1;
    PGresult *res = PQexec(p->conn, "SELECT max(version) FROM glaux_catalog");
    bool ok = PQresultStatus(res) == PGRES_TUPLES_OK && PQntuples(res) == 1;
    *ret = 0;
    if (ok && !PQgetisnull(res, 0, 0) && !str_to_i64(str_from(PQgetvalue(res, 0, 0)), ret))
        ok = false;
    if (!ok)
        return fail(p, res, err);
    PQclear(res);
    return 0;
}

static int take_step(struct postgres *p, int64_t from, struct err *err)
{
    CLEANUP_BUF struct buf b;
    buf_init(&b, CDB_SCHEMA_BYTES_MAX);
    cdb_schema_step(from, "TEXT COLLATE \"C\"", &b);
    buf_printf(&b, "INSERT INTO glaux_catalog (version) VALUES (%lld)", (long long)from + 1);
    buf_add_char(&b, '\0');
    REQUIRE(!b.overflow);
    return exec(p, b.p, err);
}

static int lock(struct postgres *p, struct err *err)
{
    char sql[64];
    snprintf(sql, sizeof sql, "SELECT pg_advisory_xact_lock(%d)", LOCK_NUMBER);
    return exec(p, sql, err);
}

static int migrate(struct postgres *p, struct err *err)
{
    int64_t version = 0;
    if (exec(p, "BEGIN", err) < 0 || lock(p, err) < 0 || read_version(p, &version, err) < 0)
        return -1;
    if (version > CDB_SCHEMA_VERSION)
        return err_set(
            err, ERR_INTERNAL,
            "The catalog's PostgreSQL has format %lld, of a newer Glaux; this program knows formats up to %d",
            (long long)version, CDB_SCHEMA_VERSION);
    for (; version < CDB_SCHEMA_VERSION; version++)
        if (take_step(p, version, err) < 0)
            return -1;
    return exec(p, "COMMIT", err);
}

/* --- Connection --- */

static void ignore_notice(void *arg, const PGresult *res)
{
    (void)arg, (void)res;
}

/* What bounds the waits of this server, and of the others for one that stands still amid a transaction. */
static int limit(struct postgres *p, const char *what, struct err *err)
{
    char sql[100];
    snprintf(sql, sizeof sql, "SET %s = %lld", what, (long long)p->timeout_ms);
    return exec(p, sql, err);
}

/* To migrate may take long: only its waits are bounded. */
static int set_up(struct postgres *p, struct err *err)
{
    PQsetNoticeReceiver(p->conn, ignore_notice, NULL);
    if (exec(p, "SET client_encoding = 'UTF8'", err) < 0 || limit(p, "lock_timeout", err) < 0 ||
        limit(p, "idle_in_transaction_session_timeout", err) < 0 || migrate(p, err) < 0 ||
        limit(p, "statement_timeout", err) < 0) {
        if (p->conn)
            disconnect(p);
        return -1;
    }
    log_info("catalog", "connected to PostgreSQL");
    return 0;
}

static int64_t now_ms(void)
{
    return clock_mono_ms(&clock_system);
}

static int connect_anew(struct postgres *p, struct err *err)
{
    static const char *const keys[] = {"dbname",          "connect_timeout",  "application_name",
                                       "keepalives_idle", "tcp_user_timeout", NULL};
    const char *const values[] = {p->url, "5", "glauxd", "30", "30000", NULL};
    if (p->last_failure[0] && now_ms() < p->next_try_ms)
        return unavailable(p, err);
    p->conn = PQconnectdbParams(keys, values, 1);
    if (PQstatus(p->conn) == CONNECTION_OK && set_up(p, err) == 0) {
        p->last_failure[0] = '\0';
        return 0;
    }
    if (p->conn) {
        keep_failure(p, PQerrorMessage(p->conn));
        disconnect(p);
        unavailable(p, err);
    }
    p->next_try_ms = now_ms() + RECONNECT_MS;
    return -1;
}

static int begin(struct cdb *db, bool write, struct err *err)
{
    struct postgres *p = from_db(db);
    if (!p->conn && connect_anew(p, err) < 0)
        return -1;
    if (exec(p, write ? "BEGIN" : "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", err) < 0 ||
        (write && lock(p, err) < 0))
        return -1;
    db->away = NULL;
    return 0;
}

/* PostgreSQL answers COMMIT after a failed statement with success and the tag ROLLBACK. */
static int commit(struct cdb *db, struct err *err)
{
    struct postgres *p = from_db(db);
    if (!p->conn)
        return unavailable(p, err);
    if (PQtransactionStatus(p->conn) == PQTRANS_INERROR)
        return err_set(err, ERR_UNAVAILABLE,
                       "The catalog's PostgreSQL took the change back, since a statement beside it failed; "
                       "try it again.");
    if (exec(p, "COMMIT", err) == 0)
        return 0;
    if (db->lost && err->code == ERR_UNAVAILABLE)
        return err_set(
            err, ERR_UNAVAILABLE,
            "The connection to the catalog's PostgreSQL broke amid a commit: look whether the change is "
            "there before you repeat it (%s)",
            p->last_failure);
    return -1;
}

static void rollback(struct cdb *db)
{
    struct postgres *p = from_db(db);
    struct err ignored;
    if (p->conn && PQtransactionStatus(p->conn) != PQTRANS_IDLE && exec(p, "ROLLBACK", &ignored) < 0 &&
        p->conn)
        disconnect(p);
}

static void tidy(struct cdb *db)
{
    (void)db;
}

static void close_postgres(struct cdb *db)
{
    disconnect(from_db(db));
    free(from_db(db));
}

static const struct cdb_ops ops = {
    .begin = begin,
    .commit = commit,
    .rollback = rollback,
    .run = run,
    .tidy = tidy,
    .close = close_postgres,
};

struct cdb *cdb_open_postgres(const char *url, int64_t timeout_ms)
{
    struct postgres *p = mem_new(sizeof *p);
    p->db.ops = &ops;
    p->url = url;
    p->timeout_ms = timeout_ms;
    return &p->db;
}
