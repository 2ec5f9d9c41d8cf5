#include "store/sqlite/blobs.h"

#include "store/pieces.h"

static int damaged(struct err *err)
{
    return err_set(err, ERR_INTERNAL, "A list of pieces is malformed.");
}

int blobs_refer(struct db *db, struct str pieces, struct err *err)
{
    struct object_piece piece;
    while (pieces.n) {
        if (!pieces_next(&pieces, &piece))
            return damaged(err);
        if (db_run(db, SQL_ADD_BLOB_REF, &piece.blob_id, 1, err) < 0)
            return -1;
        if (sqlite3_changes(db->handle) == 0)
            return err_set(err, ERR_BLOB_GONE, "The object was deleted or replaced meanwhile; try again.");
    }
    return 0;
}

int blobs_release(struct db *db, struct str pieces, struct err *err)
{
    struct object_piece piece;
    while (pieces.n) {
        if (!pieces_next(&pieces, &piece))
            return damaged(err);
        if (db_run(db, SQL_DROP_BLOB_REF, &piece.blob_id, 1, err) < 0)
            return -1;
    }
    return 0;
}
