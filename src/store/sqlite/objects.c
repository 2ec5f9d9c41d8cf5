#include "store/sqlite/objects.h"

enum { BLOB_ID_MAX = 64 };

int no_such_bucket(struct err *err)
{
    return err_set(err, ERR_NO_SUCH_BUCKET, "The specified bucket does not exist");
}

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
    return sqlite3_changes(db->handle) == 0 ? no_such_bucket(err) : 0;
}

/* What a key holds now. */
struct held {
    bool exists;
    bool has_etag; /* the one that a condition asks for */
    char blob_id[BLOB_ID_MAX];
    size_t blob_id_len; /* 0: none */
};

static int read_held(struct db *db, struct str bucket, struct str key, struct str etag, struct held *ret,
                     struct err *err)
{
    sqlite3_stmt *stmt = db_stmt(db, SQL_OBJECT_STATE, err);
    if (!stmt)
        return -1;
    bind_text(stmt, 1, bucket);
    bind_blob(stmt, 2, key);
    int rc = db_step(db, stmt, err);
    *ret = (struct held){.exists = rc == 1};
    if (rc == 1) {
        struct str blob_id = row_str(stmt, 1);
        REQUIRE(blob_id.n <= sizeof ret->blob_id);
        ret->has_etag = str_eq(row_str(stmt, 0), etag);
        ret->blob_id_len = blob_id.n;
        if (blob_id.n)
            memcpy(ret->blob_id, blob_id.p, blob_id.n);
    }
    sqlite3_reset(stmt);
    return rc < 0 ? -1 : 0;
}

static int drop_blob(struct db *db, const struct held *held, struct err *err)
{
    struct str id = str_of(held->blob_id, held->blob_id_len);
    return id.n ? db_run(db, SQL_DROP_BLOB_REF, &id, 1, err) : 0;
}

static int add_blob(struct db *db, struct str id, struct err *err)
{
    if (!id.p)
        return 0;
    if (id.n == 0 || id.n > BLOB_ID_MAX)
        return err_set(err, ERR_INTERNAL, "A blob's id has 1 to %d bytes.", BLOB_ID_MAX);
    if (db_run(db, SQL_ADD_BLOB_REF, &id, 1, err) < 0)
        return -1;
    if (sqlite3_changes(db->handle) == 0)
        return err_set(err, ERR_NO_SUCH_KEY, "The object was deleted meanwhile.");
    return 0;
}

static int check_condition(const struct object_condition *c, const struct held *held, struct err *err)
{
    static const char failed[] = "At least one of the pre-conditions you specified did not hold";
    if (c->must_be_absent && held->exists)
        return err_set(err, ERR_PRECONDITION, failed);
    if (c->must_have_etag.p && !held->exists)
        return err_set(err, ERR_NO_SUCH_KEY, "The specified key does not exist.");
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
    struct held held;
    if (read_held(db, r->bucket, r->key, condition->must_have_etag, &held, err) < 0 ||
        check_condition(condition, &held, err) < 0)
        return -1;
    if (add_blob(db, r->blob_id, err) < 0 || db_put(db, TABLE_OBJECTS, r, err) < 0)
        return -1;
    return drop_blob(db, &held, err);
}

int object_delete(struct db *db, struct str bucket, struct str key, struct err *err)
{
    struct held held;
    if (read_held(db, bucket, key, STR_NULL, &held, err) < 0)
        return -1;
    if (!held.exists)
        return 0;
    sqlite3_stmt *stmt = db_stmt(db, SQL_DELETE_OBJECT, err);
    if (!stmt)
        return -1;
    bind_text(stmt, 1, bucket);
    bind_blob(stmt, 2, key);
    return db_step(db, stmt, err) < 0 ? -1 : drop_blob(db, &held, err);
}
