/* Versions of tables: GetTableVersion, GetTableVersions, DeleteTableVersion, BatchDeleteTableVersion. */
#include "ops/glue/convert.h"
#include "ops/glue/table.h"

static int add(const struct op_call *call, struct arena *a, const struct catalog_table *t,
               struct glue_table_version *ret, struct err *err)
{
    ret->table = arena_alloc(a, sizeof *ret->table);
    if (glue_table_out(call, a, t, ret->table, err) < 0)
        return -1;
    ret->version_id = ret->table->version_id;
    return 0;
}

static int missing(struct err *err)
{
    return glue_say(err, ERR_CATALOG_MISSING, "Version not found.");
}

static int read_version(struct str text, int64_t *ret, struct err *err)
{
    return str_to_i64(text, ret) ? 0 : glue_invalid(err, "version is not a valid version id.");
}

static int get(struct catalog_tx *tx, const struct op_call *call, void *output, struct err *err)
{
    const struct glue_get_table_version_request *in = call->input;
    struct glue_get_table_version_response *out = output;
    struct arena *a = catalog_arena(tx);
    struct catalog_table t;
    int64_t version;
    if (glue_find_table(tx, in->database_name, in->table_name, &t, err) < 0)
        return -1;
    if (in->version_id.p) {
        if (read_version(in->version_id, &version, err) < 0)
            return -1;
        if (catalog_get_version(tx, in->database_name, in->table_name, version, &t, err) < 0)
            return missing(err);
    }
    out->table_version = arena_alloc(a, sizeof *out->table_version);
    return add(call, a, &t, out->table_version, err);
}

void glue_get_table_version(struct op_call *call)
{
    glue_call(call, CATALOG_READ, get);
}

static int list(struct catalog_tx *tx, const struct op_call *call, void *output, struct err *err)
{
    const struct glue_get_table_versions_request *in = call->input;
    struct glue_get_table_versions_response *out = output;
    struct arena *a = catalog_arena(tx);
    size_t limit = glue_limit(&in->max_results, GLUE_PAGE);
    struct str scope = arena_printf(a, "%.*s/%.*s", STR_ARG(in->database_name), STR_ARG(in->table_name));
    struct str position;
    int64_t below = INT64_MAX; /* versions come from the newest downwards */
    struct catalog_table t;
    struct catalog_tables found;
    if (glue_position(call, a, in->next_token, scope, &position, err) < 0 ||
        (position.p && read_version(position, &below, err) < 0) ||
        glue_find_table(tx, in->database_name, in->table_name, &t, err) < 0 ||
        catalog_list_versions(tx, in->database_name, in->table_name, &found, err) < 0)
        return -1;
    out->table_versions.present = true;
    out->table_versions.items = arena_array(a, limit, sizeof *out->table_versions.items);
    for (size_t i = 0; i < found.count; i++) {
        if (found.items[i].version >= below)
            continue;
        if (out->table_versions.count == limit) {
            out->next_token = glue_token(call, a, scope, out->table_versions.items[limit - 1].version_id);
            return 0;
        }
        if (add(call, a, &found.items[i], &out->table_versions.items[out->table_versions.count++], err) < 0)
            return -1;
    }
    return 0;
}

void glue_get_table_versions(struct op_call *call)
{
    glue_call(call, CATALOG_READ, list);
}

static int drop_one(struct catalog_tx *tx, struct str database, struct str table, struct str version_id,
                    struct err *err)
{
    int64_t version;
    if (read_version(version_id, &version, err) < 0)
        return -1;
    return catalog_drop_version(tx, database, table, version, err) == 0 ? 0 : missing(err);
}

static int drop(struct catalog_tx *tx, const struct op_call *call, void *output, struct err *err)
{
    const struct glue_delete_table_version_request *in = call->input;
    struct catalog_table t;
    (void)output;
    if (glue_find_table(tx, in->database_name, in->table_name, &t, err) < 0)
        return -1;
    return drop_one(tx, in->database_name, in->table_name, in->version_id, err);
}

void glue_delete_table_version(struct op_call *call)
{
    glue_call(call, CATALOG_WRITE, drop);
}

/* A version of a batch: others go on where it fails. */
struct entry {
    const struct glue_batch_delete_table_version_request *in;
    struct str version_id;
};

static int drop_entry(struct catalog_tx *tx, void *ctx, struct err *err)
{
    const struct entry *e = ctx;
    return drop_one(tx, e->in->database_name, e->in->table_name, e->version_id, err);
}

static int drop_all(struct catalog_tx *tx, const struct op_call *call, void *output, struct err *err)
{
    const struct glue_batch_delete_table_version_request *in = call->input;
    struct glue_batch_delete_table_version_response *out = output;
    struct arena *a = catalog_arena(tx);
    struct catalog_table t;
    if (glue_find_table(tx, in->database_name, in->table_name, &t, err) < 0)
        return -1;
    out->errors.present = true;
    out->errors.items = arena_array(a, in->version_ids.count, sizeof *out->errors.items);
    for (size_t i = 0; i < in->version_ids.count; i++) {
        struct entry entry = {in, in->version_ids.items[i]};
        struct err e;
        if (catalog_try(tx, drop_entry, &entry, &e) < 0)
            out->errors.items[out->errors.count++] =
                (struct glue_table_version_error){in->table_name, entry.version_id, glue_error(a, &e)};
    }
    return 0;
}

void glue_batch_delete_table_version(struct op_call *call)
{
    glue_call(call, CATALOG_WRITE, drop_all);
}
