/* SQL statements in the model's shapes. */
#pragma once

#include "ops/op.h"

/* "QueryExecution <id> was not found", as AWS words it. */
void query_not_found(struct err *err, struct str id);
