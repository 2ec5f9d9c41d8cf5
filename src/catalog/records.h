/* The catalog's records: what Hive's Thrift structs and Glue's shapes say of databases, tables and
 * partitions, without loss. Strings are views; NULL and absent mean that nothing was said. `extra` is a JSON
 * object of members that one protocol has and nobody here looks at; absent if there are none. */
#pragma once

#include "catalog/shape.h"

#define CATALOG_LIST(type)                                                                                   \
    struct {                                                                                                 \
        type *items;                                                                                         \
        size_t count;                                                                                        \
    }

struct catalog_names {
    struct str *items;
    size_t count;
};

struct catalog_pair {
    struct str key;
    struct str value;
};

struct catalog_pairs {
    struct catalog_pair *items;
    size_t count;
};

struct catalog_column {
    struct str name; /* lower case in tables and partition keys */
    struct str type; /* Hive's words: "array<int>" */
    struct str comment;
    struct catalog_pairs parameters; /* Glue's */
};

struct catalog_columns {
    struct catalog_column *items;
    size_t count;
};

struct catalog_order {
    struct str column;
    int32_t order; /* 1 ascending, 0 descending */
};

struct catalog_serde {
    struct str name;
    struct str library; /* class */
    struct catalog_pairs parameters;
};

struct catalog_skew_place {
    struct catalog_names values;
    struct str location;
};

struct catalog_skew {
    struct catalog_names columns;
    CATALOG_LIST(struct catalog_names) values;
    CATALOG_LIST(struct catalog_skew_place) places;
};

struct catalog_storage {
    struct catalog_columns columns;
    struct str location;
    struct str input_format;
    struct str output_format;
    bool compressed;
    int32_t bucket_count;
    struct catalog_serde *serde;
    struct catalog_names bucket_columns;
    CATALOG_LIST(struct catalog_order) sort_columns;
    struct catalog_pairs parameters;
    struct catalog_skew *skew;
    bool sub_directories;
    struct str extra;
};

struct catalog_database {
    struct str name;
    struct str description;
    struct str location;
    struct catalog_pairs parameters;
    struct str owner;
    int32_t owner_type; /* Hive's PrincipalType: 1 user, 2 role, 3 group; 0: not said */
    int64_t create_s;
    struct str extra;
};

struct catalog_table {
    struct str name;
    struct str database;
    struct str owner;
    int32_t create_s;
    int32_t access_s;
    int32_t retention;
    struct catalog_storage *storage;
    struct catalog_columns partition_keys;
    struct catalog_pairs parameters;
    struct str view_original;
    struct str view_expanded;
    struct str type; /* MANAGED_TABLE, EXTERNAL_TABLE, VIRTUAL_VIEW, ...; Glue's callers may leave it out */
    bool temporary;
    bool *rewrite_enabled;
    struct str description; /* Glue's; Hive's is the parameter "comment" */
    int64_t version;        /* 0 at first, one more with every change; the catalog's own */
    int64_t update_ms;      /* the catalog's own */
    struct str extra;
};

struct catalog_tables {
    struct catalog_table *items;
    size_t count;
};

struct catalog_partition {
    struct catalog_names values; /* in the order of the table's keys */
    struct str database;
    struct str table;
    int32_t create_s;
    int32_t access_s;
    struct catalog_storage *storage;
    struct catalog_pairs parameters;
    struct str extra;
};

struct catalog_partitions {
    struct catalog_partition *items;
    size_t count;
};

struct catalog_resource {
    int32_t type; /* Hive's ResourceType: 1 jar, 2 file, 3 archive */
    struct str uri;
};

struct catalog_function {
    struct str name;
    struct str database;
    struct str class_name;
    struct str owner;
    int32_t owner_type;
    int32_t create_s;
    int32_t type; /* Hive's FunctionType: 1 Java */
    CATALOG_LIST(struct catalog_resource) resources;
    struct str extra;
};

struct catalog_functions {
    struct catalog_function *items;
    size_t count;
};

extern const struct shape catalog_pair_shape;
extern const struct shape catalog_column_shape;
extern const struct shape catalog_storage_shape;
extern const struct shape catalog_database_shape;
extern const struct shape catalog_table_shape;
extern const struct shape catalog_partition_shape;
extern const struct shape catalog_function_shape;

/* The value of the key; absent if there is none. */
struct str catalog_pairs_get(const struct catalog_pairs *pairs, struct str key);
/* A copy of the list in the arena with the key set. */
struct catalog_pairs catalog_pairs_with(const struct catalog_pairs *pairs, struct str key, struct str value,
                                        struct arena *a);
