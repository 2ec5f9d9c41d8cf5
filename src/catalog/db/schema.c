#include "catalog/db/db.h"

#define TEXT_MARK "{TEXT}"

/* Step i brings version i to i + 1. A step that has been released is never changed: add another. */
static const char *const steps[CDB_SCHEMA_VERSION] = {
    /* Ids come from `counters`, so that the statements are the same everywhere. */
    "CREATE TABLE counters (name {TEXT} NOT NULL PRIMARY KEY, value BIGINT NOT NULL);"
    "INSERT INTO counters (name, value) VALUES ('id', 0);"

    "CREATE TABLE databases (id BIGINT NOT NULL PRIMARY KEY, name {TEXT} NOT NULL UNIQUE, detail {TEXT} NOT "
    "NULL);"
    "CREATE TABLE tables (id BIGINT NOT NULL PRIMARY KEY, database_id BIGINT NOT NULL, name {TEXT} NOT NULL,"
    "  type {TEXT} NOT NULL, version BIGINT NOT NULL, detail {TEXT} NOT NULL, UNIQUE (database_id, name));"
    "CREATE TABLE table_versions (table_id BIGINT NOT NULL, version BIGINT NOT NULL, detail {TEXT} NOT NULL,"
    "  PRIMARY KEY (table_id, version));"
    "CREATE TABLE partitions (table_id BIGINT NOT NULL, name {TEXT} NOT NULL, detail {TEXT} NOT NULL,"
    "  PRIMARY KEY (table_id, name));"
    "CREATE TABLE functions (database_id BIGINT NOT NULL, name {TEXT} NOT NULL, detail {TEXT} NOT NULL,"
    "  PRIMARY KEY (database_id, name));"

    /* partition: '' for the table's own. */
    "CREATE TABLE column_statistics (table_id BIGINT NOT NULL, partition_name {TEXT} NOT NULL,"
    "  column_name {TEXT} NOT NULL, detail {TEXT} NOT NULL, PRIMARY KEY (table_id, partition_name, "
    "column_name));"

    /* One row a component of a lock; number orders them. */
    "CREATE TABLE locks (lock_id BIGINT NOT NULL, number BIGINT NOT NULL, database_name {TEXT} NOT NULL,"
    "  table_name {TEXT} NOT NULL, partition_name {TEXT} NOT NULL, type BIGINT NOT NULL, state BIGINT NOT "
    "NULL,"
    "  heartbeat_ms BIGINT NOT NULL, acquired_ms BIGINT NOT NULL, detail {TEXT} NOT NULL,"
    "  PRIMARY KEY (lock_id, number));"

    /* Data of what was dropped, still to be removed. */
    "CREATE TABLE removals (id BIGINT NOT NULL PRIMARY KEY, location {TEXT} NOT NULL, dropped_ms BIGINT NOT "
    "NULL);",
    /* Whose store the data is in: servers that share a database each have their own. '': any. */
    "ALTER TABLE removals ADD COLUMN server {TEXT} NOT NULL DEFAULT '';",
};

void cdb_schema_step(int64_t from, const char *text, struct buf *out)
{
    const char *rest = steps[from];
    for (const char *mark; (mark = strstr(rest, TEXT_MARK)); rest = mark + sizeof TEXT_MARK - 1) {
        buf_add(out, rest, (size_t)(mark - rest));
        buf_add_cstr(out, text);
    }
    buf_add_cstr(out, rest);
}
