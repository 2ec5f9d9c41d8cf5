#include "ops/glue/convert.h"

static struct model_time time_of_s(int64_t seconds)
{
    return seconds > 0 ? MODEL_TIME(seconds * 1000) : (struct model_time){0};
}

static struct glue_parameters_map pairs_out(struct arena *a, const struct catalog_pairs *pairs)
{
    struct glue_parameters_map m = {.count = pairs->count, .present = true};
    m.items = arena_array(a, m.count, sizeof *m.items);
    for (size_t i = 0; i < m.count; i++) {
        m.items[i].key = pairs->items[i].key;
        m.items[i].value = pairs->items[i].value;
    }
    return m;
}

static struct glue_column_list columns_out(struct arena *a, const struct catalog_columns *columns)
{
    struct glue_column_list list = {.count = columns->count, .present = true};
    list.items = arena_array(a, list.count, sizeof *list.items);
    for (size_t i = 0; i < list.count; i++) {
        const struct catalog_column *c = &columns->items[i];
        list.items[i] = (struct glue_column){.name = c->name, .type = c->type, .comment = c->comment};
        if (c->parameters.count)
            list.items[i].parameters = pairs_out(a, &c->parameters);
    }
    return list;
}

static struct glue_ser_de_info *serde_out(struct arena *a, const struct catalog_serde *serde)
{
    if (!serde)
        return NULL;
    struct glue_ser_de_info *s = arena_alloc(a, sizeof *s);
    s->name = serde->name;
    s->serialization_library = serde->library;
    s->parameters = pairs_out(a, &serde->parameters);
    return s;
}

static struct str first(const struct catalog_names *values)
{
    return values->count ? values->items[0] : STR("");
}

static struct glue_skewed_info *skew_out(struct arena *a, const struct catalog_skew *skew)
{
    if (!skew)
        return NULL;
    struct glue_skewed_info *s = arena_alloc(a, sizeof *s);
    s->skewed_column_names.present = s->skewed_column_values.present = true;
    s->skewed_column_names.items = skew->columns.items;
    s->skewed_column_names.count = skew->columns.count;
    s->skewed_column_values.count = skew->values.count;
    s->skewed_column_values.items = arena_array(a, skew->values.count, sizeof *s->skewed_column_values.items);
    for (size_t i = 0; i < skew->values.count; i++)
        s->skewed_column_values.items[i] = first(&skew->values.items[i]);
    struct glue_location_map *m = &s->skewed_column_value_location_maps;
    m->present = true;
    m->count = skew->places.count;
    m->items = arena_array(a, m->count, sizeof *m->items);
    for (size_t i = 0; i < m->count; i++) {
        m->items[i].key = first(&skew->places.items[i].values);
        m->items[i].value = skew->places.items[i].location;
    }
    return s;
}

static void sort_columns_out(struct arena *a, const struct catalog_storage *from,
                             struct glue_storage_descriptor *to)
{
    to->sort_columns.present = true;
    to->sort_columns.count = from->sort_columns.count;
    to->sort_columns.items = arena_array(a, from->sort_columns.count, sizeof *to->sort_columns.items);
    for (size_t i = 0; i < from->sort_columns.count; i++) {
        to->sort_columns.items[i].column = from->sort_columns.items[i].column;
        to->sort_columns.items[i].sort_order = MODEL_INT(from->sort_columns.items[i].order);
    }
}

/* What was kept as JSON comes first, the record's own members over it. */
static int take_extra(struct arena *a, const struct model_shape *shape, struct str extra, void *ret,
                      struct err *err)
{
    return extra.n ? model_decode_stored(shape, extra, a, ret, err) : 0;
}

static int storage_out(struct arena *a, const struct catalog_storage *from, bool without_columns,
                       struct glue_storage_descriptor **ret, struct err *err)
{
    *ret = NULL;
    if (!from)
        return 0;
    struct glue_storage_descriptor *s = arena_alloc(a, sizeof *s);
    if (take_extra(a, &glue_shape_storage_descriptor, from->extra, s, err) < 0)
        return -1;
    if (!without_columns)
        s->columns = columns_out(a, &from->columns);
    s->location = from->location;
    s->input_format = from->input_format;
    s->output_format = from->output_format;
    s->compressed = MODEL_BOOL(from->compressed);
    s->number_of_buckets = MODEL_INT(from->bucket_count);
    s->serde_info = serde_out(a, from->serde);
    s->bucket_columns.present = true;
    s->bucket_columns.items = from->bucket_columns.items;
    s->bucket_columns.count = from->bucket_columns.count;
    sort_columns_out(a, from, s);
    s->parameters = pairs_out(a, &from->parameters);
    s->skewed_info = skew_out(a, from->skew);
    s->stored_as_sub_directories = MODEL_BOOL(from->sub_directories);
    *ret = s;
    return 0;
}

int glue_database_out(const struct op_call *call, struct arena *a, const struct catalog_database *d,
                      struct glue_database *ret, struct err *err)
{
    *ret = (struct glue_database){0};
    if (take_extra(a, &glue_shape_database, d->extra, ret, err) < 0)
        return -1;
    ret->name = d->name;
    ret->description = d->description;
    ret->location_uri = d->location.n ? d->location : STR_NULL;
    ret->parameters = pairs_out(a, &d->parameters);
    ret->create_time = time_of_s(d->create_s);
    ret->catalog_id = call->config->account;
    return 0;
}

int glue_table_out(const struct op_call *call, struct arena *a, const struct catalog_table *t,
                   struct glue_table *ret, struct err *err)
{
    struct str account = call->config->account;
    *ret = (struct glue_table){0};
    if (take_extra(a, &glue_shape_table, t->extra, ret, err) < 0 ||
        storage_out(a, t->storage, false, &ret->storage_descriptor, err) < 0)
        return -1;
    ret->name = t->name;
    ret->database_name = t->database;
    ret->description = t->description;
    ret->owner = t->owner;
    ret->create_time = time_of_s(t->create_s);
    ret->update_time = t->update_ms ? MODEL_TIME(t->update_ms) : ret->create_time;
    ret->last_access_time = time_of_s(t->access_s);
    ret->retention = MODEL_INT(t->retention);
    ret->partition_keys = columns_out(a, &t->partition_keys);
    ret->view_original_text = t->view_original;
    ret->view_expanded_text = t->view_expanded;
    ret->table_type = t->type;
    ret->parameters = pairs_out(a, &t->parameters);
    ret->created_by = arena_printf(a, "arn:aws:iam::%.*s:root", STR_ARG(account));
    ret->is_registered_with_lake_formation = MODEL_BOOL(false);
    ret->is_multi_dialect_view = MODEL_BOOL(false);
    ret->catalog_id = account;
    ret->version_id = arena_printf(a, "%lld", (long long)t->version);
    return 0;
}

int glue_partition_out(const struct op_call *call, struct arena *a, const struct catalog_partition *p,
                       bool without_columns, struct glue_partition *ret, struct err *err)
{
    *ret = (struct glue_partition){0};
    if (take_extra(a, &glue_shape_partition, p->extra, ret, err) < 0 ||
        storage_out(a, p->storage, without_columns, &ret->storage_descriptor, err) < 0)
        return -1;
    ret->values.present = true;
    ret->values.items = p->values.items;
    ret->values.count = p->values.count;
    ret->database_name = p->database;
    ret->table_name = p->table;
    ret->creation_time = time_of_s(p->create_s);
    ret->last_access_time = time_of_s(p->access_s);
    ret->parameters = pairs_out(a, &p->parameters);
    ret->catalog_id = call->config->account;
    return 0;
}

void glue_function_out(const struct op_call *call, struct arena *a, const struct catalog_function *f,
                       struct glue_user_defined_function *ret)
{
    *ret = (struct glue_user_defined_function){
        .function_name = f->name,
        .database_name = f->database,
        .class_name = f->class_name,
        .owner_name = f->owner,
        /* Hive's numbers are Glue's order */
        .owner_type = f->owner_type > 0 && f->owner_type < GLUE_PRINCIPAL_TYPE_COUNT
                          ? (enum glue_principal_type)f->owner_type
                          : GLUE_PRINCIPAL_TYPE_ABSENT,
        .create_time = time_of_s(f->create_s),
        .resource_uris = {.count = f->resources.count, .present = true},
        .catalog_id = call->config->account,
    };
    ret->resource_uris.items = arena_array(a, f->resources.count, sizeof *ret->resource_uris.items);
    for (size_t i = 0; i < f->resources.count; i++) {
        int32_t type = f->resources.items[i].type;
        ret->resource_uris.items[i].uri = f->resources.items[i].uri;
        if (type > 0 && type < GLUE_RESOURCE_TYPE_COUNT)
            ret->resource_uris.items[i].resource_type = (enum glue_resource_type)type;
    }
}
