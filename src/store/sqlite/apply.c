#include "store/sqlite/apply.h"

#include "store/sqlite/objects.h"

/* --- Removing sessions of the past --- */

/* Ids of the sessions to remove, in `a`. */
static int find_ended(struct db *db, int64_t before_ms, size_t limit, struct arena *a, struct str *ret,
                      size_t *ret_count, struct err *err)
{
    sqlite3_stmt *stmt = db_stmt(db, SQL_PURGE_FIND, err);
    if (!stmt)
        return -1;
    bind_int(stmt, 1, before_ms);
    bind_int(stmt, 2, (int64_t)limit);
    int rc;
    while ((rc = db_step(db, stmt, err)) == 1)
        ret[(*ret_count)++] = arena_str(a, row_str(stmt, 0));
    return rc;
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

enum { PURGE_MAX = 10000, PURGE_BYTES_MAX = 16 * 1024 * 1024 };

static int purge(struct db *db, const struct change *c, struct err *err)
{
    size_t limit = c->of.purge.limit < PURGE_MAX ? c->of.purge.limit : PURGE_MAX;
    CLEANUP_ARENA struct arena *a = arena_new(PURGE_BYTES_MAX);
    struct str *ids = arena_array(a, limit, sizeof *ids);
    size_t count = 0;
    if (find_ended(db, c->of.purge.before_ms, limit, a, ids, &count, err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        if (purge_session(db, ids[i], err) < 0)
            return -1;
    return purge_tokens(db, c->of.purge.tokens_before_ms, err);
}

/* --- One change --- */

static int add_token(struct db *db, const struct token_record *r, struct err *err)
{
    int rc = db_insert(db, TABLE_TOKENS, r, err);
    return rc == 1 ? err_set(err, ERR_CONFLICT, "The token is in use already.") : rc;
}

static int apply_change(struct db *db, const struct change *c, struct err *err)
{
    switch (c->kind) {
    case CHANGE_PUT: return db_put(db, c->table, &c->of, err);
    case CHANGE_DELETE_WORKGROUP: return db_run(db, SQL_DELETE_WORKGROUP, &c->of.name, 1, err);
    case CHANGE_DELETE_TAG:
        return db_run(db, SQL_DELETE_TAG, (struct str[]){c->of.tag.arn, c->of.tag.tag.key}, 2, err);
    case CHANGE_DELETE_TAGS: return db_run(db, SQL_DELETE_TAGS, &c->of.name, 1, err);
    case CHANGE_ADD_TOKEN: return add_token(db, &c->of.token, err);
    case CHANGE_ADD_BUCKET: return bucket_add(db, &c->of.bucket, err);
    case CHANGE_DELETE_BUCKET: return bucket_delete(db, c->of.name, err);
    case CHANGE_PUT_OBJECT: return object_put(db, &c->of.object, &c->condition, err);
    case CHANGE_DELETE_OBJECT: return object_delete(db, c->of.object.bucket, c->of.object.key, err);
    case CHANGE_FORGET_BLOB: return db_run(db, SQL_FORGET_BLOB, &c->of.name, 1, err);
    case CHANGE_PURGE: return purge(db, c, err);
    }
    return err_set(err, ERR_INTERNAL, "The store does not know change %d.", (int)c->kind);
}

static int apply_changes(struct db *db, const struct store_batch *b, struct err *err)
{
    for (const struct change *c = b->first; c; c = c->next)
        if (apply_change(db, c, err) < 0)
            return -1;
    return 0;
}

int apply_batch(struct db *db, struct store_batch *b, struct err *err)
{
    if (b->err)
        return 0;
    if (db_run(db, SQL_SAVEPOINT, NULL, 0, err) < 0)
        return -1;
    if (apply_changes(db, b, err) == 0)
        return db_run(db, SQL_RELEASE, NULL, 0, err);
    if (db_lost_transaction(db))
        return -1;
    batch_fail(b, err);
    return db_run(db, SQL_ROLLBACK_TO, NULL, 0, err) < 0 ? -1 : db_run(db, SQL_RELEASE, NULL, 0, err);
}
