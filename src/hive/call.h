/* A call of a method of Hive's metastore: its arguments, its answer, and the table of all methods. Arguments
 * of all methods share one struct, in which each method fills its own; so do the answers. Methods run inside
 * a transaction of the catalog, on its thread. */
#pragma once

#include "catalog/catalog.h"
#include "catalog/locks.h"
#include "catalog/statistics.h"

struct hive_environment {
    struct catalog_pairs properties;
};

struct hive_expression {
    struct str bytes; /* a serialised Java object: nothing that C reads */
};

struct hive_parts {
    struct catalog_names names;
    CATALOG_LIST(struct hive_expression) expressions;
};

struct hive_statistics_place {
    bool of_table;
    struct str database;
    struct str table;
    struct str partition;
    int64_t *analyzed_s;
};

struct hive_statistics {
    struct hive_statistics_place *place;
    struct catalog_statistics columns;
};

/* The fields of the request structs of the newer methods, which are spread over it. */
struct hive_request {
    struct str database;
    struct str table;
    struct catalog_names names; /* tables, columns */
    struct catalog_names partition_names;
    struct catalog_partitions partitions;
    struct hive_parts *parts;
    bool if_not_exists;
    bool *need_result;
    bool *delete_data;
    bool *if_exists;
    CATALOG_LIST(struct hive_statistics) statistics;
    struct catalog_lock_parts locks;
    struct catalog_lock_owner owner;
    int64_t id;
    int64_t transaction;
};

struct hive_args {
    struct str database;
    struct str name;      /* of a table or a function */
    struct str partition; /* its name */
    struct str column;
    struct str pattern;
    struct str filter;
    struct str type;
    struct str key;
    struct str value;
    struct str user;
    struct catalog_names values;
    struct catalog_names names;
    struct catalog_names groups;
    int32_t most; /* negative: all */
    bool delete_data;
    bool cascade;
    struct catalog_database *new_database;
    struct catalog_table *new_table;
    struct catalog_partition *new_partition;
    struct catalog_partitions partitions;
    struct catalog_function *new_function;
    struct hive_environment *environment;
    struct hive_statistics *statistics;
    struct hive_request *request;
};

struct hive_table_meta {
    struct str database;
    struct str name;
    struct str type;
    struct str comment;
};

struct hive_lock_answer {
    int64_t id;
    int32_t state;
};

struct hive_lock_row {
    int64_t id;
    struct str database;
    struct str table;
    struct str partition;
    int32_t state;
    int32_t type;
    int64_t heartbeat_ms;
    int64_t acquired_ms;
    struct str user;
    struct str host;
    struct str agent;
};

struct hive_named_statistics {
    struct str partition;
    struct catalog_statistics columns;
};

/* Struct answers that hold one list each lie here as that list. */
struct hive_result {
    bool yes;
    int32_t number;
    int64_t long_number;
    struct str text;
    struct catalog_names names;
    struct catalog_pairs pairs;
    struct catalog_columns columns;
    struct catalog_database *database;
    struct catalog_table *table;
    struct catalog_tables tables;
    struct catalog_partition *partition;
    struct catalog_partitions partitions;
    struct catalog_function *function;
    struct catalog_functions functions;
    CATALOG_LIST(struct hive_table_meta) metas;
    struct hive_statistics *statistics;
    struct catalog_statistics column_statistics;
    CATALOG_LIST(struct hive_named_statistics) named_statistics;
    struct hive_lock_answer *lock;
    CATALOG_LIST(struct hive_lock_row) locks;
};

struct hive_call {
    struct catalog_tx *tx; /* NULL for HIVE_SELF */
    struct arena *arena;
    const struct hive_args *args;
    struct hive_result *result;
};

typedef int hive_fn(struct hive_call *c, struct err *err);

enum hive_mode { HIVE_READ, HIVE_WRITE, HIVE_SELF };

struct hive_method {
    struct str name;
    enum hive_mode mode;
    hive_fn *fn;
    const struct shape *args;
    const struct shape_field *result; /* without a name: void */
    /* The answer is a struct whose field 1 is `result`. */
    bool wrapped;
    /* Pairs of a letter for an exception's class and the digit of its field: see exceptions.c. */
    const char *exceptions;
};

/* NULL if the metastore does not have the method. */
const struct hive_method *hive_method_find(struct str name);

/* Gives the answer's tables and partitions what Glue's clients may leave out and Hive's cannot do without:
 * the table's type, its formats and its SerDe. What is kept stays as it is. */
int hive_complete(struct hive_call *c, struct err *err) MUST_CHECK;

/* Writes the whole reply: result, declared exception, or TApplicationException. */
void hive_write_reply(const struct hive_method *m, int32_t sequence, const struct hive_result *result,
                      const struct err *err, struct buf *b);
void hive_write_failure(struct str method, int32_t sequence, int32_t type, const char *text, struct buf *b);
