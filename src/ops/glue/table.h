/* The functions that carry out Glue's operations; table.c says which. */
#pragma once

#include "ops/op.h"

extern op_fn *const glue_table[];

/* databases.c */
op_fn glue_get_database, glue_get_databases, glue_create_database, glue_update_database, glue_delete_database;
/* tables.c */
op_fn glue_get_table, glue_get_tables, glue_create_table, glue_update_table, glue_delete_table,
    glue_batch_delete_table, glue_get_partition_indexes;
/* versions.c */
op_fn glue_get_table_version, glue_get_table_versions, glue_delete_table_version,
    glue_batch_delete_table_version;
/* partitions.c, list_partitions.c */
op_fn glue_get_partition, glue_get_partitions, glue_batch_get_partition, glue_create_partition,
    glue_batch_create_partition, glue_update_partition, glue_batch_update_partition, glue_delete_partition,
    glue_batch_delete_partition;
/* functions.c */
op_fn glue_get_function, glue_get_functions;
/* search.c */
op_fn glue_search_tables;
