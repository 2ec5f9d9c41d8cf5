#include "catalog/shape_rows.h"
#include "hive/handlers.h"
#include "hive/shapes.h"

/* --- Arguments --- */

#define SHAPE_OF struct hive_args
#define METHOD(name_, mode, fn, result, wrapped, exceptions, ...)                                            \
    static const struct shape_field name_##_rows[] = {__VA_ARGS__};                                          \
    static const struct shape name_##_args = {sizeof(struct hive_args), ARRAY_SIZE(name_##_rows),            \
                                              name_##_rows};
#include "hive/methods.def"
#undef METHOD
#undef SHAPE_OF

/* --- Results --- */

#define SHAPE_OF struct hive_result
/* Without a name: the method returns nothing. */
static const struct shape_field result_none;
#define RESULT(name_, row) static const struct shape_field result_##name_ = row;
RESULT(yes, S_BOOL(0, yes))
RESULT(number, S_I32(0, number))
RESULT(long_number, S_I64(0, long_number))
RESULT(text, S_TEXT(0, text))
RESULT(names, S_TEXTS(0, names))
RESULT(pairs, S_PAIRS(0, pairs))
RESULT(columns, S_LIST(0, columns, catalog_column_shape))
RESULT(database, S_STRUCT(0, database, catalog_database_shape))
RESULT(table, S_STRUCT(0, table, catalog_table_shape))
RESULT(tables, S_LIST(0, tables, catalog_table_shape))
RESULT(partition, S_STRUCT(0, partition, catalog_partition_shape))
RESULT(partitions, S_LIST(0, partitions, catalog_partition_shape))
RESULT(function, S_STRUCT(0, function, catalog_function_shape))
RESULT(functions, S_LIST(0, functions, catalog_function_shape))
RESULT(metas, S_LIST(0, metas, table_meta_shape))
RESULT(statistics, S_STRUCT(0, statistics, statistics_shape))
RESULT(column_statistics, S_LIST(0, column_statistics, catalog_column_statistics_shape))
RESULT(named_statistics, S_MAP(0, named_statistics, named_statistics_shape))
RESULT(lock, S_STRUCT(0, lock, lock_answer_shape))
RESULT(locks, S_LIST(0, locks, lock_row_shape))
#undef RESULT
#undef SHAPE_OF

/* --- The table --- */

#define METHOD(name_, mode_, fn_, answer_, wrapped_, exceptions_, ...)                                       \
    {.name = {#name_, sizeof #name_ - 1},                                                                    \
     .mode = HIVE_##mode_,                                                                                   \
     .fn = fn_,                                                                                              \
     .args = &name_##_args,                                                                                  \
     .result = &result_##answer_,                                                                            \
     .wrapped = wrapped_,                                                                                    \
     .exceptions = exceptions_},
static const struct hive_method methods[] = {
#include "hive/methods.def"
};
#undef METHOD

const struct hive_method *hive_method_find(struct str name)
{
    for (size_t i = 0; i < ARRAY_SIZE(methods); i++)
        if (str_eq(methods[i].name, name))
            return &methods[i];
    return NULL;
}
