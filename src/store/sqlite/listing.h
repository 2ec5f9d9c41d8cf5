/* A page of a bucket's keys: a range scan in byte order that seeks past each common prefix, so its cost
 * follows what it returns, not what it skips. What a row becomes is the caller's. */
#pragma once

#include "store/sqlite/db.h"
#include "store/sqlite/rows.h"

struct listing {
    struct db *db;
    struct store_read *read;
    sqlite3_stmt *stmt; /* its column 0 is the key */
    struct str prefix;
    struct str delimiter;
    size_t limit;
    struct rows rows;
    struct rows prefixes;
    bool truncated;
    /* The statement starts anew at `from`. */
    void (*seek)(struct listing *l, struct str from);
    /* Takes the row into `rows`. */
    int (*add_row)(struct listing *l, struct err *err);
    /* The page goes on behind `last`: 0xFF follows a common prefix. */
    void (*add_prefix)(struct listing *l, struct str last);
};

/* From where the statement stands, which is the caller's seek. */
int listing_scan(struct listing *l, struct err *err) MUST_CHECK;

struct str str_with_byte(struct arena *a, struct str s, unsigned char byte);
