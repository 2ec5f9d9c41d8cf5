/* A connection to the database file: opening, prepared statements, errors in words. One thread at a time. */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "store/sqlite/sql.h"
#include "store/tables.h"

#include <sqlite3.h>

enum put_verb { PUT_UPDATE, PUT_INSERT, PUT_VERB_MAX };

struct db {
    sqlite3 *handle;
    char *path;
    const char *doing; /* begins an error's sentence: "cannot save the change" */
    sqlite3_stmt *stmts[SQL_MAX];
    sqlite3_stmt *puts[TABLE_MAX][PUT_VERB_MAX];
};

int db_open(struct db *db, const char *path, bool read_only, struct err *err) MUST_CHECK;
void db_close(struct db *db);
/* SQL without parameters and rows, once. */
int db_exec(struct db *db, const char *sql, struct err *err) MUST_CHECK;
/* SQLite's last error on this connection as a sentence; returns -1. */
int db_fail(struct db *db, struct err *err);
/* True when SQLite has rolled back the whole transaction by itself, as it does when the disk is full. */
bool db_lost_transaction(const struct db *db);

/* The prepared statement, reset, from the connection's cache. */
sqlite3_stmt *db_stmt(struct db *db, enum sql_id id, struct err *err) MUST_CHECK;
/* 1: a row is there; 0: the end; -1: failed. Resets the statement but for a row. */
int db_step(struct db *db, sqlite3_stmt *stmt, struct err *err) MUST_CHECK;
/* Binds the strings to ?1, ?2, ... and runs a statement that gives no rows. */
int db_run(struct db *db, enum sql_id id, const struct str *args, size_t count, struct err *err) MUST_CHECK;
/* Writes the record: updates the row of its key, or adds one. */
int db_put(struct db *db, enum table_id table, const void *record, struct err *err) MUST_CHECK;
/* Adds a row. 1: the key exists already. */
int db_insert(struct db *db, enum table_id table, const void *record, struct err *err) MUST_CHECK;

/* Values are borrowed until the statement is stepped to its end or reset. */
void bind_text(sqlite3_stmt *stmt, int at, struct str s);
void bind_blob(sqlite3_stmt *stmt, int at, struct str s);
void bind_int(sqlite3_stmt *stmt, int at, int64_t v);
/* A view until the next step. NULL is absent. */
struct str row_str(sqlite3_stmt *stmt, int column);
/* The row of a "SELECT $" statement as a record; strings are copied into the arena. */
void row_record(sqlite3_stmt *stmt, enum table_id table, struct arena *a, void *ret);
