#include "ops/glue/convert.h"

enum { EXTRA_MAX = 1024 * 1024 };

/* JSON of a shape that has nothing but what the catalog's record has no place for. */
static int keep_extra(struct arena *a, const struct model_shape *shape, const void *rest, bool any,
                      struct str *ret, struct err *err)
{
    CLEANUP_BUF struct buf b;
    buf_init(&b, EXTRA_MAX);
    *ret = STR_NULL;
    if (!any)
        return 0;
    model_encode(shape, rest, &b);
    if (b.overflow)
        return glue_invalid(err, "The entity is too large.");
    *ret = arena_str(a, buf_str(&b));
    return 0;
}

static struct catalog_pairs pairs_in(struct arena *a, const struct glue_parameters_map *m)
{
    struct catalog_pairs pairs = {arena_array(a, m->count, sizeof *pairs.items), m->count};
    for (size_t i = 0; i < m->count; i++)
        pairs.items[i] =
            (struct catalog_pair){m->items[i].key, m->items[i].value.p ? m->items[i].value : STR("")};
    return pairs;
}

struct catalog_names glue_values_in(const struct str *items, size_t count)
{
    return (struct catalog_names){(struct str *)(uintptr_t)items, count};
}

static struct catalog_columns columns_in(struct arena *a, const struct glue_column_list *list)
{
    struct catalog_columns columns = {arena_array(a, list->count, sizeof *columns.items), list->count};
    for (size_t i = 0; i < list->count; i++) {
        const struct glue_column *c = &list->items[i];
        columns.items[i] = (struct catalog_column){c->name, c->type.p ? c->type : STR("string"), c->comment,
                                                   pairs_in(a, &c->parameters)};
    }
    return columns;
}

static struct catalog_serde *serde_in(struct arena *a, const struct glue_ser_de_info *in)
{
    if (!in)
        return NULL;
    struct catalog_serde *s = arena_alloc(a, sizeof *s);
    *s = (struct catalog_serde){in->name, in->serialization_library, pairs_in(a, &in->parameters)};
    return s;
}

/* Glue writes the places of skewed values as a map from their text; the text alone is one value. */
static struct catalog_skew *skew_in(struct arena *a, const struct glue_skewed_info *in)
{
    if (!in)
        return NULL;
    struct catalog_skew *s = arena_alloc(a, sizeof *s);
    s->columns = glue_values_in(in->skewed_column_names.items, in->skewed_column_names.count);
    s->values.count = in->skewed_column_values.count;
    s->values.items = arena_array(a, s->values.count, sizeof *s->values.items);
    for (size_t i = 0; i < s->values.count; i++)
        s->values.items[i] = glue_values_in(&in->skewed_column_values.items[i], 1);
    s->places.count = in->skewed_column_value_location_maps.count;
    s->places.items = arena_array(a, s->places.count, sizeof *s->places.items);
    for (size_t i = 0; i < s->places.count; i++) {
        const struct glue_location_map_entry *e = &in->skewed_column_value_location_maps.items[i];
        s->places.items[i] = (struct catalog_skew_place){glue_values_in(&e->key, 1), e->value};
    }
    return s;
}

static int storage_in(struct arena *a, const struct glue_storage_descriptor *in, struct catalog_storage **ret,
                      struct err *err)
{
    *ret = NULL;
    if (!in)
        return 0;
    struct catalog_storage *s = arena_alloc(a, sizeof *s);
    const struct glue_storage_descriptor rest = {.additional_locations = in->additional_locations,
                                                 .schema_reference = in->schema_reference};
    *s = (struct catalog_storage){
        .columns = columns_in(a, &in->columns),
        .location = in->location,
        .input_format = in->input_format,
        .output_format = in->output_format,
        .compressed = in->compressed.value,
        .bucket_count = (int32_t)in->number_of_buckets.value,
        .serde = serde_in(a, in->serde_info),
        .bucket_columns = glue_values_in(in->bucket_columns.items, in->bucket_columns.count),
        .parameters = pairs_in(a, &in->parameters),
        .skew = skew_in(a, in->skewed_info),
        .sub_directories = in->stored_as_sub_directories.value,
    };
    s->sort_columns.count = in->sort_columns.count;
    s->sort_columns.items = arena_array(a, s->sort_columns.count, sizeof *s->sort_columns.items);
    for (size_t i = 0; i < s->sort_columns.count; i++)
        s->sort_columns.items[i] = (struct catalog_order){
            in->sort_columns.items[i].column, (int32_t)in->sort_columns.items[i].sort_order.value};
    *ret = s;
    return keep_extra(a, &glue_shape_storage_descriptor, &rest,
                      in->additional_locations.count || in->schema_reference, &s->extra, err);
}

int glue_database_in(struct arena *a, const struct glue_database_input *in, struct catalog_database *ret,
                     struct err *err)
{
    const struct glue_database_input rest = {
        .create_table_default_permissions = in->create_table_default_permissions,
        .target_database = in->target_database,
        .federated_database = in->federated_database,
    };
    *ret = (struct catalog_database){
        .name = in->name,
        .description = in->description,
        .location = in->location_uri,
        .parameters = pairs_in(a, &in->parameters),
    };
    return keep_extra(a, &glue_shape_database_input, &rest,
                      in->create_table_default_permissions.present || in->target_database ||
                          in->federated_database,
                      &ret->extra, err);
}

static int32_t seconds(const struct model_time *t)
{
    int64_t s = t->present ? t->ms / 1000 : 0;
    return s > INT32_MAX || s < 0 ? 0 : (int32_t)s;
}

int glue_table_in(struct arena *a, struct str database, const struct glue_table_input *in,
                  struct catalog_table *ret, struct err *err)
{
    const struct glue_table_input rest = {
        .last_analyzed_time = in->last_analyzed_time,
        .target_table = in->target_table,
        .federated_table = in->federated_table,
        .view_definition = in->view_definition,
    };
    *ret = (struct catalog_table){
        .name = in->name,
        .database = database,
        .owner = in->owner,
        .access_s = seconds(&in->last_access_time),
        .retention = (int32_t)in->retention.value,
        .partition_keys = columns_in(a, &in->partition_keys),
        .parameters = pairs_in(a, &in->parameters),
        .view_original = in->view_original_text,
        .view_expanded = in->view_expanded_text,
        .type = in->table_type,
        .description = in->description,
    };
    if (storage_in(a, in->storage_descriptor, &ret->storage, err) < 0)
        return -1;
    return keep_extra(a, &glue_shape_table_input, &rest,
                      in->last_analyzed_time.present || in->target_table || in->federated_table ||
                          in->view_definition,
                      &ret->extra, err);
}

int glue_partition_in(struct arena *a, const struct glue_partition_input *in, struct catalog_partition *ret,
                      struct err *err)
{
    const struct glue_partition_input rest = {.last_analyzed_time = in->last_analyzed_time};
    *ret = (struct catalog_partition){
        .values = glue_values_in(in->values.items, in->values.count),
        .access_s = seconds(&in->last_access_time),
        .parameters = pairs_in(a, &in->parameters),
    };
    if (storage_in(a, in->storage_descriptor, &ret->storage, err) < 0)
        return -1;
    return keep_extra(a, &glue_shape_partition_input, &rest, in->last_analyzed_time.present, &ret->extra,
                      err);
}
