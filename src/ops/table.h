/* Which function carries out which operation. */
#pragma once

#include "ops/op.h"

typedef void op_fn(struct op_call *call);

extern op_fn *const op_table[ATHENA_OP_COUNT];

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
/* tags.c */
op_fn op_tag_resource, op_untag_resource, op_list_tags;
