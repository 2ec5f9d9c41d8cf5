#include "store/sqlite/uploads.h"

#include "base/buf.h"
#include "store/missing.h"
#include "store/sqlite/blobs.h"
#include "store/sqlite/objects.h"

enum { UPLOAD_ID_MAX = 256 };

static int no_such_upload(struct err *err)
{
    return err_set(
        err, ERR_NO_SUCH_UPLOAD,
        "The specified upload does not exist. The upload ID may be invalid, or the upload may have "
        "been aborted or completed.");
}

static int check_open(struct db *db, struct str id, struct err *err)
{
    sqlite3_stmt *stmt = db_stmt(db, SQL_UPLOAD_IS_OPEN, err);
    if (!stmt)
        return -1;
    bind_text(stmt, 1, id);
    int rc = db_step(db, stmt, err);
    sqlite3_reset(stmt);
    return rc == 1 ? 0 : rc < 0 ? -1 : no_such_upload(err);
}

int upload_add(struct db *db, const struct upload_record *r, struct err *err)
{
    int known = bucket_exists(db, r->bucket, err);
    if (known <= 0)
        return known < 0 ? -1 : no_such_bucket(err);
    return db_put(db, TABLE_UPLOADS, r, err);
}

/* --- Parts --- */

/* Of the part of that number; empty if there is none. */
static int read_pieces(struct db *db, struct str upload_id, int64_t number, struct buf *ret, struct err *err)
{
    sqlite3_stmt *stmt = db_stmt(db, SQL_PART_PIECES, err);
    if (!stmt)
        return -1;
    bind_text(stmt, 1, upload_id);
    bind_int(stmt, 2, number);
    int rc = db_step(db, stmt, err);
    if (rc == 1)
        buf_add_str(ret, row_str(stmt, 0));
    sqlite3_reset(stmt);
    return rc < 0 ? -1 : 0;
}

int part_put(struct db *db, const struct part_record *r, struct err *err)
{
    CLEANUP_BUF struct buf before;
    buf_init(&before, BATCH_BYTES_MAX);
    if (check_open(db, r->upload_id, err) < 0 || read_pieces(db, r->upload_id, r->number, &before, err) < 0 ||
        blobs_refer(db, r->pieces, err) < 0 || db_put(db, TABLE_PARTS, r, err) < 0)
        return -1;
    return blobs_release(db, buf_str(&before), err);
}

/* The first part above `*number`. 1: there is one, 0: there is none. */
static int next_part(struct db *db, struct str upload_id, int64_t *number, struct buf *ret, struct err *err)
{
    sqlite3_stmt *stmt = db_stmt(db, SQL_NEXT_PART_PIECES, err);
    if (!stmt)
        return -1;
    bind_text(stmt, 1, upload_id);
    bind_int(stmt, 2, *number);
    int rc = db_step(db, stmt, err);
    if (rc == 1) {
        *number = sqlite3_column_int64(stmt, 0);
        buf_clear(ret);
        buf_add_str(ret, row_str(stmt, 1));
    }
    sqlite3_reset(stmt);
    return rc;
}

static int drop_parts(struct db *db, struct str upload_id, struct err *err)
{
    CLEANUP_BUF struct buf pieces;
    buf_init(&pieces, BATCH_BYTES_MAX);
    int64_t number = 0;
    int rc;
    while ((rc = next_part(db, upload_id, &number, &pieces, err)) == 1)
        if (blobs_release(db, buf_str(&pieces), err) < 0)
            return -1;
    return rc < 0 ? -1 : db_run(db, SQL_DELETE_PARTS, &upload_id, 1, err);
}

/* --- Ends --- */

int upload_complete(struct db *db, struct str id, struct str checksum, const struct object_record *object,
                    const struct object_condition *condition, struct err *err)
{
    if (check_open(db, id, err) < 0 || object_put(db, object, condition, err) < 0 ||
        drop_parts(db, id, err) < 0)
        return -1;
    return db_run(db, SQL_UPLOAD_IS_DONE, (struct str[]){id, object->etag, checksum}, 3, err);
}

static int drop(struct db *db, struct str id, struct err *err)
{
    return drop_parts(db, id, err) < 0 ? -1 : db_run(db, SQL_DELETE_UPLOAD, &id, 1, err);
}

int upload_abort(struct db *db, struct str id, struct err *err)
{
    return check_open(db, id, err) < 0 ? -1 : drop(db, id, err);
}

/* The id of the first row of a statement whose parameters are bound. 1: there is one, 0: there is none. */
static int first_id(struct db *db, sqlite3_stmt *stmt, char ret[UPLOAD_ID_MAX], struct str *ret_id,
                    struct err *err)
{
    int rc = db_step(db, stmt, err);
    if (rc == 1) {
        struct str id = row_str(stmt, 0);
        REQUIRE(id.n <= UPLOAD_ID_MAX);
        memcpy(ret, id.p, id.n);
        *ret_id = str_of(ret, id.n);
    }
    sqlite3_reset(stmt);
    return rc;
}

int uploads_purge(struct db *db, int64_t before_ms, size_t limit, struct err *err)
{
    char room[UPLOAD_ID_MAX];
    struct str id = STR_NULL;
    for (; limit > 0; limit--) {
        sqlite3_stmt *stmt = db_stmt(db, SQL_UPLOADS_BEFORE, err);
        if (!stmt)
            return -1;
        bind_int(stmt, 1, before_ms);
        int rc = first_id(db, stmt, room, &id, err);
        if (rc <= 0)
            return rc;
        if (drop(db, id, err) < 0)
            return -1;
    }
    return 0;
}

int uploads_drop_bucket(struct db *db, struct str bucket, struct err *err)
{
    char room[UPLOAD_ID_MAX];
    struct str id = STR_NULL;
    for (;;) {
        sqlite3_stmt *stmt = db_stmt(db, SQL_UPLOADS_OF_BUCKET, err);
        if (!stmt)
            return -1;
        bind_text(stmt, 1, bucket);
        int rc = first_id(db, stmt, room, &id, err);
        if (rc <= 0)
            return rc;
        if (drop(db, id, err) < 0)
            return -1;
    }
}
