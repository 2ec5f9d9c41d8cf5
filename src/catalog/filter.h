/* Conditions on partition values: Hive's filter strings ("year > 2020 and city = \"x\"") and Glue's
 * Expression by one grammar. Values compare by the key's type: whole numbers, decimals, dates and times, else
 * bytes.
 *
 *   condition = conjunction { OR conjunction }          primary = ( condition ) | NOT primary
 *   conjunction = primary { AND primary }                 | key (= | == | <> | != | < | <= | > | >=) literal
 *   key = name or `name`                                  | literal (= | ...) key
 *   literal = 'text' or "text", number, DATE '...'        | key [NOT] LIKE text, key [NOT] BETWEEN a AND b
 *                                                         | key [NOT] IN ( literal, ... ), key IS [NOT] NULL
 */
#pragma once

#include "catalog/records.h"

struct catalog_filter;

enum { CATALOG_FILTER_MAX = 1024 * 1024, CATALOG_FILTER_DEPTH = 64, CATALOG_FILTER_NODES = 20000 };

/* Lies in the arena and borrows from text and keys. ERR_CATALOG_INVALID says what is wrong and where; a blank
 * text is a condition that always holds. */
struct catalog_filter *catalog_filter_parse(struct arena *a, struct str text,
                                            const struct catalog_columns *keys, struct err *err) MUST_CHECK;
/* `values` are as many as the keys. NULL (and what is no value of the key's type) fulfils no comparison. */
bool catalog_filter_matches(const struct catalog_filter *f, const struct catalog_names *values);
