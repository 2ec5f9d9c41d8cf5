/* The functions that carry out operations; table.c says which. */
#pragma once

#include "ops/op.h"

/* sessions.c, start_session.c */
op_fn op_start_session, op_get_session, op_get_session_status, op_list_sessions, op_terminate_session;
/* calculations.c */
op_fn op_start_calculation, op_get_calculation, op_get_calculation_status, op_get_calculation_code,
    op_list_calculations, op_stop_calculation;
/* executors.c */
op_fn op_list_executors;
/* engines.c */
op_fn op_list_engine_versions, op_list_application_dpu_sizes;
/* workgroups.c, update_workgroup.c */
op_fn op_create_work_group, op_get_work_group, op_list_work_groups, op_update_work_group,
    op_delete_work_group;
/* queries.c, query_results.c */
op_fn op_start_query, op_stop_query, op_get_query, op_list_queries, op_batch_get_queries,
    op_get_query_results;
/* data_catalogs.c */
op_fn op_list_data_catalogs, op_create_data_catalog, op_get_data_catalog, op_update_data_catalog,
    op_delete_data_catalog;
/* metadata.c */
op_fn op_list_databases, op_get_database, op_list_table_metadata, op_get_table_metadata;
/* tags.c */
op_fn op_tag_resource, op_untag_resource, op_list_tags;
