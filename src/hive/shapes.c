#include "hive/shapes.h"

#include "catalog/shape_rows.h"

#define SHAPE_OF struct hive_environment
static const struct shape_field environment_rows[] = {S_PAIRS(1, properties)};
SHAPE_END(environment_shape, environment_rows)
#undef SHAPE_OF

#define SHAPE_OF struct hive_expression
static const struct shape_field expression_rows[] = {S_BYTES(1, bytes)};
static SHAPE_END(expression_shape, expression_rows)
#undef SHAPE_OF

#define SHAPE_OF struct hive_parts
    static const
    struct shape_field parts_rows[] = {S_TEXTS(1, names), S_LIST(2, expressions, expression_shape)};
static SHAPE_END(parts_shape, parts_rows)
#undef SHAPE_OF

#define SHAPE_OF struct hive_statistics_place
    static const
    struct shape_field place_rows[] = {S_BOOL(1, of_table), S_TEXT(2, database), S_TEXT(3, table),
                                       S_TEXT(4, partition), S_MAYBE(SHAPE_I64, 5, analyzed_s)};
static SHAPE_END(place_shape, place_rows)
#undef SHAPE_OF

#define SHAPE_OF struct hive_statistics
    static const struct shape_field statistics_rows[] = {S_STRUCT(1, place, place_shape),
                                                         S_LIST(2, columns, catalog_column_statistics_shape)};
SHAPE_END(statistics_shape, statistics_rows)
#undef SHAPE_OF

#define SHAPE_OF struct catalog_lock_part
static const struct shape_field lock_part_rows[] = {S_I32(1, type), S_TEXT(3, database), S_TEXT(4, table),
                                                    S_TEXT(5, partition)};
static SHAPE_END(lock_part_shape, lock_part_rows)
#undef SHAPE_OF

#define SHAPE_OF struct hive_request
    static const struct shape_field table_request_rows[] = {S_TEXT(1, database), S_TEXT(2, table)};
SHAPE_END(table_request, table_request_rows)
static const struct shape_field tables_request_rows[] = {S_TEXT(1, database), S_TEXTS(2, names)};
SHAPE_END(tables_request, tables_request_rows)
static const struct shape_field add_request_rows[] = {
    S_TEXT(1, database), S_TEXT(2, table), S_LIST(3, partitions, catalog_partition_shape),
    S_BOOL(4, if_not_exists), S_MAYBE(SHAPE_BOOL, 5, need_result)};
SHAPE_END(add_request, add_request_rows)
static const struct shape_field drop_request_rows[] = {
    S_TEXT(1, database),
    S_TEXT(2, table),
    S_STRUCT(3, parts, parts_shape),
    S_MAYBE(SHAPE_BOOL, 4, delete_data),
    S_MAYBE(SHAPE_BOOL, 5, if_exists),
    S_MAYBE(SHAPE_BOOL, 8, need_result),
};
SHAPE_END(drop_request, drop_request_rows)
static const struct shape_field set_statistics_rows[] = {S_LIST(1, statistics, statistics_shape)};
SHAPE_END(set_statistics_request, set_statistics_rows)
static const struct shape_field table_statistics_rows[] = {S_TEXT(1, database), S_TEXT(2, table),
                                                           S_TEXTS(3, names)};
SHAPE_END(table_statistics_request, table_statistics_rows)
static const struct shape_field partition_statistics_rows[] = {
    S_TEXT(1, database), S_TEXT(2, table), S_TEXTS(3, names), S_TEXTS(4, partition_names)};
SHAPE_END(partition_statistics_request, partition_statistics_rows)
static const struct shape_field lock_request_rows[] = {S_LIST(1, locks, lock_part_shape),
                                                       S_I64(2, transaction), S_TEXT(3, owner.user),
                                                       S_TEXT(4, owner.host), S_TEXT(5, owner.agent)};
SHAPE_END(lock_request, lock_request_rows)
static const struct shape_field id_request_rows[] = {S_I64(1, id)};
SHAPE_END(id_request, id_request_rows)
static const struct shape_field heartbeat_request_rows[] = {S_I64(1, id), S_I64(2, transaction)};
SHAPE_END(heartbeat_request, heartbeat_request_rows)
#undef SHAPE_OF

#define SHAPE_OF struct hive_table_meta
static const struct shape_field table_meta_rows[] = {S_TEXT(1, database), S_TEXT(2, name), S_TEXT(3, type),
                                                     S_TEXT(4, comment)};
SHAPE_END(table_meta_shape, table_meta_rows)
#undef SHAPE_OF

#define SHAPE_OF struct hive_named_statistics
static const struct shape_field named_rows[] = {S_TEXT(1, partition),
                                                S_LIST(2, columns, catalog_column_statistics_shape)};
SHAPE_END(named_statistics_shape, named_rows)
#undef SHAPE_OF

#define SHAPE_OF struct hive_lock_answer
static const struct shape_field lock_answer_rows[] = {S_I64(1, id), S_I32(2, state)};
SHAPE_END(lock_answer_shape, lock_answer_rows)
#undef SHAPE_OF

#define SHAPE_OF struct hive_lock_row
static const struct shape_field lock_rows[] = {
    S_I64(1, id),     S_TEXT(2, database), S_TEXT(3, table),       S_TEXT(4, partition),
    S_I32(5, state),  S_I32(6, type),      S_I64(8, heartbeat_ms), S_I64(9, acquired_ms),
    S_TEXT(10, user), S_TEXT(11, host),    S_TEXT(13, agent),
};
SHAPE_END(lock_row_shape, lock_rows)
#undef SHAPE_OF
