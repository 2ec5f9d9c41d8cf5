#include "catalog/statistics.h"

#include "catalog/shape_rows.h"
#include "catalog/tx.h"

#define SHAPE_OF struct catalog_boolean_statistics
static const struct shape_field boolean_rows[] = {S_I64(1, trues), S_I64(2, falses), S_I64(3, nulls),
                                                  S_TEXT(4, bits)};
static SHAPE_END(boolean_shape, boolean_rows)
#undef SHAPE_OF

#define SHAPE_OF struct catalog_long_statistics
    static const struct shape_field long_rows[] = {S_MAYBE(SHAPE_I64, 1, low), S_MAYBE(SHAPE_I64, 2, high),
                                                   S_I64(3, nulls), S_I64(4, distinct), S_TEXT(5, bits)};
static SHAPE_END(long_shape, long_rows)
#undef SHAPE_OF

#define SHAPE_OF struct catalog_double_statistics
    static const
    struct shape_field double_rows[] = {S_MAYBE(SHAPE_DOUBLE, 1, low), S_MAYBE(SHAPE_DOUBLE, 2, high),
                                        S_I64(3, nulls), S_I64(4, distinct), S_TEXT(5, bits)};
static SHAPE_END(double_shape, double_rows)
#undef SHAPE_OF

#define SHAPE_OF struct catalog_string_statistics
    static const struct shape_field string_rows[] = {S_I64(1, longest), S_DOUBLE(2, average), S_I64(3, nulls),
                                                     S_I64(4, distinct), S_TEXT(5, bits)};
static SHAPE_END(string_shape, string_rows)
#undef SHAPE_OF

#define SHAPE_OF struct catalog_binary_statistics
    static const struct shape_field binary_rows[] = {S_I64(1, longest), S_DOUBLE(2, average), S_I64(3, nulls),
                                                     S_TEXT(4, bits)};
static SHAPE_END(binary_shape, binary_rows)
#undef SHAPE_OF

#define SHAPE_OF struct catalog_decimal
    static const struct shape_field number_rows[] = {S_BYTES(1, unscaled), S_I16(3, scale)};
static SHAPE_END(number_shape, number_rows)
#undef SHAPE_OF

#define SHAPE_OF struct catalog_decimal_statistics
    static const
    struct shape_field decimal_rows[] = {S_STRUCT(1, low, number_shape), S_STRUCT(2, high, number_shape),
                                         S_I64(3, nulls), S_I64(4, distinct), S_TEXT(5, bits)};
static SHAPE_END(decimal_shape, decimal_rows)
#undef SHAPE_OF

#define SHAPE_OF struct catalog_date
    static const struct shape_field day_rows[] = {S_I64(1, days)};
static SHAPE_END(day_shape, day_rows)
#undef SHAPE_OF

#define SHAPE_OF struct catalog_date_statistics
    static const struct shape_field date_rows[] = {S_STRUCT(1, low, day_shape), S_STRUCT(2, high, day_shape),
                                                   S_I64(3, nulls), S_I64(4, distinct), S_TEXT(5, bits)};
static SHAPE_END(date_shape, date_rows)
#undef SHAPE_OF

#define SHAPE_OF struct catalog_statistics_data
    static const struct shape_field data_rows[] = {
        S_STRUCT(1, booleans, boolean_shape), S_STRUCT(2, longs, long_shape),
        S_STRUCT(3, doubles, double_shape),   S_STRUCT(4, strings, string_shape),
        S_STRUCT(5, binaries, binary_shape),  S_STRUCT(6, decimals, decimal_shape),
        S_STRUCT(7, dates, date_shape),
};
static SHAPE_END(data_shape, data_rows)
#undef SHAPE_OF

#define SHAPE_OF struct catalog_column_statistics
    static const
    struct shape_field column_rows[] = {S_TEXT(1, column), S_TEXT(2, type), S_STRUCT(3, data, data_shape)};
SHAPE_END(catalog_column_statistics_shape, column_rows)
#undef SHAPE_OF

static int missing(const struct catalog_table *t, const char *what, struct str name, struct err *err)
{
    return err_set(err, ERR_CATALOG_MISSING, "%.*s.%.*s: no %s %.*s", STR_ARG(t->database), STR_ARG(t->name),
                   what, STR_ARG(name));
}

/* The partition in the form in which it is kept; it must be there. */
static int find_place(struct catalog_tx *tx, const struct catalog_table *t, struct str partition,
                      int64_t *table_id, struct str *ret, struct err *err)
{
    struct catalog_names values;
    int64_t n;
    *ret = STR("");
    if (tx_table_id(tx, t, table_id, err) < 0)
        return -1;
    if (!partition.n)
        return 0;
    if (catalog_partition_values(tx->arena, &t->partition_keys, partition, &values, err) < 0 ||
        catalog_partition_name(tx->arena, &t->partition_keys, &values, ret, err) < 0)
        return -1;
    int64_t rows = CDB_RUN(tx->db, "SELECT 1 FROM partitions WHERE table_id = ?1 AND name = ?2", tx_on_number,
                           &n, err, CDB_INT(*table_id), CDB_TEXT(*ret));
    return rows < 0 ? -1 : rows == 0 ? missing(t, "partition", partition, err) : 0;
}

static bool has_column(const struct catalog_table *t, struct str name)
{
    for (size_t i = 0; t->storage && i < t->storage->columns.count; i++)
        if (str_eq_nocase(t->storage->columns.items[i].name, name))
            return true;
    return false;
}

int catalog_put_statistics(struct catalog_tx *tx, const struct catalog_table *t, struct str partition,
                           const struct catalog_statistics *given, struct err *err)
{
    int64_t id;
    struct str place, json;
    if (find_place(tx, t, partition, &id, &place, err) < 0)
        return -1;
    for (size_t i = 0; i < given->count; i++) {
        struct catalog_column_statistics s = given->items[i];
        s.column = arena_lower(tx->arena, s.column);
        if (!has_column(t, s.column))
            return missing(t, "column", s.column, err);
        if (tx_json(tx, &catalog_column_statistics_shape, &s, &json, err) < 0 ||
            CDB_RUN(tx->db,
                    "DELETE FROM column_statistics WHERE table_id = ?1 AND partition_name = ?2 AND "
                    "column_name = ?3",
                    NULL, NULL, err, CDB_INT(id), CDB_TEXT(place), CDB_TEXT(s.column)) < 0 ||
            CDB_RUN(tx->db,
                    "INSERT INTO column_statistics (table_id, partition_name, column_name, detail)"
                    " VALUES (?1, ?2, ?3, ?4)",
                    NULL, NULL, err, CDB_INT(id), CDB_TEXT(place), CDB_TEXT(s.column), CDB_TEXT(json)) < 0)
            return -1;
    }
    return 0;
}

struct reading {
    const struct catalog_names *columns;
    struct tx_list list;
};

static bool is_wanted(const struct reading *r, struct str column)
{
    bool wanted = !r->columns;
    for (size_t i = 0; !wanted && i < r->columns->count; i++)
        wanted = str_eq_nocase(r->columns->items[i], column);
    return wanted;
}

static int on_statistics(void *ctx, const struct cdb_row *row, struct err *err)
{
    struct reading *r = ctx;
    if (!is_wanted(r, row->cells[0]))
        return 0;
    struct catalog_column_statistics *s = tx_list_add(&r->list, err);
    return s ? shape_read_json(&catalog_column_statistics_shape, row->cells[1], r->list.tx->arena, s, err)
             : -1;
}

int catalog_get_statistics(struct catalog_tx *tx, const struct catalog_table *t, struct str partition,
                           const struct catalog_names *columns, struct catalog_statistics *ret,
                           struct err *err)
{
    struct reading r = {columns, {.tx = tx, .item_size = sizeof(struct catalog_column_statistics)}};
    int64_t id;
    struct str place;
    if (find_place(tx, t, partition, &id, &place, err) < 0 ||
        CDB_RUN(
            tx->db,
            "SELECT column_name, detail FROM column_statistics WHERE table_id = ?1 AND partition_name = ?2"
            " ORDER BY column_name",
            on_statistics, &r, err, CDB_INT(id), CDB_TEXT(place)) < 0)
        return -1;
    *ret = (struct catalog_statistics){r.list.items, r.list.count};
    return 0;
}

int catalog_drop_statistics(struct catalog_tx *tx, const struct catalog_table *t, struct str partition,
                            struct str column, struct err *err)
{
    int64_t id, rows;
    struct str place;
    if (find_place(tx, t, partition, &id, &place, err) < 0)
        return -1;
    if (column.p)
        rows = CDB_RUN(
            tx->db,
            "DELETE FROM column_statistics WHERE table_id = ?1 AND partition_name = ?2 AND column_name = ?3",
            NULL, NULL, err, CDB_INT(id), CDB_TEXT(place), CDB_TEXT(arena_lower(tx->arena, column)));
    else
        rows = CDB_RUN(tx->db, "DELETE FROM column_statistics WHERE table_id = ?1 AND partition_name = ?2",
                       NULL, NULL, err, CDB_INT(id), CDB_TEXT(place));
    return rows < 0 ? -1 : rows == 0 ? missing(t, "statistics of column", column, err) : 0;
}
