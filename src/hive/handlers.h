/* The functions of the methods. */
#pragma once

#include "hive/call.h"

#define METHOD(name, mode, fn, ...) hive_fn fn;
#include "hive/methods.def"
#undef METHOD

/* ERR_CATALOG_INVALID where the call lacks this argument. */
static inline int hive_need(const void *given, const char *what, struct err *err)
{
    return given ? 0 : err_set(err, ERR_CATALOG_INVALID, "The call has no %s.", what);
}

/* A folder for the data of what is new. Spark's own tables (of a data source) want none, nor do views. */
void hive_add_folder(struct hive_call *c, const struct catalog_table *t, const struct catalog_storage *s);

/* The table that the call names. */
int hive_find_table(struct hive_call *c, struct str database, struct str name, struct catalog_table *ret,
                    struct err *err) MUST_CHECK;
