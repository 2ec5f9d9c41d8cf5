/* SQL statements in the model's shapes. */
#pragma once

#include "ops/op.h"

/* The record's answer; memory of the call. */
int query_view(struct op_call *call, const struct query_record *r, struct athena_query_execution *ret,
               struct err *err) MUST_CHECK;
/* "QueryExecution <id> was not found", as AWS words it. */
void query_not_found(struct err *err, struct str id);
