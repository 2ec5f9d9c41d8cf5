#include "store/sqlite/apply.h"

#include "store/sqlite/objects.h"
#include "store/sqlite/purge.h"
#include "store/sqlite/uploads.h"

static int add_token(struct db *db, const struct token_record *r, struct err *err)
{
    int rc = db_insert(db, TABLE_TOKENS, r, err);
    return rc == 1 ? err_set(err, ERR_CONFLICT, "The token is in use already.") : rc;
}

static int ensure_bucket(struct db *db, const struct bucket_record *r, struct err *err)
{
    return db_insert(db, TABLE_BUCKETS, r, err) < 0 ? -1 : 0;
}

static sqlite3_stmt *delivery_stmt(struct db *db, enum sql_id id, const struct delivery_record *r,
                                   struct err *err)
{
    sqlite3_stmt *stmt = db_stmt(db, id, err);
    if (!stmt)
        return NULL;
    bind_text(stmt, 1, r->bucket);
    bind_blob(stmt, 2, r->key);
    bind_text(stmt, 3, r->etag);
    bind_int(stmt, 4, r->created_ms);
    return stmt;
}

static int note_delivery(struct db *db, const struct delivery_record *r, struct err *err)
{
    sqlite3_stmt *stmt = delivery_stmt(db, SQL_NOTE_DELIVERY, r, err);
    if (!stmt)
        return -1;
    bind_int(stmt, 5, r->attempts);
    bind_int(stmt, 6, r->next_ms);
    bind_text(stmt, 7, r->error);
    return db_step(db, stmt, err) < 0 ? -1 : 0;
}

static int end_delivery(struct db *db, const struct delivery_record *r, struct err *err)
{
    sqlite3_stmt *stmt = delivery_stmt(db, SQL_DELETE_DELIVERY, r, err);
    if (!stmt || db_step(db, stmt, err) < 0)
        return -1;
    if (sqlite3_changes(db->handle) == 0)
        return 0;
    return object_delete(db, r->bucket, r->key, &(struct object_condition){0}, err);
}

static int end_remote_upload(struct db *db, const struct remote_upload_record *r, struct err *err)
{
    sqlite3_stmt *stmt = db_stmt(db, SQL_DELETE_REMOTE_UPLOAD, err);
    if (!stmt)
        return -1;
    bind_text(stmt, 1, r->bucket);
    bind_blob(stmt, 2, r->key);
    bind_text(stmt, 3, r->upload_id);
    return db_step(db, stmt, err) < 0 ? -1 : 0;
}

static int add_data_catalog(struct db *db, const struct data_catalog_record *r, struct err *err)
{
    int rc = db_insert(db, TABLE_DATA_CATALOGS, r, err);
    return rc == 1 ? err_set(err, ERR_CONFLICT, "The data catalog exists already.") : rc;
}

static int apply_change(struct db *db, const struct change *c, struct err *err)
{
    switch (c->kind) {
    case CHANGE_PUT: return db_put(db, c->table, &c->of, err);
    case CHANGE_DELETE_WORKGROUP: return db_run(db, SQL_DELETE_WORKGROUP, &c->of.name, 1, err);
    case CHANGE_DELETE_QUERY_RESULT: return db_run(db, SQL_PURGE_QUERY_RESULT, &c->of.name, 1, err);
    case CHANGE_ADD_DATA_CATALOG: return add_data_catalog(db, &c->of.data_catalog, err);
    case CHANGE_DELETE_DATA_CATALOG: return db_run(db, SQL_DELETE_DATA_CATALOG, &c->of.name, 1, err);
    case CHANGE_DELETE_TAG:
        return db_run(db, SQL_DELETE_TAG, (struct str[]){c->of.tag.arn, c->of.tag.tag.key}, 2, err);
    case CHANGE_DELETE_TAGS: return db_run(db, SQL_DELETE_TAGS, &c->of.name, 1, err);
    case CHANGE_ADD_TOKEN: return add_token(db, &c->of.token, err);
    case CHANGE_ADD_BUCKET: return bucket_add(db, &c->of.bucket, err);
    case CHANGE_ENSURE_BUCKET: return ensure_bucket(db, &c->of.bucket, err);
    case CHANGE_DELETE_BUCKET: return bucket_delete(db, c->of.name, err);
    case CHANGE_PUT_OBJECT: return object_put(db, &c->of.object, &c->condition, err);
    case CHANGE_DELETE_OBJECT:
        return object_delete(db, c->of.object.bucket, c->of.object.key, &c->condition, err);
    case CHANGE_TAG_OBJECT: return object_tag(db, &c->of.object, err);
    case CHANGE_ADD_UPLOAD: return upload_add(db, &c->of.upload, err);
    case CHANGE_PUT_PART: return part_put(db, &c->of.part, err);
    case CHANGE_COMPLETE_UPLOAD:
        return upload_complete(db, c->upload_id, c->checksum, &c->of.object, &c->condition, err);
    case CHANGE_ABORT_UPLOAD: return upload_abort(db, c->of.name, err);
    case CHANGE_PURGE_UPLOADS: return uploads_purge(db, c->of.purge.before_ms, c->of.purge.limit, err);
    case CHANGE_NOTE_DELIVERY: return note_delivery(db, &c->of.delivery, err);
    case CHANGE_END_DELIVERY: return end_delivery(db, &c->of.delivery, err);
    case CHANGE_END_REMOTE_UPLOAD: return end_remote_upload(db, &c->of.remote_upload, err);
    case CHANGE_FORGET_BLOB: return db_run(db, SQL_FORGET_BLOB, &c->of.name, 1, err);
    case CHANGE_PURGE: return purge(db, &c->of.purge, err);
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
    if (db_lost_transaction(db) || err->code == ERR_NO_SPACE)
        return -1;
    batch_fail(b, err);
    return db_run(db, SQL_ROLLBACK_TO, NULL, 0, err) < 0 ? -1 : db_run(db, SQL_RELEASE, NULL, 0, err);
}
