/* Multipart uploads and their parts. */
#pragma once

#include "store/backend.h"
#include "store/sqlite/db.h"

int upload_add(struct db *db, const struct upload_record *r, struct err *err) MUST_CHECK;
int part_put(struct db *db, const struct part_record *r, struct err *err) MUST_CHECK;
int upload_complete(struct db *db, struct str id, struct str checksum, const struct object_record *object,
                    const struct object_condition *condition, struct err *err) MUST_CHECK;
int upload_abort(struct db *db, struct str id, struct err *err) MUST_CHECK;
/* All that were begun before, at most `limit`. */
int uploads_purge(struct db *db, int64_t before_ms, size_t limit, struct err *err) MUST_CHECK;
/* The open ones of a bucket that goes. */
int uploads_drop_bucket(struct db *db, struct str bucket, struct err *err) MUST_CHECK;
/* Fills the read's page. */
int uploads_list(struct db *db, struct store_read *r, struct err *err) MUST_CHECK;
