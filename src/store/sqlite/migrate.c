#include "store/sqlite/migrate.h"

#include <stdio.h>

/* Step i brings version i to i + 1. A step that has been released is never changed: add another. */
static const char *const steps[SCHEMA_VERSION] = {
    /* AUTOINCREMENT: a seq is never used again, page tokens rely on it. */
    "CREATE TABLE sessions ("
    "  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, workgroup TEXT NOT NULL, description "
    "TEXT,"
    "  engine_version TEXT, principal TEXT, detail TEXT, state TEXT NOT NULL, reason TEXT, end_kind TEXT,"
    "  idle_timeout_ms INTEGER NOT NULL, created_ms INTEGER NOT NULL, ready_ms INTEGER NOT NULL,"
    "  modified_ms INTEGER NOT NULL, idle_since_ms INTEGER NOT NULL, ended_ms INTEGER NOT NULL,"
    "  dpu_ms INTEGER NOT NULL, memory_bytes INTEGER NOT NULL, max_dpus INTEGER NOT NULL) STRICT;"
    "CREATE INDEX sessions_by_workgroup ON sessions (workgroup, seq);"
    "CREATE INDEX sessions_by_state ON sessions (workgroup, state, seq);"
    "CREATE INDEX sessions_live ON sessions (seq) WHERE ended_ms = 0;"
    "CREATE INDEX sessions_by_end ON sessions (ended_ms) WHERE ended_ms > 0;"

    "CREATE TABLE calculations ("
    "  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, session_id TEXT NOT NULL, workgroup "
    "TEXT,"
    "  description TEXT, working_directory TEXT, state TEXT NOT NULL, reason TEXT, progress TEXT, "
    "result_type TEXT,"
    "  submitted_ms INTEGER NOT NULL, started_ms INTEGER NOT NULL, completed_ms INTEGER NOT NULL,"
    "  dpu_ms INTEGER NOT NULL) STRICT;"
    "CREATE INDEX calculations_by_session ON calculations (session_id, seq);"
    "CREATE INDEX calculations_by_state ON calculations (session_id, state, seq);"
    "CREATE INDEX calculations_live ON calculations (seq) WHERE completed_ms = 0;"

    "CREATE TABLE codes (calculation_id TEXT NOT NULL PRIMARY KEY, code TEXT) STRICT;"
    "CREATE TABLE workgroups (name TEXT NOT NULL PRIMARY KEY, state TEXT, description TEXT, detail TEXT,"
    "  created_ms INTEGER NOT NULL) STRICT;"
    "CREATE TABLE tags (arn TEXT NOT NULL, key TEXT NOT NULL, value TEXT, resource TEXT NOT NULL,"
    "  PRIMARY KEY (arn, key)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX tags_by_resource ON tags (resource);"
    "CREATE TABLE tokens (scope TEXT NOT NULL, token TEXT NOT NULL, digest TEXT, resource_id TEXT,"
    "  created_ms INTEGER NOT NULL, PRIMARY KEY (scope, token)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX tokens_by_resource ON tokens (resource_id);"
    "CREATE INDEX tokens_by_time ON tokens (created_ms);"
    "CREATE TABLE meta (key TEXT NOT NULL PRIMARY KEY, value TEXT) STRICT, WITHOUT ROWID;"

    /* Keys are blobs: compared byte by byte, whatever they hold. */
    "CREATE TABLE buckets (name TEXT NOT NULL PRIMARY KEY, created_ms INTEGER NOT NULL) STRICT, WITHOUT "
    "ROWID;"
    "CREATE TABLE objects ("
    "  number INTEGER PRIMARY KEY, bucket TEXT NOT NULL, key BLOB NOT NULL, size INTEGER NOT NULL, etag TEXT "
    "NOT NULL,"
    "  content_type TEXT, meta TEXT, blob_id TEXT, modified_ms INTEGER NOT NULL, body BLOB,"
    "  UNIQUE (bucket, key)) STRICT;"
    "CREATE TABLE blobs (id TEXT NOT NULL PRIMARY KEY, refs INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE INDEX blobs_garbage ON blobs (id) WHERE refs = 0;",

    /* SQL statements and data catalogs. */
    "CREATE TABLE queries ("
    "  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, workgroup TEXT NOT NULL, detail TEXT,"
    "  state TEXT NOT NULL, reason TEXT, calculation_id TEXT, submitted_ms INTEGER NOT NULL,"
    "  started_ms INTEGER NOT NULL, completed_ms INTEGER NOT NULL) STRICT;"
    "CREATE INDEX queries_by_workgroup ON queries (workgroup, seq);"
    "CREATE INDEX queries_live ON queries (seq) WHERE completed_ms = 0;"
    "CREATE INDEX queries_by_end ON queries (completed_ms) WHERE completed_ms > 0;"
    "CREATE TABLE query_results (query_id TEXT NOT NULL PRIMARY KEY, columns TEXT, text TEXT) STRICT;"
    "CREATE TABLE data_catalogs (name TEXT NOT NULL PRIMARY KEY, detail TEXT, created_ms INTEGER NOT NULL)"
    "  STRICT, WITHOUT ROWID;",

    /* An object's content is a list of pieces of blobs; multipart uploads. */
    "CREATE TABLE objects_2 ("
    "  number INTEGER PRIMARY KEY, bucket TEXT NOT NULL, key BLOB NOT NULL, size INTEGER NOT NULL, etag TEXT "
    "NOT NULL,"
    "  content_type TEXT, meta TEXT, tags TEXT, modified_ms INTEGER NOT NULL, parts TEXT, pieces TEXT, body "
    "BLOB,"
    "  UNIQUE (bucket, key)) STRICT;"
    "INSERT INTO objects_2 (number, bucket, key, size, etag, content_type, meta, modified_ms, pieces, body)"
    "  SELECT number, bucket, key, size, etag, content_type, meta, modified_ms,"
    "    blob_id || ' 0 ' || size || char(10), body FROM objects;"
    "DROP TABLE objects;"
    "ALTER TABLE objects_2 RENAME TO objects;"

    "CREATE TABLE uploads ("
    "  id TEXT NOT NULL PRIMARY KEY, bucket TEXT NOT NULL, key BLOB NOT NULL, content_type TEXT, meta TEXT,"
    "  tags TEXT, checksum TEXT, checksum_type TEXT, done_etag TEXT, done_checksum TEXT,"
    "  initiated_ms INTEGER NOT NULL) STRICT;"
    "CREATE INDEX uploads_by_key ON uploads (bucket, key, id) WHERE done_etag IS NULL;"
    "CREATE INDEX uploads_by_time ON uploads (initiated_ms);"
    "CREATE TABLE parts ("
    "  upload_id TEXT NOT NULL, number INTEGER NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL,"
    "  checksum TEXT, modified_ms INTEGER NOT NULL, pieces TEXT NOT NULL,"
    "  PRIMARY KEY (upload_id, number)) STRICT, WITHOUT ROWID;",

    /* Output that waits for a bucket elsewhere; its bytes are the object of the same bucket and key. */
    "CREATE TABLE deliveries (bucket TEXT NOT NULL, key BLOB NOT NULL, calculation_id TEXT NOT NULL,"
    "  size INTEGER NOT NULL, created_ms INTEGER NOT NULL, attempts INTEGER NOT NULL, next_ms INTEGER NOT "
    "NULL,"
    "  error TEXT, PRIMARY KEY (bucket, key)) STRICT, WITHOUT ROWID;",

    /* Output of statements waits, too. What a crash leaves at other S3s is found again. */
    "ALTER TABLE deliveries RENAME COLUMN calculation_id TO owner_id;"
    "ALTER TABLE deliveries ADD COLUMN etag TEXT;"
    "CREATE TABLE remote_uploads (bucket TEXT NOT NULL, key BLOB NOT NULL, upload_id TEXT NOT NULL,"
    "  begun_ms INTEGER NOT NULL, PRIMARY KEY (bucket, key, upload_id)) STRICT, WITHOUT ROWID;",
};

static int read_version(struct db *db, int *ret, struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v2(db->handle, "PRAGMA user_version", -1, &stmt, NULL) != SQLITE_OK)
        return db_fail(db, err);
    int rc = db_step(db, stmt, err);
    if (rc == 1)
        *ret = sqlite3_column_int(stmt, 0);
    sqlite3_finalize(stmt);
    return rc < 0 ? -1 : 0;
}

static int take_step(struct db *db, int from, struct err *err)
{
    char set_version[64];
    snprintf(set_version, sizeof set_version, "PRAGMA user_version = %d", from + 1);
    if (db_exec(db, "BEGIN IMMEDIATE", err) == 0 && db_exec(db, steps[from], err) == 0 &&
        db_exec(db, set_version, err) == 0 && db_exec(db, "COMMIT", err) == 0)
        return 0;
    sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
    return -1;
}

int migrate(struct db *db, struct err *err)
{
    int version = 0;
    if (read_version(db, &version, err) < 0)
        return -1;
    if (version > SCHEMA_VERSION || version < 0)
        return err_set(err, ERR_INTERNAL,
                       "%s has format %d, of a newer Glaux; this program knows formats up to %d: start the "
                       "newer program,"
                       " or use another data folder",
                       db->path, version, SCHEMA_VERSION);
    db->doing = "cannot bring the store to this program's format";
    for (; version < SCHEMA_VERSION; version++)
        if (take_step(db, version, err) < 0)
            return -1;
    return 0;
}
