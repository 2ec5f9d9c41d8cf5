/* What a new data folder holds: the results' bucket, the workgroups `primary` (SQL) and `spark`. */
#pragma once

#include "main/server.h"

/* Blocks: runs the loop until it is stored. */
int defaults_make(struct server *s, struct err *err) MUST_CHECK;
