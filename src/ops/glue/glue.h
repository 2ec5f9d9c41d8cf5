/* Between the operations of AWS Glue's data catalog. */
#pragma once

#include "model/glue.gen.h"
#include "ops/catalog_call.h"

enum { GLUE_PAGE = 100 };

/* catalog_call, after the check that CatalogId is this account's. */
void glue_call(struct op_call *call, enum catalog_mode mode, catalog_call_fn *fn);
/* For op_service. */
void glue_settle_error(struct err *err);

/* ERR_CATALOG_INVALID: InvalidInputException. */
int glue_invalid(struct err *err, const char *text);
/* Gives the error Glue's sentence if it has the code; returns -1. */
int glue_say(struct err *err, enum err_code code, const char *fmt, ...) PRINTF_LIKE(3, 4);
struct glue_error_detail *glue_error(struct arena *a, const struct err *err);

/* page_position and page_token with Glue's error. */
int glue_position(const struct op_call *call, struct arena *a, struct str token, struct str scope,
                  struct str *ret, struct err *err) MUST_CHECK;
struct str glue_token(const struct op_call *call, struct arena *a, struct str scope, struct str position);
/* Lists over all databases are in the order of databases, and within one in that of names; the place in such
 * a list is "database/name", which no name has a '/' in. */
struct str glue_place(struct arena *a, struct str database, struct str name);
/* Whether these come behind the place; behind an absent one all do. */
bool glue_is_behind(struct str place, struct str database, struct str name);
/* MaxResults; `most` where the caller names none. */
size_t glue_limit(const struct model_int *max_results, size_t most);

/* The table, or "Table x not found.". */
int glue_find_table(struct catalog_tx *tx, struct str database, struct str name, struct catalog_table *ret,
                    struct err *err) MUST_CHECK;
