/* Conditions on partitions, asked of values of every kind, and names of partitions. */
#include "fuzz.h"

#include "catalog/filter.h"
#include "catalog/names.h"

enum { TEXT_MAX_BYTES = 1 << 18, ARENA_BYTES = 256 << 20 };

static struct catalog_column columns[] = {
    {.name = {"y", 1}, .type = {"int", 3}},       {.name = {"s", 1}, .type = {"string", 6}},
    {.name = {"d", 1}, .type = {"date", 4}},      {.name = {"n", 1}, .type = {"decimal(10,2)", 13}},
    {.name = {"t", 1}, .type = {"timestamp", 9}},
};
static const struct catalog_columns keys = {columns, ARRAY_SIZE(columns)};
static struct str full[] = {
    {"7", 1}, {"a'b%", 4}, {"2024-01-01", 10}, {"-0.50", 5}, {"2024-01-01 00:00", 16}};
static struct str odd[] = {
    {"x", 1}, {"", 0}, {"2024", 4}, {".", 1}, {CATALOG_NULL_VALUE, sizeof CATALOG_NULL_VALUE - 1}};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > TEXT_MAX_BYTES)
        return 0;
    CLEANUP_ARENA struct arena *a = arena_new(ARENA_BYTES);
    struct str text = str_of(data, size), name;
    struct catalog_names values;
    struct err err;
    struct catalog_filter *f = catalog_filter_parse(a, text, &keys, &err);
    if (f) {
        catalog_filter_matches(f, &(struct catalog_names){full, keys.count});
        catalog_filter_matches(f, &(struct catalog_names){odd, keys.count});
    }
    catalog_matches(text, columns[0].name);
    if (catalog_partition_values(a, &keys, text, &values, &err) == 0)
        REQUIRE(catalog_partition_name(a, &keys, &values, &name, &err) == 0 ||
                err.code == ERR_CATALOG_INVALID);
    return 0;
}
