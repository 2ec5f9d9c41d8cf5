/* The index of the object store: changes with their conditions, and listings. */
#pragma once

#include "store/backend.h"
#include "store/sqlite/db.h"

int bucket_add(struct db *db, const struct bucket_record *r, struct err *err) MUST_CHECK;
int bucket_delete(struct db *db, struct str name, struct err *err) MUST_CHECK;
/* 1: it exists, 0: it does not. */
int bucket_exists(struct db *db, struct str name, struct err *err) MUST_CHECK;
int object_put(struct db *db, const struct object_record *r, const struct object_condition *condition,
               struct err *err) MUST_CHECK;
int object_delete(struct db *db, struct str bucket, struct str key, const struct object_condition *condition,
                  struct err *err) MUST_CHECK;
int object_tag(struct db *db, const struct object_record *r, struct err *err) MUST_CHECK;
/* Fills the read's page. */
int objects_list(struct db *db, struct store_read *r, struct err *err) MUST_CHECK;
