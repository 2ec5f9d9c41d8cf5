/* Ids are those of Hive 2.3's metastore. */
#include "catalog/records.h"

#include "catalog/shape_rows.h"

#define SHAPE_OF struct catalog_pair
static const struct shape_field pair_rows[] = {S_TEXT(1, key), S_TEXT(2, value)};
SHAPE_END(catalog_pair_shape, pair_rows)
#undef SHAPE_OF

#define SHAPE_OF struct catalog_column
static const struct shape_field column_rows[] = {S_TEXT(1, name), S_TEXT(2, type), S_TEXT(3, comment),
                                                 S_PAIRS(0, parameters)};
SHAPE_END(catalog_column_shape, column_rows)
#undef SHAPE_OF

#define SHAPE_OF struct catalog_order
static const struct shape_field order_rows[] = {S_TEXT(1, column), S_I32(2, order)};
static SHAPE_END(order_shape, order_rows)
#undef SHAPE_OF

#define SHAPE_OF struct catalog_serde
    static const
    struct shape_field serde_rows[] = {S_TEXT(1, name), S_TEXT(2, library), S_PAIRS(3, parameters)};
static SHAPE_END(serde_shape, serde_rows)
#undef SHAPE_OF

#define SHAPE_OF struct catalog_skew_place
    static const struct shape_field skew_place_rows[] = {S_TEXTS(1, values), S_TEXT(2, location)};
static SHAPE_END(skew_place_shape, skew_place_rows)
#undef SHAPE_OF

#define SHAPE_OF struct catalog_skew
    static const struct shape_field skew_rows[] = {S_TEXTS(1, columns), S_TEXT_LISTS(2, values),
                                                   S_MAP(3, places, skew_place_shape)};
static SHAPE_END(skew_shape, skew_rows)
#undef SHAPE_OF

#define SHAPE_OF struct catalog_storage
    static const struct shape_field storage_rows[] = {
        S_LIST(1, columns, catalog_column_shape),
        S_TEXT(2, location),
        S_TEXT(3, input_format),
        S_TEXT(4, output_format),
        S_BOOL(5, compressed),
        S_I32(6, bucket_count),
        S_STRUCT(7, serde, serde_shape),
        S_TEXTS(8, bucket_columns),
        S_LIST(9, sort_columns, order_shape),
        S_PAIRS(10, parameters),
        S_STRUCT(11, skew, skew_shape),
        S_BOOL(12, sub_directories),
        S_TEXT(0, extra),
};
SHAPE_END(catalog_storage_shape, storage_rows)
#undef SHAPE_OF

#define SHAPE_OF struct catalog_database
static const struct shape_field database_rows[] = {
    S_TEXT(1, name),  S_TEXT(2, description), S_TEXT(3, location), S_PAIRS(4, parameters),
    S_TEXT(6, owner), S_I32(7, owner_type),   S_I64(0, create_s),  S_TEXT(0, extra),
};
SHAPE_END(catalog_database_shape, database_rows)
#undef SHAPE_OF

#define SHAPE_OF struct catalog_table
static const struct shape_field table_rows[] = {
    S_TEXT(1, name),
    S_TEXT(2, database),
    S_TEXT(3, owner),
    S_I32(4, create_s),
    S_I32(5, access_s),
    S_I32(6, retention),
    S_STRUCT(7, storage, catalog_storage_shape),
    S_LIST(8, partition_keys, catalog_column_shape),
    S_PAIRS(9, parameters),
    S_TEXT(10, view_original),
    S_TEXT(11, view_expanded),
    S_TEXT(12, type),
    S_BOOL(14, temporary),
    S_MAYBE(SHAPE_BOOL, 15, rewrite_enabled),
    S_TEXT(0, description),
    S_I64(0, version),
    S_I64(0, update_ms),
    S_TEXT(0, extra),
};
SHAPE_END(catalog_table_shape, table_rows)
#undef SHAPE_OF

#define SHAPE_OF struct catalog_partition
static const struct shape_field partition_rows[] = {
    S_TEXTS(1, values),     S_TEXT(2, database), S_TEXT(3, table),
    S_I32(4, create_s),     S_I32(5, access_s),  S_STRUCT(6, storage, catalog_storage_shape),
    S_PAIRS(7, parameters), S_TEXT(0, extra),
};
SHAPE_END(catalog_partition_shape, partition_rows)
#undef SHAPE_OF

#define SHAPE_OF struct catalog_resource
static const struct shape_field resource_rows[] = {S_I32(1, type), S_TEXT(2, uri)};
static SHAPE_END(resource_shape, resource_rows)
#undef SHAPE_OF

#define SHAPE_OF struct catalog_function
    static const struct shape_field function_rows[] = {
        S_TEXT(1, name),       S_TEXT(2, database),
        S_TEXT(3, class_name), S_TEXT(4, owner),
        S_I32(5, owner_type),  S_I32(6, create_s),
        S_I32(7, type),        S_LIST(8, resources, resource_shape),
        S_TEXT(0, extra),
};
SHAPE_END(catalog_function_shape, function_rows)
#undef SHAPE_OF

struct str catalog_pairs_get(const struct catalog_pairs *pairs, struct str key)
{
    for (size_t i = 0; i < pairs->count; i++)
        if (str_eq(pairs->items[i].key, key))
            return pairs->items[i].value;
    return STR_NULL;
}

struct catalog_pairs catalog_pairs_with(const struct catalog_pairs *pairs, struct str key, struct str value,
                                        struct arena *a)
{
    struct catalog_pairs ret = {arena_array(a, pairs->count + 1, sizeof *ret.items), 0};
    for (size_t i = 0; i < pairs->count; i++)
        if (!str_eq(pairs->items[i].key, key))
            ret.items[ret.count++] = pairs->items[i];
    ret.items[ret.count++] = (struct catalog_pair){key, value};
    return ret;
}
