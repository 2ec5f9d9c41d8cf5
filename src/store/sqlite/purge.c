#include "store/sqlite/purge.h"

#include "base/buf.h"
#include "base/s3_uri.h"
#include "store/sqlite/objects.h"

enum { PURGE_MAX = 10000, PURGE_BYTES_MAX = 16 * 1024 * 1024, KEY_BYTES_MAX = 4096 };

/* Ids of what is to be removed, in `a`. */
static int find_ended(struct db *db, enum sql_id find, int64_t before_ms, size_t limit, struct arena *a,
                      struct str *ret, size_t *ret_count, struct err *err)
{
    sqlite3_stmt *stmt = db_stmt(db, find, err);
    if (!stmt)
        return -1;
    bind_int(stmt, 1, before_ms);
    bind_int(stmt, 2, (int64_t)limit);
    int rc;
    while ((rc = db_step(db, stmt, err)) == 1)
        ret[(*ret_count)++] = arena_str(a, row_str(stmt, 0));
    return rc;
}

/* The objects of one calculation, in the folder s3://bucket/key. */
static int remove_folder(struct db *db, struct str folder, struct err *err)
{
    static const char *const names[] = {"stdout", "stderr", "result"};
    struct str bucket, key;
    (void)s3_uri_split(folder, &bucket, &key);
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        CLEANUP_BUF struct buf whole;
        buf_init(&whole, KEY_BYTES_MAX);
        buf_add_str(&whole, key);
        buf_add_char(&whole, '/');
        buf_add_cstr(&whole, names[i]);
        if (object_delete(db, bucket, buf_str(&whole), &(struct object_condition){0}, err) < 0)
            return -1;
    }
    return 0;
}

/* A page at a time, since a statement cannot stay open while others change what it reads. */
static int remove_results(struct db *db, struct str session_id, struct err *err)
{
    enum { PAGE = 100, PAGE_BYTES_MAX = 1024 * 1024 };
    int64_t after_seq = 0;
    for (size_t count = PAGE; count == PAGE;) {
        CLEANUP_ARENA struct arena *a = arena_new(PAGE_BYTES_MAX);
        struct str folders[PAGE];
        sqlite3_stmt *stmt = db_stmt(db, SQL_PURGE_FOLDERS, err);
        if (!stmt)
            return -1;
        bind_text(stmt, 1, session_id);
        bind_int(stmt, 2, after_seq);
        bind_int(stmt, 3, PAGE);
        count = 0;
        int rc;
        while ((rc = db_step(db, stmt, err)) == 1) {
            after_seq = sqlite3_column_int64(stmt, 0);
            folders[count++] = arena_str(a, row_str(stmt, 1));
        }
        if (rc < 0)
            return -1;
        for (size_t i = 0; i < count; i++)
            if (remove_folder(db, folders[i], err) < 0)
                return -1;
    }
    return 0;
}

static int purge_session(struct db *db, struct str id, struct err *err)
{
    static const enum sql_id steps[] = {
        SQL_PURGE_CODES, SQL_PURGE_CALCULATION_TOKENS, SQL_PURGE_SESSION_TOKENS,
        SQL_PURGE_TAGS,  SQL_PURGE_CALCULATIONS,       SQL_PURGE_SESSION,
    };
    for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
        if (db_run(db, steps[i], &id, 1, err) < 0)
            return -1;
    return 0;
}

static int purge_tokens(struct db *db, int64_t before_ms, struct err *err)
{
    sqlite3_stmt *stmt = db_stmt(db, SQL_PURGE_TOKENS, err);
    if (!stmt)
        return -1;
    bind_int(stmt, 1, before_ms);
    return db_step(db, stmt, err);
}

static int purge_queries(struct db *db, int64_t before_ms, size_t limit, struct err *err)
{
    static const enum sql_id steps[] = {SQL_PURGE_QUERY_RESULT, SQL_PURGE_SESSION_TOKENS, SQL_PURGE_QUERY};
    CLEANUP_ARENA struct arena *a = arena_new(PURGE_BYTES_MAX);
    struct str *ids = arena_array(a, limit, sizeof *ids);
    size_t count = 0;
    if (find_ended(db, SQL_PURGE_QUERY_FIND, before_ms, limit, a, ids, &count, err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < ARRAY_SIZE(steps); k++)
            if (db_run(db, steps[k], &ids[i], 1, err) < 0)
                return -1;
    return 0;
}

static int purge_sessions(struct db *db, const struct store_purge *p, size_t limit, struct err *err)
{
    CLEANUP_ARENA struct arena *a = arena_new(PURGE_BYTES_MAX);
    struct str *ids = arena_array(a, limit, sizeof *ids);
    size_t count = 0;
    if (find_ended(db, SQL_PURGE_FIND, p->before_ms, limit, a, ids, &count, err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        if ((p->results && remove_results(db, ids[i], err) < 0) || purge_session(db, ids[i], err) < 0)
            return -1;
    return 0;
}

int purge(struct db *db, const struct store_purge *p, struct err *err)
{
    size_t limit = p->limit < PURGE_MAX ? p->limit : PURGE_MAX;
    if (purge_sessions(db, p, limit, err) < 0 || purge_queries(db, p->before_ms, limit, err) < 0)
        return -1;
    return purge_tokens(db, p->tokens_before_ms, err);
}
