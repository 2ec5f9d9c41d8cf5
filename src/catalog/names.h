/* Names: lower case, bounds, patterns; the names of partitions, "year=2024/city=a%2Fb". */
#pragma once

#include "catalog/records.h"

/* What stands for a value that is NULL or empty, as in Hive. */
#define CATALOG_NULL_VALUE "__HIVE_DEFAULT_PARTITION__"

/* In lower case (ASCII; other letters stay), checked: 1 to 255 bytes of UTF-8 without control characters and
 * '/'. `what` names it in the error ("table"). */
int catalog_name(struct arena *a, struct str given, const char *what, struct str *ret,
                 struct err *err) MUST_CHECK;

/* Hive's pattern for names: alternatives by '|', '*' for any characters; '.' is itself. Case does not count.
 */
bool catalog_matches(struct str pattern, struct str name);

/* "k1=v1/k2=v2" with Hive's escapes. The number of values must be that of the keys. */
int catalog_partition_name(struct arena *a, const struct catalog_columns *keys,
                           const struct catalog_names *values, struct str *ret, struct err *err) MUST_CHECK;
/* Key and value of each part, unescaped. ERR_CATALOG_INVALID if a part has no '='. */
int catalog_partition_parse(struct arena *a, struct str name, struct catalog_pairs *ret,
                            struct err *err) MUST_CHECK;
/* The values alone, in the order of the keys. */
int catalog_partition_values(struct arena *a, const struct catalog_columns *keys, struct str name,
                             struct catalog_names *ret, struct err *err) MUST_CHECK;
