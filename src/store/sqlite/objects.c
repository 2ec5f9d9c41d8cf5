#include "store/sqlite/objects.h"

#include "base/buf.h"
#include "store/missing.h"
#include "store/sqlite/blobs.h"
#include "store/sqlite/uploads.h"

/* 1: the statement has a row for the name, 0: it has none. */
static int any_row(struct db *db, enum sql_id id, struct str name, struct err *err)
{
    sqlite3_stmt *stmt = db_stmt(db, id, err);
    if (!stmt)
        return -1;
    bind_text(stmt, 1, name);
    int rc = db_step(db, stmt, err);
    sqlite3_reset(stmt);
    return rc;
}

int bucket_exists(struct db *db, struct str name, struct err *err)
{
    return any_row(db, SQL_BUCKET, name, err);
}

int bucket_add(struct db *db, const struct bucket_record *r, struct err *err)
{
    int rc = db_insert(db, TABLE_BUCKETS, r, err);
    return rc == 1 ? err_set(err, ERR_BUCKET_EXISTS, "The bucket exists already and is yours.") : rc;
}

int bucket_delete(struct db *db, struct str name, struct err *err)
{
    int used = any_row(db, SQL_BUCKET_HAS_OBJECTS, name, err);
    if (used != 0)
        return used < 0 ? -1
                        : err_set(err, ERR_BUCKET_NOT_EMPTY, "The bucket you tried to delete is not empty");
    if (db_run(db, SQL_DELETE_BUCKET, &name, 1, err) < 0)
        return -1;
    return sqlite3_changes(db->handle) == 0 ? no_such_bucket(err) : uploads_drop_bucket(db, name, err);
}

/* What a key holds now. */
struct held {
    bool exists;
    bool has_etag; /* the one that a condition asks for */
    struct buf pieces;
};

static void held_done(struct held *held)
{
    buf_done(&held->pieces);
}
#define CLEANUP_HELD CLEANUP(held_done)

static int read_held(struct db *db, struct str bucket, struct str key, struct str etag, struct held *ret,
                     struct err *err)
{
    *ret = (struct held){0};
    buf_init(&ret->pieces, BATCH_BYTES_MAX);
    sqlite3_stmt *stmt = db_stmt(db, SQL_OBJECT_STATE, err);
    if (!stmt)
        return -1;
    bind_text(stmt, 1, bucket);
    bind_blob(stmt, 2, key);
    int rc = db_step(db, stmt, err);
    if (rc == 1) {
        ret->exists = true;
        ret->has_etag = str_eq(row_str(stmt, 0), etag);
        buf_add_str(&ret->pieces, row_str(stmt, 1));
    }
    sqlite3_reset(stmt);
    return rc < 0 ? -1 : 0;
}

static int check_condition(const struct object_condition *c, const struct held *held, struct err *err)
{
    static const char failed[] = "At least one of the pre-conditions you specified did not hold";
    if (c->must_be_absent && held->exists)
        return err_set(err, ERR_PRECONDITION, failed);
    if ((c->must_exist || c->must_have_etag.p) && !held->exists)
        return no_such_key(err);
    if (c->must_have_etag.p && !held->has_etag)
        return err_set(err, ERR_PRECONDITION, failed);
    return 0;
}

int object_put(struct db *db, const struct object_record *r, const struct object_condition *condition,
               struct err *err)
{
    int known = bucket_exists(db, r->bucket, err);
    if (known <= 0)
        return known < 0 ? -1 : no_such_bucket(err);
    CLEANUP_HELD struct held held;
    if (read_held(db, r->bucket, r->key, condition->must_have_etag, &held, err) < 0 ||
        check_condition(condition, &held, err) < 0)
        return -1;
    if (blobs_refer(db, r->pieces, err) < 0 || db_put(db, TABLE_OBJECTS, r, err) < 0)
        return -1;
    return blobs_release(db, buf_str(&held.pieces), err);
}

int object_delete(struct db *db, struct str bucket, struct str key, const struct object_condition *condition,
                  struct err *err)
{
    CLEANUP_HELD struct held held;
    if (read_held(db, bucket, key, condition->must_have_etag, &held, err) < 0)
        return -1;
    if (!held.exists)
        return 0;
    if (check_condition(condition, &held, err) < 0)
        return -1;
    sqlite3_stmt *stmt = db_stmt(db, SQL_DELETE_OBJECT, err);
    if (!stmt)
        return -1;
    bind_text(stmt, 1, bucket);
    bind_blob(stmt, 2, key);
    return db_step(db, stmt, err) < 0 ? -1 : blobs_release(db, buf_str(&held.pieces), err);
}

int object_tag(struct db *db, const struct object_record *r, struct err *err)
{
    sqlite3_stmt *stmt = db_stmt(db, SQL_TAG_OBJECT, err);
    if (!stmt)
        return -1;
    bind_text(stmt, 1, r->bucket);
    bind_blob(stmt, 2, r->key);
    bind_text(stmt, 3, r->tags);
    if (db_step(db, stmt, err) < 0)
        return -1;
    if (sqlite3_changes(db->handle) > 0)
        return 0;
    int known = bucket_exists(db, r->bucket, err);
    if (known <= 0)
        return known < 0 ? -1 : no_such_bucket(err);
    return no_such_key(err);
}
