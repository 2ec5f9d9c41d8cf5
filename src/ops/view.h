/* Records of the core in the model's shapes. */
#pragma once

#include "ops/op.h"

void view_session_status(const struct session_record *r, struct athena_session_status *ret);
void view_calculation_status(const struct op_call *call, const struct calculation_record *r,
                             struct athena_calculation_status *ret);
void view_calculation_statistics(const struct calculation_record *r,
                                 struct athena_calculation_statistics *ret);
