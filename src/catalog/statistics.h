/* Statistics of columns, of a table or a partition, as Hive keeps them. One kind of `data` is set. */
#pragma once

#include "catalog/catalog.h"

struct catalog_boolean_statistics {
    int64_t trues, falses, nulls;
    struct str bits;
};
struct catalog_long_statistics {
    int64_t *low, *high;
    int64_t nulls, distinct;
    struct str bits;
};
struct catalog_double_statistics {
    double *low, *high;
    int64_t nulls, distinct;
    struct str bits;
};
struct catalog_string_statistics {
    int64_t longest;
    double average;
    int64_t nulls, distinct;
    struct str bits;
};
struct catalog_binary_statistics {
    int64_t longest;
    double average;
    int64_t nulls;
    struct str bits;
};
struct catalog_decimal {
    struct str unscaled; /* two's complement, big-endian */
    int32_t scale;
};
struct catalog_decimal_statistics {
    struct catalog_decimal *low, *high;
    int64_t nulls, distinct;
    struct str bits;
};
struct catalog_date {
    int64_t days; /* since 1970-01-01 */
};
struct catalog_date_statistics {
    struct catalog_date *low, *high;
    int64_t nulls, distinct;
    struct str bits;
};

struct catalog_statistics_data {
    struct catalog_boolean_statistics *booleans;
    struct catalog_long_statistics *longs;
    struct catalog_double_statistics *doubles;
    struct catalog_string_statistics *strings;
    struct catalog_binary_statistics *binaries;
    struct catalog_decimal_statistics *decimals;
    struct catalog_date_statistics *dates;
};

struct catalog_column_statistics {
    struct str column;
    struct str type;
    struct catalog_statistics_data *data;
};

struct catalog_statistics {
    struct catalog_column_statistics *items;
    size_t count;
};

extern const struct shape catalog_column_statistics_shape;

/* `partition` is its name; absent: the table's own. */
int catalog_put_statistics(struct catalog_tx *tx, const struct catalog_table *t, struct str partition,
                           const struct catalog_statistics *given, struct err *err) MUST_CHECK;
/* Of the named columns that have any; `columns` NULL: of all. */
int catalog_get_statistics(struct catalog_tx *tx, const struct catalog_table *t, struct str partition,
                           const struct catalog_names *columns, struct catalog_statistics *ret,
                           struct err *err) MUST_CHECK;
/* Of one column, or of all if it is absent. ERR_CATALOG_MISSING if there are none. */
int catalog_drop_statistics(struct catalog_tx *tx, const struct catalog_table *t, struct str partition,
                            struct str column, struct err *err) MUST_CHECK;
