/* What kind of statement a SQL text is, found without understanding it: by its first words. */
#pragma once

#include "base/arena.h"
#include "base/err.h"

struct statement {
    struct str text;          /* without comments before it, white space and a semicolon at its end */
    const char *type;         /* DDL or UTILITY, as in GetQueryExecution */
    const char *substatement; /* as in GetQueryExecution: "CREATE_TABLE" */
};

/* ERR_INVALID_REQUEST with the detail MALFORMED_QUERY for an empty text or several statements, INVALID_INPUT
 * for a statement that this server does not run. `ret` has views of `text`. */
int statement_read(struct str text, struct statement *ret, struct err *err) MUST_CHECK;
