#include "ops/table.h"

#include "ops/glue/glue.h"
#include "ops/glue/table.h"

static op_fn *const athena_table[ATHENA_OP_COUNT] = {
    [ATHENA_OP_START_SESSION] = op_start_session,
    [ATHENA_OP_GET_SESSION] = op_get_session,
    [ATHENA_OP_GET_SESSION_STATUS] = op_get_session_status,
    [ATHENA_OP_LIST_SESSIONS] = op_list_sessions,
    [ATHENA_OP_TERMINATE_SESSION] = op_terminate_session,
    [ATHENA_OP_START_CALCULATION_EXECUTION] = op_start_calculation,
    [ATHENA_OP_GET_CALCULATION_EXECUTION] = op_get_calculation,
    [ATHENA_OP_GET_CALCULATION_EXECUTION_STATUS] = op_get_calculation_status,
    [ATHENA_OP_GET_CALCULATION_EXECUTION_CODE] = op_get_calculation_code,
    [ATHENA_OP_LIST_CALCULATION_EXECUTIONS] = op_list_calculations,
    [ATHENA_OP_STOP_CALCULATION_EXECUTION] = op_stop_calculation,
    [ATHENA_OP_LIST_EXECUTORS] = op_list_executors,
    [ATHENA_OP_LIST_ENGINE_VERSIONS] = op_list_engine_versions,
    [ATHENA_OP_LIST_APPLICATION_DPU_SIZES] = op_list_application_dpu_sizes,
    [ATHENA_OP_CREATE_WORK_GROUP] = op_create_work_group,
    [ATHENA_OP_GET_WORK_GROUP] = op_get_work_group,
    [ATHENA_OP_LIST_WORK_GROUPS] = op_list_work_groups,
    [ATHENA_OP_UPDATE_WORK_GROUP] = op_update_work_group,
    [ATHENA_OP_DELETE_WORK_GROUP] = op_delete_work_group,
    [ATHENA_OP_START_QUERY_EXECUTION] = op_start_query,
    [ATHENA_OP_STOP_QUERY_EXECUTION] = op_stop_query,
    [ATHENA_OP_GET_QUERY_EXECUTION] = op_get_query,
    [ATHENA_OP_LIST_QUERY_EXECUTIONS] = op_list_queries,
    [ATHENA_OP_BATCH_GET_QUERY_EXECUTION] = op_batch_get_queries,
    [ATHENA_OP_GET_QUERY_RESULTS] = op_get_query_results,
    [ATHENA_OP_LIST_DATA_CATALOGS] = op_list_data_catalogs,
    [ATHENA_OP_CREATE_DATA_CATALOG] = op_create_data_catalog,
    [ATHENA_OP_GET_DATA_CATALOG] = op_get_data_catalog,
    [ATHENA_OP_UPDATE_DATA_CATALOG] = op_update_data_catalog,
    [ATHENA_OP_DELETE_DATA_CATALOG] = op_delete_data_catalog,
    [ATHENA_OP_LIST_DATABASES] = op_list_databases,
    [ATHENA_OP_GET_DATABASE] = op_get_database,
    [ATHENA_OP_LIST_TABLE_METADATA] = op_list_table_metadata,
    [ATHENA_OP_GET_TABLE_METADATA] = op_get_table_metadata,
    [ATHENA_OP_TAG_RESOURCE] = op_tag_resource,
    [ATHENA_OP_UNTAG_RESOURCE] = op_untag_resource,
    [ATHENA_OP_LIST_TAGS_FOR_RESOURCE] = op_list_tags,
};

const struct op_service op_services[] = {
    {.model = &athena_service, .table = athena_table, .guarded = true},
    {.model = &glue_service, .table = glue_table, .settle_error = glue_settle_error},
};
const size_t op_service_count = ARRAY_SIZE(op_services);
