/* A transaction, private to the catalog. */
#pragma once

#include "catalog/catalog.h"
#include "catalog/db/db.h"
#include "catalog/names.h"

struct catalog_tx {
    struct cdb *db;
    struct arena *arena;
    const struct catalog_config *config;
    const struct catalog_caller *caller; /* NULL: may do everything */
    struct str server;                   /* among those that share the database */
    int64_t now_ms;
    bool removes;        /* it added removals */
    struct buf *folders; /* to be made before the answer, each with a newline */
};

/* A fresh number. */
int tx_next_id(struct catalog_tx *tx, int64_t *ret, struct err *err) MUST_CHECK;
/* The record as JSON text in the arena; ERR_CATALOG_INVALID if it is larger than a record may be. */
int tx_json(struct catalog_tx *tx, const struct shape *s, const void *record, struct str *ret,
            struct err *err) MUST_CHECK;
/* A row handler for one number, `int64_t *`. */
int tx_on_number(void *ctx, const struct cdb_row *row, struct err *err);

/* A list that grows in the arena while rows come. */
struct tx_list {
    struct catalog_tx *tx;
    void *items;
    size_t count;
    size_t capacity;
    size_t item_size;
};
/* The next item, zeroed; NULL with ERR_TOO_LARGE when the arena ends. */
void *tx_list_add(struct tx_list *l, struct err *err) MUST_CHECK;
/* A copy in the arena; ERR_TOO_LARGE. */
int tx_copy(struct catalog_tx *tx, struct str s, struct str *ret, struct err *err) MUST_CHECK;

/* Ids by names, which are lower-cased; ERR_CATALOG_MISSING. */
int tx_database_id(struct catalog_tx *tx, struct str name, int64_t *ret, struct err *err) MUST_CHECK;
struct table_row {
    int64_t id;
    int64_t database_id;
    struct str database;
    struct str name;
    struct catalog_table table;
};
int tx_table(struct catalog_tx *tx, struct str database, struct str name, struct table_row *ret,
             struct err *err) MUST_CHECK;
int tx_table_id(struct catalog_tx *tx, const struct catalog_table *t, int64_t *ret,
                struct err *err) MUST_CHECK;

/* Whether the location is of the kind that the catalog has files of: s3://, s3a://, s3n://. */
bool tx_is_s3(struct str location);
/* Whether the table's data is the catalog's: managed, not EXTERNAL by parameter. */
bool tx_is_managed(const struct catalog_table *t);
/* Remembers that data below the location is to be removed. Locations that are not s3:// (s3a://, s3n://) are
 * left alone: a folder of this machine is never the server's to delete. ERR_ACCESS_DENIED where the caller
 * may not delete it itself. */
int tx_add_removal(struct catalog_tx *tx, struct str location, struct err *err) MUST_CHECK;
