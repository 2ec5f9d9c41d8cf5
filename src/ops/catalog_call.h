/* Operations that are one transaction of the catalog. */
#pragma once

#include "catalog/catalog.h"
#include "ops/op.h"

/* On the catalog's thread: reads call->input, fills `output` (zeroed, of the operation's output shape) with
 * what lies in the transaction's arena. It may run twice. */
typedef int catalog_call_fn(struct catalog_tx *tx, const struct op_call *call, void *output, struct err *err);

/* Runs it and answers the call: with its output, or with its error by `fail`. */
void catalog_call(struct op_call *call, enum catalog_mode mode, catalog_call_fn *fn,
                  void (*fail)(struct op_call *call, const struct err *err));

/* A pattern for names of tables as Athena and Glue take it: a regular expression, in which a star that
 * repeats nothing stands for any characters ("sales*", "*sales*"). Case does not count. */
struct name_pattern;
/* Lives in the arena, but for what name_pattern_free frees. ERR_CATALOG_INVALID for what is no expression. */
struct name_pattern *name_pattern_new(struct arena *a, struct str text, struct err *err) MUST_CHECK;
void name_pattern_free(struct name_pattern *p); /* NULL is allowed */
/* The whole name. A match that takes too much work counts as none. */
bool name_pattern_matches(const struct name_pattern *p, struct str name);

/* A page of the database's tables above `after`, those whose names match `expression` (absent: all), at most
 * `limit` and one more if there is one. */
int catalog_page_tables(struct catalog_tx *tx, struct str database, struct str expression, struct str after,
                        size_t limit, struct catalog_tables *ret, struct err *err) MUST_CHECK;
