/* The functions of the methods. */
#pragma once

#include "hive/call.h"

#define METHOD(name, mode, fn, ...) hive_fn fn;
#include "hive/methods.def"
#undef METHOD

/* The table that the call names. */
int hive_find_table(struct hive_call *c, struct str database, struct str name, struct catalog_table *ret,
                    struct err *err) MUST_CHECK;
