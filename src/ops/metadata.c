/* Athena's view of the catalog: ListDatabases, GetDatabase, ListTableMetadata, GetTableMetadata. */
#include "base/random.h"
#include "ops/catalog_call.h"
#include "ops/data_catalogs.h"
#include "ops/page.h"
#include "ops/table.h"

#include <stdlib.h>

enum { PAGE = 50 };

/* --- Errors, as Athena passes those of its catalog on --- */

static void fail(struct op_call *call, const struct err *err)
{
    char id[UUID_TEXT_LEN + 1];
    struct err e;
    if (err->code == ERR_INVALID_REQUEST || err->code == ERR_INTERNAL || err->code == ERR_NO_SPACE ||
        err->code == ERR_UNAVAILABLE) {
        op_fail(call, err);
        return;
    }
    random_uuid(id);
    err_set(
        &e, ERR_METADATA,
        "%.600s (Service: AmazonDataCatalog; Status Code: 400; Error Code: %s; Request ID: %s; Proxy: null)",
        err->code == ERR_CATALOG_MISSING ? "Entity Not Found" : err->text, err_info(err->code)->json_name,
        id);
    op_fail(call, &e);
}

/* --- Which catalog --- */

struct lookup {
    struct op_call *call;
    struct str catalog;
    catalog_call_fn *fn;
};

/* A catalog of type GLUE with this account's number is another name for the one that is here. */
static bool is_here(const struct lookup *g, const struct data_catalog_record *r)
{
    struct athena_data_catalog d = {0};
    struct err ignored; /* an unreadable one is not here */
    if (model_decode_stored(&athena_shape_data_catalog, r->detail, g->call->arena, &d, &ignored) < 0 ||
        d.type != ATHENA_DATA_CATALOG_TYPE_GLUE)
        return false;
    for (size_t i = 0; i < d.parameters.count; i++)
        if (str_is(d.parameters.items[i].key, "catalog-id"))
            return str_eq(d.parameters.items[i].value, core_config_of(g->call->core)->account);
    return false;
}

static void on_catalog(void *ctx, const struct data_catalog_record *r, const struct err *err)
{
    struct lookup *g = ctx;
    struct err e;
    if (err) {
        op_fail(g->call, err);
    } else if (!r) {
        op_refuse(g->call, "DataCatalog %.*s was not found", STR_ARG(str_sub(g->catalog, 0, 256)));
    } else if (is_here(g, r)) {
        catalog_call(g->call, CATALOG_READ, g->fn, fail);
    } else {
        err_set(&e, ERR_METADATA, "The data catalog %.*s cannot be read: this server reads %s only.",
                STR_ARG(str_sub(g->catalog, 0, 256)), CATALOG_OWN);
        op_fail(g->call, &e);
    }
}

static void in_catalog(struct op_call *call, struct str catalog, catalog_call_fn *fn)
{
    struct lookup *g = arena_alloc(call->arena, sizeof *g);
    *g = (struct lookup){call, catalog, fn};
    if (data_catalog_is_own(catalog))
        catalog_call(call, CATALOG_READ, fn, fail);
    else
        store_get_data_catalog(core_store(call->core), catalog, on_catalog, g);
}

/* --- Shapes --- */

static struct athena_parameters_map pairs_out(struct arena *a, const struct catalog_pairs *pairs)
{
    struct athena_parameters_map m = {.count = pairs->count, .present = true};
    m.items = arena_array(a, m.count, sizeof *m.items);
    for (size_t i = 0; i < m.count; i++) {
        m.items[i].key = pairs->items[i].key;
        m.items[i].value = pairs->items[i].value;
    }
    return m;
}

static void database_out(struct arena *a, const struct catalog_database *d, struct athena_database *ret)
{
    *ret = (struct athena_database){.name = d->name, .description = d->description};
    if (d->parameters.count)
        ret->parameters = pairs_out(a, &d->parameters);
}

static struct athena_column_list columns_out(struct arena *a, const struct catalog_columns *columns)
{
    struct athena_column_list list = {.count = columns->count, .present = true};
    list.items = arena_array(a, list.count, sizeof *list.items);
    for (size_t i = 0; i < list.count; i++)
        list.items[i] =
            (struct athena_column){columns->items[i].name, columns->items[i].type, columns->items[i].comment};
    return list;
}

static void set(struct catalog_pairs *pairs, const char *key, struct str value, struct arena *a)
{
    if (value.p && !catalog_pairs_get(pairs, str_from(key)).p)
        *pairs = catalog_pairs_with(pairs, str_from(key), value, a);
}

static int by_key(const void *a, const void *b)
{
    return str_cmp(((const struct catalog_pair *)a)->key, ((const struct catalog_pair *)b)->key);
}

/* The table's own, and what Athena adds of its storage. */
static struct catalog_pairs parameters_of(struct arena *a, const struct catalog_table *t)
{
    struct catalog_pairs pairs = t->parameters;
    const struct catalog_storage *s = t->storage;
    set(&pairs, "comment", t->description, a);
    if (str_is(t->type, "EXTERNAL_TABLE"))
        set(&pairs, "EXTERNAL", STR("TRUE"), a);
    set(&pairs, "transient_lastDdlTime", arena_printf(a, "%d", t->create_s), a);
    if (s) {
        set(&pairs, "inputformat", s->input_format, a);
        set(&pairs, "location", s->location, a);
        set(&pairs, "outputformat", s->output_format, a);
    }
    if (s && s->serde) {
        set(&pairs, "serde.serialization.lib", s->serde->library, a);
        for (size_t i = 0; i < s->serde->parameters.count; i++)
            set(&pairs, arena_printf(a, "serde.param.%.*s", STR_ARG(s->serde->parameters.items[i].key)).p,
                s->serde->parameters.items[i].value, a);
    }
    struct catalog_pairs sorted = {arena_array(a, pairs.count, sizeof *sorted.items), pairs.count};
    for (size_t i = 0; i < pairs.count; i++)
        sorted.items[i] = pairs.items[i];
    if (sorted.count)
        qsort(sorted.items, sorted.count, sizeof *sorted.items, by_key);
    return sorted;
}

static void table_out(struct arena *a, const struct catalog_table *t, struct athena_table_metadata *ret)
{
    static const struct catalog_columns none;
    struct catalog_pairs parameters = parameters_of(a, t);
    *ret = (struct athena_table_metadata){
        .name = t->name,
        .create_time = MODEL_TIME((int64_t)t->create_s * 1000),
        .last_access_time = MODEL_TIME((int64_t)t->access_s * 1000),
        .table_type = t->type,
        .columns = columns_out(a, t->storage ? &t->storage->columns : &none),
        .partition_keys = columns_out(a, &t->partition_keys),
        .parameters = pairs_out(a, &parameters),
    };
}

/* --- Operations --- */

static int get_database(struct catalog_tx *tx, const struct op_call *call, void *output, struct err *err)
{
    const struct athena_get_database_input *in = call->input;
    struct athena_get_database_output *out = output;
    struct catalog_database d;
    if (catalog_get_database(tx, in->database_name, &d, err) < 0)
        return -1;
    out->database = arena_alloc(catalog_arena(tx), sizeof *out->database);
    database_out(catalog_arena(tx), &d, out->database);
    return 0;
}

void op_get_database(struct op_call *call)
{
    const struct athena_get_database_input *in = call->input;
    in_catalog(call, in->catalog_name, get_database);
}

static int list_databases(struct catalog_tx *tx, const struct op_call *call, void *output, struct err *err)
{
    const struct athena_list_databases_input *in = call->input;
    struct athena_list_databases_output *out = output;
    struct arena *a = catalog_arena(tx);
    size_t limit = in->max_results.present ? (size_t)in->max_results.value : PAGE;
    struct catalog_page page = {.limit = limit + 1};
    struct catalog_names names;
    if (page_position(a, in->next_token, "databases", in->catalog_name, &page.after, err) < 0 ||
        catalog_list_databases(tx, &page, &names, err) < 0)
        return -1;
    out->database_list.present = true;
    out->database_list.items = arena_array(a, names.count, sizeof *out->database_list.items);
    for (size_t i = 0; i < names.count && i < limit; i++) {
        struct catalog_database d;
        if (catalog_get_database(tx, names.items[i], &d, err) < 0)
            return -1;
        database_out(a, &d, &out->database_list.items[out->database_list.count++]);
    }
    if (names.count > limit)
        out->next_token = page_token(a, "databases", in->catalog_name, names.items[limit - 1]);
    return 0;
}

void op_list_databases(struct op_call *call)
{
    const struct athena_list_databases_input *in = call->input;
    in_catalog(call, in->catalog_name, list_databases);
}

static int get_table(struct catalog_tx *tx, const struct op_call *call, void *output, struct err *err)
{
    const struct athena_get_table_metadata_input *in = call->input;
    struct athena_get_table_metadata_output *out = output;
    struct catalog_table t;
    if (catalog_get_table(tx, in->database_name, in->table_name, &t, err) < 0)
        return -1;
    out->table_metadata = arena_alloc(catalog_arena(tx), sizeof *out->table_metadata);
    table_out(catalog_arena(tx), &t, out->table_metadata);
    return 0;
}

void op_get_table_metadata(struct op_call *call)
{
    const struct athena_get_table_metadata_input *in = call->input;
    in_catalog(call, in->catalog_name, get_table);
}

static int list_tables(struct catalog_tx *tx, const struct op_call *call, void *output, struct err *err)
{
    const struct athena_list_table_metadata_input *in = call->input;
    struct athena_list_table_metadata_output *out = output;
    struct arena *a = catalog_arena(tx);
    size_t limit = in->max_results.present ? (size_t)in->max_results.value : PAGE;
    struct str scope = arena_printf(a, "%.*s/%.*s/%.*s", STR_ARG(in->catalog_name),
                                    STR_ARG(in->database_name), STR_ARG(in->expression));
    struct str after;
    struct catalog_tables found;
    if (page_position(a, in->next_token, "tables", scope, &after, err) < 0 ||
        catalog_page_tables(tx, in->database_name, in->expression, after, limit, &found, err) < 0)
        return -1;
    out->table_metadata_list.present = true;
    out->table_metadata_list.items = arena_array(a, found.count, sizeof *out->table_metadata_list.items);
    for (size_t i = 0; i < found.count && i < limit; i++)
        table_out(a, &found.items[i], &out->table_metadata_list.items[out->table_metadata_list.count++]);
    if (found.count > limit)
        out->next_token = page_token(a, "tables", scope, found.items[limit - 1].name);
    return 0;
}

void op_list_table_metadata(struct op_call *call)
{
    const struct athena_list_table_metadata_input *in = call->input;
    in_catalog(call, in->catalog_name, list_tables);
}
