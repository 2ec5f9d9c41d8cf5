/* What a workgroup's configuration may be. */
#pragma once

#include "ops/op.h"

/* Fills in the effective engine version and the defaults that AWS shows, then checks the whole: engine
 * versions that exist, a role for Spark, a location that is one of S3, no encryption by KMS keys. */
int workgroup_settle(const struct ops_config *config, struct athena_work_group_configuration *g,
                     struct arena *a, struct err *err) MUST_CHECK;
