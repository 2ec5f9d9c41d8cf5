/* What operations ask about workgroups. */
#pragma once

#include "core/workgroup.h"
#include "ops/op.h"

/* The group's committed version with its configuration decoded. False: the call is answered with AWS's error.
 */
bool group_find(struct op_call *call, struct str name, struct workgroup_view *ret_view,
                struct athena_work_group_configuration *ret);
/* The Spark engine version that the configuration names, or absent: a SQL group. */
struct str group_spark_engine(const struct ops_config *config,
                              const struct athena_work_group_configuration *g);
/* JSON of the configuration, in the arena; refused if it is too large to be kept. */
int group_detail(struct arena *a, const struct athena_work_group_configuration *g, struct str *ret,
                 struct err *err) MUST_CHECK;
