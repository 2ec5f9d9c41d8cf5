#include "store/sqlite/query.h"

#include "base/buf.h"
#include "store/missing.h"
#include "store/sqlite/objects.h"
#include "store/sqlite/rows.h"
#include "store/sqlite/uploads.h"

/* All rows of a statement that selects a table's columns, its parameters bound. */
static int read_records(struct db *db, sqlite3_stmt *stmt, enum table_id table, struct store_read *r,
                        struct err *err)
{
    struct rows rows = {.read = r, .size = tables[table].record_size};
    int rc;
    while ((rc = db_step(db, stmt, err)) == 1) {
        void *record = rows_add(&rows, err);
        if (!record) {
            sqlite3_reset(stmt);
            return -1;
        }
        row_record(stmt, table, r->arena, record);
    }
    r->records = rows.first;
    r->count = rows.count;
    return rc;
}

/* The record of a key, or the records of a statement without parameters. */
static int read_by_key(struct db *db, enum sql_id id, size_t key_count, struct store_read *r, struct err *err)
{
    sqlite3_stmt *stmt = db_stmt(db, id, err);
    if (!stmt)
        return -1;
    if (key_count > 0)
        bind_text(stmt, 1, r->key);
    if (key_count > 1)
        bind_text(stmt, 2, r->sub_key);
    return read_records(db, stmt, sql_texts[id].table, r, err);
}

static int read_list(struct db *db, enum sql_id all, enum sql_id in_states, struct store_read *r,
                     struct err *err)
{
    const struct store_list *q = &r->list;
    enum sql_id id = q->state_count ? in_states : all;
    sqlite3_stmt *stmt = db_stmt(db, id, err);
    if (!stmt)
        return -1;
    bind_text(stmt, 1, q->within);
    bind_int(stmt, 2, q->before_seq > 0 ? q->before_seq : INT64_MAX);
    bind_int(stmt, 3, q->limit < INT64_MAX ? (int64_t)q->limit : INT64_MAX);
    for (size_t i = 0; q->state_count && i < STORE_STATES_MAX; i++)
        bind_text(stmt, (int)i + 4, i < q->state_count ? q->states[i] : STR_NULL);
    return read_records(db, stmt, sql_texts[id].table, r, err);
}

static int read_text(struct db *db, enum sql_id id, struct store_read *r, struct err *err)
{
    sqlite3_stmt *stmt = db_stmt(db, id, err);
    if (!stmt)
        return -1;
    bind_text(stmt, 1, r->key);
    int rc = db_step(db, stmt, err);
    if (rc == 1)
        r->text = arena_str(r->arena, row_str(stmt, 0));
    sqlite3_reset(stmt);
    return rc;
}

static int read_tags(struct db *db, struct store_read *r, struct err *err)
{
    sqlite3_stmt *stmt = db_stmt(db, SQL_TAGS, err);
    if (!stmt)
        return -1;
    bind_text(stmt, 1, r->key);
    struct rows rows = {.read = r, .size = sizeof(struct tag_record)};
    int rc;
    while ((rc = db_step(db, stmt, err)) == 1) {
        struct tag_record *tag = rows_add(&rows, err);
        if (!tag) {
            sqlite3_reset(stmt);
            return -1;
        }
        tag->key = arena_str(r->arena, row_str(stmt, 0));
        tag->value = arena_str(r->arena, row_str(stmt, 1));
    }
    r->records = rows.first;
    r->count = rows.count;
    return rc;
}

static int read_object(struct db *db, struct store_read *r, struct err *err)
{
    sqlite3_stmt *stmt = db_stmt(db, SQL_OBJECT, err);
    if (!stmt)
        return -1;
    bind_text(stmt, 1, r->key);
    bind_blob(stmt, 2, r->sub_key);
    if (read_records(db, stmt, TABLE_OBJECTS, r, err) < 0)
        return -1;
    if (r->count > 0)
        return 0;
    int known = bucket_exists(db, r->key, err);
    return known == 0 ? no_such_bucket(err) : known;
}

static int read_parts(struct db *db, struct store_read *r, struct err *err)
{
    sqlite3_stmt *stmt = db_stmt(db, SQL_PARTS, err);
    if (!stmt)
        return -1;
    bind_text(stmt, 1, r->key);
    bind_int(stmt, 2, r->after);
    bind_int(stmt, 3, r->limit < INT64_MAX ? (int64_t)r->limit : INT64_MAX);
    return read_records(db, stmt, TABLE_PARTS, r, err);
}

/* --- Blobs: ids joined by line feeds --- */

static void add_line(struct buf *b, struct str line)
{
    if (b->n)
        buf_add_char(b, '\n');
    buf_add_str(b, line);
}

static int read_garbage(struct db *db, struct store_read *r, struct err *err)
{
    sqlite3_stmt *stmt = db_stmt(db, SQL_GARBAGE, err);
    if (!stmt)
        return -1;
    CLEANUP_BUF struct buf b;
    buf_init(&b, RESULT_BYTES_MAX);
    bind_int(stmt, 1, r->limit < INT64_MAX ? (int64_t)r->limit : INT64_MAX);
    int rc;
    while ((rc = db_step(db, stmt, err)) == 1)
        add_line(&b, row_str(stmt, 0));
    r->text = arena_str(r->arena, buf_str(&b));
    return rc;
}

static int knows_blob(struct db *db, struct str id, struct err *err)
{
    sqlite3_stmt *stmt = db_stmt(db, SQL_KNOWS_BLOB, err);
    if (!stmt)
        return -1;
    bind_text(stmt, 1, id);
    int rc = db_step(db, stmt, err);
    sqlite3_reset(stmt);
    return rc;
}

static int read_unknown_blobs(struct db *db, struct store_read *r, struct err *err)
{
    CLEANUP_BUF struct buf b;
    buf_init(&b, RESULT_BYTES_MAX);
    for (struct str rest = r->key; rest.p;) {
        struct str id = str_cut(&rest, '\n');
        int known = id.n ? knows_blob(db, id, err) : 1;
        if (known < 0)
            return -1;
        if (!known)
            add_line(&b, id);
    }
    r->text = arena_str(r->arena, buf_str(&b));
    return 0;
}

static int run(struct db *db, struct store_read *r, struct err *err)
{
    switch (r->kind) {
    case READ_SESSION: return read_by_key(db, SQL_SESSION, 1, r, err);
    case READ_SESSIONS: return read_list(db, SQL_SESSIONS, SQL_SESSIONS_IN_STATES, r, err);
    case READ_LIVE_SESSIONS: return read_by_key(db, SQL_LIVE_SESSIONS, 0, r, err);
    case READ_CALCULATION: return read_by_key(db, SQL_CALCULATION, 1, r, err);
    case READ_CALCULATIONS: return read_list(db, SQL_CALCULATIONS, SQL_CALCULATIONS_IN_STATES, r, err);
    case READ_LIVE_CALCULATIONS: return read_by_key(db, SQL_LIVE_CALCULATIONS, 0, r, err);
    case READ_CODE: return read_text(db, SQL_CODE, r, err);
    case READ_QUERY: return read_by_key(db, SQL_QUERY, 1, r, err);
    case READ_QUERIES: return read_list(db, SQL_QUERIES, SQL_QUERIES, r, err);
    case READ_LIVE_QUERIES: return read_by_key(db, SQL_LIVE_QUERIES, 0, r, err);
    case READ_QUERY_RESULT: return read_by_key(db, SQL_QUERY_RESULT, 1, r, err);
    case READ_DATA_CATALOG: return read_by_key(db, SQL_DATA_CATALOG, 1, r, err);
    case READ_DATA_CATALOGS: return read_by_key(db, SQL_DATA_CATALOGS, 0, r, err);
    case READ_WORKGROUPS: return read_by_key(db, SQL_WORKGROUPS, 0, r, err);
    case READ_TAGS: return read_tags(db, r, err);
    case READ_TOKEN: return read_by_key(db, SQL_TOKEN, 2, r, err);
    case READ_META: return read_text(db, SQL_META, r, err);
    case READ_BUCKET: return read_by_key(db, SQL_BUCKET, 1, r, err);
    case READ_BUCKETS: return read_by_key(db, SQL_BUCKETS, 0, r, err);
    case READ_OBJECT: return read_object(db, r, err);
    case READ_OBJECTS: return objects_list(db, r, err);
    case READ_UPLOAD: return read_by_key(db, SQL_UPLOAD, 1, r, err);
    case READ_PARTS: return read_parts(db, r, err);
    case READ_UPLOADS: return uploads_list(db, r, err);
    case READ_DELIVERIES: return read_by_key(db, SQL_DELIVERIES, 0, r, err);
    case READ_REMOTE_UPLOADS: return read_by_key(db, SQL_REMOTE_UPLOADS, 0, r, err);
    case READ_GARBAGE: return read_garbage(db, r, err);
    case READ_UNKNOWN_BLOBS: return read_unknown_blobs(db, r, err);
    }
    return err_set(err, ERR_INTERNAL, "The store does not know read %d.", (int)r->kind);
}

void query_run(struct db *db, struct store_read *r)
{
    struct err err;
    if (run(db, r, &err) < 0)
        read_fail(r, &err);
}
