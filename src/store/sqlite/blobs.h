/* References to blobs: every piece of an object or a part counts one. */
#pragma once

#include "store/sqlite/db.h"

/* Of a list of pieces, which may be absent. ERR_BLOB_GONE if one is garbage already: its file may be gone. */
int blobs_refer(struct db *db, struct str pieces, struct err *err) MUST_CHECK;
int blobs_release(struct db *db, struct str pieces, struct err *err) MUST_CHECK;
