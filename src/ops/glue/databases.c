/* Databases: GetDatabase, GetDatabases, CreateDatabase, UpdateDatabase, DeleteDatabase. */
#include "ops/glue/convert.h"
#include "ops/glue/table.h"

static int get(struct catalog_tx *tx, const struct op_call *call, void *output, struct err *err)
{
    const struct glue_get_database_request *in = call->input;
    struct glue_get_database_response *out = output;
    struct catalog_database d;
    if (catalog_get_database(tx, in->name, &d, err) < 0)
        return -1;
    out->database = arena_alloc(catalog_arena(tx), sizeof *out->database);
    return glue_database_out(call, catalog_arena(tx), &d, out->database, err);
}

void glue_get_database(struct op_call *call)
{
    glue_call(call, CATALOG_READ, get);
}

static int list(struct catalog_tx *tx, const struct op_call *call, void *output, struct err *err)
{
    const struct glue_get_databases_request *in = call->input;
    struct glue_get_databases_response *out = output;
    struct arena *a = catalog_arena(tx);
    size_t limit = glue_limit(&in->max_results, GLUE_PAGE);
    struct catalog_page page = {.limit = limit + 1};
    struct catalog_names names;
    if (glue_position(call, a, in->next_token, STR(""), &page.after, err) < 0 ||
        catalog_list_databases(tx, &page, &names, err) < 0)
        return -1;
    struct glue_database_list *l = &out->database_list;
    l->present = true;
    l->items = arena_array(a, names.count, sizeof *l->items);
    for (size_t i = 0; i < names.count && i < limit; i++) {
        struct catalog_database d;
        if (catalog_get_database(tx, names.items[i], &d, err) < 0 ||
            glue_database_out(call, a, &d, &l->items[l->count++], err) < 0)
            return -1;
    }
    if (names.count > limit)
        out->next_token = glue_token(call, a, STR(""), names.items[limit - 1]);
    return 0;
}

void glue_get_databases(struct op_call *call)
{
    glue_call(call, CATALOG_READ, list);
}

static int create(struct catalog_tx *tx, const struct op_call *call, void *output, struct err *err)
{
    const struct glue_create_database_request *in = call->input;
    struct catalog_database d;
    (void)output;
    if (glue_database_in(catalog_arena(tx), in->database_input, &d, err) < 0)
        return -1;
    return catalog_create_database(tx, &d, err) == 0
               ? 0
               : glue_say(err, ERR_CATALOG_EXISTS, "Database already exists.");
}

void glue_create_database(struct op_call *call)
{
    glue_call(call, CATALOG_WRITE, create);
}

/* What Hive alone knows of it stays: its owner. */
static int update(struct catalog_tx *tx, const struct op_call *call, void *output, struct err *err)
{
    const struct glue_update_database_request *in = call->input;
    struct catalog_database old, d;
    (void)output;
    if (!str_eq_nocase(in->name, in->database_input->name))
        return glue_invalid(err, "A database cannot be renamed: DatabaseInput has another name.");
    if (catalog_get_database(tx, in->name, &old, err) < 0 ||
        glue_database_in(catalog_arena(tx), in->database_input, &d, err) < 0)
        return -1;
    d.owner = old.owner;
    d.owner_type = old.owner_type;
    d.create_s = old.create_s;
    return catalog_alter_database(tx, in->name, &d, err);
}

void glue_update_database(struct op_call *call)
{
    glue_call(call, CATALOG_WRITE, update);
}

static int drop(struct catalog_tx *tx, const struct op_call *call, void *output, struct err *err)
{
    const struct glue_delete_database_request *in = call->input;
    (void)output;
    return catalog_drop_database(tx, in->name, (struct catalog_drop){.cascade = true}, err);
}

void glue_delete_database(struct op_call *call)
{
    glue_call(call, CATALOG_WRITE, drop);
}
