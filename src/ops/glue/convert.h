/* Records of the catalog and Glue's shapes, each made of the other. Strings are shared; the rest lies in the
 * arena. What only Glue has is kept as JSON in the records' `extra`. */
#pragma once

#include "ops/glue/glue.h"

/* ERR_CATALOG_INVALID where a value does not fit. */
int glue_database_in(struct arena *a, const struct glue_database_input *in, struct catalog_database *ret,
                     struct err *err) MUST_CHECK;
int glue_table_in(struct arena *a, struct str database, const struct glue_table_input *in,
                  struct catalog_table *ret, struct err *err) MUST_CHECK;
int glue_partition_in(struct arena *a, const struct glue_partition_input *in, struct catalog_partition *ret,
                      struct err *err) MUST_CHECK;
struct catalog_names glue_values_in(const struct str *items, size_t count);

/* ERR_INTERNAL for an `extra` that cannot be read. */
int glue_database_out(const struct op_call *call, struct arena *a, const struct catalog_database *d,
                      struct glue_database *ret, struct err *err) MUST_CHECK;
int glue_table_out(const struct op_call *call, struct arena *a, const struct catalog_table *t,
                   struct glue_table *ret, struct err *err) MUST_CHECK;
int glue_partition_out(const struct op_call *call, struct arena *a, const struct catalog_partition *p,
                       bool without_columns, struct glue_partition *ret, struct err *err) MUST_CHECK;
void glue_function_out(const struct op_call *call, struct arena *a, const struct catalog_function *f,
                       struct glue_user_defined_function *ret);
