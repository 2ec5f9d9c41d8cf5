/* Tables: GetTable, GetTables, CreateTable, UpdateTable, DeleteTable, BatchDeleteTable, GetPartitionIndexes.
 */
#include "ops/glue/convert.h"
#include "ops/glue/table.h"

static bool asks_for(const struct glue_table_attributes_list *list, enum glue_table_attributes what)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i] == what)
            return true;
    return false;
}

/* Name and type alone, where the caller wants no more. */
static void trim(const struct glue_table_attributes_list *list, struct glue_table *t)
{
    if (!list->count || asks_for(list, GLUE_TABLE_ATTRIBUTES_DEFAULT) ||
        asks_for(list, GLUE_TABLE_ATTRIBUTES_LATEST_ICEBERG_METADATA))
        return;
    *t = (struct glue_table){
        .name = t->name,
        .database_name = t->database_name,
        .catalog_id = t->catalog_id,
        .table_type = asks_for(list, GLUE_TABLE_ATTRIBUTES_TABLE_TYPE) ? t->table_type : STR_NULL,
    };
}

static int get(struct catalog_tx *tx, const struct op_call *call, void *output, struct err *err)
{
    const struct glue_get_table_request *in = call->input;
    struct glue_get_table_response *out = output;
    struct catalog_table t;
    if (glue_find_table(tx, in->database_name, in->name, &t, err) < 0)
        return -1;
    out->table = arena_alloc(catalog_arena(tx), sizeof *out->table);
    if (glue_table_out(call, catalog_arena(tx), &t, out->table, err) < 0)
        return -1;
    trim(&in->attributes_to_get, out->table);
    return 0;
}

void glue_get_table(struct op_call *call)
{
    glue_call(call, CATALOG_READ, get);
}

static int list(struct catalog_tx *tx, const struct op_call *call, void *output, struct err *err)
{
    const struct glue_get_tables_request *in = call->input;
    struct glue_get_tables_response *out = output;
    struct arena *a = catalog_arena(tx);
    size_t limit = glue_limit(&in->max_results, GLUE_PAGE);
    struct str scope = arena_printf(a, "%.*s/%.*s", STR_ARG(in->database_name), STR_ARG(in->expression));
    struct str after;
    struct catalog_tables found;
    if (glue_position(call, a, in->next_token, scope, &after, err) < 0 ||
        catalog_page_tables(tx, in->database_name, in->expression, after, limit, &found, err) < 0)
        return -1;
    struct glue_table_list *l = &out->table_list;
    l->present = true;
    l->items = arena_array(a, found.count, sizeof *l->items);
    for (size_t i = 0; i < found.count && i < limit; i++) {
        struct glue_table *t = &l->items[l->count++];
        if (glue_table_out(call, a, &found.items[i], t, err) < 0)
            return -1;
        trim(&in->attributes_to_get, t);
    }
    if (found.count > limit)
        out->next_token = glue_token(call, a, scope, found.items[limit - 1].name);
    return 0;
}

void glue_get_tables(struct op_call *call)
{
    glue_call(call, CATALOG_READ, list);
}

static int create(struct catalog_tx *tx, const struct op_call *call, void *output, struct err *err)
{
    const struct glue_create_table_request *in = call->input;
    struct catalog_table t;
    (void)output;
    if (in->open_table_format_input)
        return glue_invalid(err,
                            "This server makes no Iceberg metadata: OpenTableFormatInput is not available.");
    if (in->partition_indexes.count)
        return glue_invalid(err, "This server has no partition indexes: PartitionIndexes is not available.");
    if (!in->table_input)
        return glue_invalid(err, "TableInput is required.");
    if (glue_table_in(catalog_arena(tx), in->database_name, in->table_input, &t, err) < 0)
        return -1;
    return catalog_create_table(tx, &t, err) == 0
               ? 0
               : glue_say(err, ERR_CATALOG_EXISTS, "Table already exists.");
}

void glue_create_table(struct op_call *call)
{
    glue_call(call, CATALOG_WRITE, create);
}

/* --- UpdateTable: a compare-and-swap where the caller names the version that it has read --- */

static int read_expect(const struct glue_update_table_request *in, struct catalog_expect *ret,
                       struct err *err)
{
    *ret = (struct catalog_expect){.has_version = in->version_id.p != NULL,
                                   .skip_archive = in->skip_archive.value};
    if (!ret->has_version || str_to_i64(in->version_id, &ret->version))
        return 0;
    return glue_invalid(err, "VersionId is not a version of this table.");
}

static int update(struct catalog_tx *tx, const struct op_call *call, void *output, struct err *err)
{
    const struct glue_update_table_request *in = call->input;
    struct catalog_expect expect;
    struct catalog_table old, t;
    (void)output;
    if (!in->table_input || in->update_open_table_format_input)
        return glue_invalid(err, "This server updates tables by TableInput only.");
    struct str name = in->name.p ? in->name : in->table_input->name;
    if (!str_eq_nocase(name, in->table_input->name))
        return glue_invalid(err, "A table cannot be renamed: TableInput has another name.");
    if (read_expect(in, &expect, err) < 0 || glue_find_table(tx, in->database_name, name, &old, err) < 0 ||
        glue_table_in(catalog_arena(tx), in->database_name, in->table_input, &t, err) < 0)
        return -1;
    t.create_s = old.create_s;
    t.rewrite_enabled = old.rewrite_enabled;
    if (catalog_alter_table(tx, in->database_name, name, &t, &expect, false, err) == 0)
        return 0;
    return glue_say(err, ERR_CATALOG_CONFLICT, "Update table failed due to concurrent modifications.");
}

void glue_update_table(struct op_call *call)
{
    glue_call(call, CATALOG_WRITE, update);
}

/* --- Deleting: data stays, as in Glue --- */

static int drop_one(struct catalog_tx *tx, struct str database, struct str name, struct err *err)
{
    struct catalog_table t;
    if (glue_find_table(tx, database, name, &t, err) < 0)
        return -1;
    return catalog_drop_table(tx, database, name, false, err);
}

static int drop(struct catalog_tx *tx, const struct op_call *call, void *output, struct err *err)
{
    const struct glue_delete_table_request *in = call->input;
    (void)output;
    return drop_one(tx, in->database_name, in->name, err);
}

void glue_delete_table(struct op_call *call)
{
    glue_call(call, CATALOG_WRITE, drop);
}

/* A table of a batch: others go on where it fails. */
struct entry {
    struct str database;
    struct str name;
};

static int drop_entry(struct catalog_tx *tx, void *ctx, struct err *err)
{
    const struct entry *e = ctx;
    return drop_one(tx, e->database, e->name, err);
}

static int drop_all(struct catalog_tx *tx, const struct op_call *call, void *output, struct err *err)
{
    const struct glue_batch_delete_table_request *in = call->input;
    struct glue_batch_delete_table_response *out = output;
    struct arena *a = catalog_arena(tx);
    struct catalog_database d;
    if (catalog_get_database(tx, in->database_name, &d, err) < 0)
        return -1;
    out->errors.present = true;
    out->errors.items = arena_array(a, in->tables_to_delete.count, sizeof *out->errors.items);
    for (size_t i = 0; i < in->tables_to_delete.count; i++) {
        struct str name = in->tables_to_delete.items[i];
        struct entry entry = {in->database_name, name};
        struct err e;
        if (catalog_try(tx, drop_entry, &entry, &e) < 0)
            out->errors.items[out->errors.count++] = (struct glue_table_error){name, glue_error(a, &e)};
    }
    return 0;
}

void glue_batch_delete_table(struct op_call *call)
{
    glue_call(call, CATALOG_WRITE, drop_all);
}

/* A filter reads all names of a table's partitions fast enough: there are no indexes to list. */
static int indexes(struct catalog_tx *tx, const struct op_call *call, void *output, struct err *err)
{
    const struct glue_get_partition_indexes_request *in = call->input;
    struct glue_get_partition_indexes_response *out = output;
    struct catalog_table t;
    out->partition_index_descriptor_list.present = true;
    return glue_find_table(tx, in->database_name, in->table_name, &t, err);
}

void glue_get_partition_indexes(struct op_call *call)
{
    glue_call(call, CATALOG_READ, indexes);
}
