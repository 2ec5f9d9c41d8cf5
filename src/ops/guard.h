/* What the code of a session may ask of Athena by its own credentials: the operations that the default policy
 * of an execution role names (athena-spark.md 1.2) and those that read the catalog, on its own workgroup. */
#pragma once

#include "ops/table.h"

/* Calls `fn` if the call's principal may; answers with ERR_ACCESS_DENIED otherwise. */
void guard_run(struct op_call *call, op_fn *fn);
