/* The records as tables: name, type and place of every column. Batches copy by them, a backend makes its
 * statements from them. Private to the store. */
#pragma once

#include "base/mem.h"
#include "store/records.h"

enum column_type {
    COLUMN_TEXT,
    COLUMN_BLOB, /* bytes of any kind, in byte order */
    COLUMN_INT,
    COLUMN_SEQ, /* given by the store: read, never written */
};

struct column {
    const char *name;
    enum column_type type;
    size_t offset; /* of a struct str or int64_t in the record */
};

enum table_id {
    TABLE_SESSIONS,
    TABLE_CALCULATIONS,
    TABLE_CODES,
    TABLE_QUERIES,
    TABLE_QUERY_RESULTS,
    TABLE_DATA_CATALOGS,
    TABLE_WORKGROUPS,
    TABLE_TAGS,
    TABLE_TOKENS,
    TABLE_META,
    TABLE_BUCKETS,
    TABLE_OBJECTS,
    TABLE_UPLOADS,
    TABLE_PARTS,
    TABLE_DELIVERIES,
    TABLE_REMOTE_UPLOADS,
    TABLE_MAX,
};

struct table {
    const char *name;
    const struct column *columns; /* the key's columns first */
    size_t count;
    size_t key_count;
    size_t record_size;
};

extern const struct table tables[TABLE_MAX];

/* Rows that have no record of their own. */
struct code_row {
    struct str calculation_id;
    struct str code;
};

struct tag_row {
    struct str arn;
    struct tag_record tag;
    struct str resource; /* what follows the ARN's last '/' */
};

struct meta_row {
    struct str key;
    struct str value;
};

static inline struct str *column_str(const struct column *c, void *record)
{
    return (struct str *)(void *)((char *)record + c->offset);
}

static inline int64_t *column_int(const struct column *c, void *record)
{
    return (int64_t *)(void *)((char *)record + c->offset);
}

static inline bool column_is_str(const struct column *c)
{
    return c->type == COLUMN_TEXT || c->type == COLUMN_BLOB;
}
