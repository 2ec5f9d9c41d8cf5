#include "ops/glue/table.h"

#include "model/glue.gen.h"

op_fn *const glue_table[GLUE_OP_COUNT] = {
    [GLUE_OP_GET_DATABASE] = glue_get_database,
    [GLUE_OP_GET_DATABASES] = glue_get_databases,
    [GLUE_OP_CREATE_DATABASE] = glue_create_database,
    [GLUE_OP_UPDATE_DATABASE] = glue_update_database,
    [GLUE_OP_DELETE_DATABASE] = glue_delete_database,
    [GLUE_OP_GET_TABLE] = glue_get_table,
    [GLUE_OP_GET_TABLES] = glue_get_tables,
    [GLUE_OP_CREATE_TABLE] = glue_create_table,
    [GLUE_OP_UPDATE_TABLE] = glue_update_table,
    [GLUE_OP_DELETE_TABLE] = glue_delete_table,
    [GLUE_OP_BATCH_DELETE_TABLE] = glue_batch_delete_table,
    [GLUE_OP_SEARCH_TABLES] = glue_search_tables,
    [GLUE_OP_GET_PARTITION_INDEXES] = glue_get_partition_indexes,
    [GLUE_OP_GET_TABLE_VERSION] = glue_get_table_version,
    [GLUE_OP_GET_TABLE_VERSIONS] = glue_get_table_versions,
    [GLUE_OP_DELETE_TABLE_VERSION] = glue_delete_table_version,
    [GLUE_OP_BATCH_DELETE_TABLE_VERSION] = glue_batch_delete_table_version,
    [GLUE_OP_GET_PARTITION] = glue_get_partition,
    [GLUE_OP_GET_PARTITIONS] = glue_get_partitions,
    [GLUE_OP_BATCH_GET_PARTITION] = glue_batch_get_partition,
    [GLUE_OP_CREATE_PARTITION] = glue_create_partition,
    [GLUE_OP_BATCH_CREATE_PARTITION] = glue_batch_create_partition,
    [GLUE_OP_UPDATE_PARTITION] = glue_update_partition,
    [GLUE_OP_BATCH_UPDATE_PARTITION] = glue_batch_update_partition,
    [GLUE_OP_DELETE_PARTITION] = glue_delete_partition,
    [GLUE_OP_BATCH_DELETE_PARTITION] = glue_batch_delete_partition,
    [GLUE_OP_GET_USER_DEFINED_FUNCTION] = glue_get_function,
    [GLUE_OP_GET_USER_DEFINED_FUNCTIONS] = glue_get_functions,
};
