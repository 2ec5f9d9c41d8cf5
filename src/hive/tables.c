#include "hive/handlers.h"

int hive_find_table(struct hive_call *c, struct str database, struct str name, struct catalog_table *ret,
                    struct err *err)
{
    return catalog_get_table(c->tx, database, name, ret, err);
}

/* --- Lists --- */

/* Of a database that is not there the list is empty, as Hive's. */
int hive_get_tables(struct hive_call *c, struct err *err)
{
    struct catalog_page page = {.pattern = c->args->pattern, .type = c->args->type};
    struct err failed;
    if (catalog_list_tables(c->tx, c->args->database, &page, &c->result->names, &failed) == 0)
        return 0;
    if (failed.code == ERR_CATALOG_MISSING)
        return 0;
    *err = failed;
    return -1;
}

static bool has_type(const struct catalog_names *types, struct str type)
{
    bool has = types->count == 0;
    for (size_t i = 0; !has && i < types->count; i++)
        has = str_eq_nocase(types->items[i], type);
    return has;
}

static int add_metas(struct hive_call *c, struct str database, struct err *err)
{
    struct catalog_tables tables;
    struct hive_result *r = c->result;
    if (catalog_get_tables(c->tx, database, &(struct catalog_page){.pattern = c->args->pattern}, &tables,
                           err) < 0)
        return -1;
    struct hive_table_meta *items = catalog_array(c->tx, r->metas.count + tables.count, sizeof *items, err);
    if (!items)
        return -1;
    if (r->metas.count)
        memcpy(items, r->metas.items, r->metas.count * sizeof *items);
    r->metas.items = items;
    for (size_t i = 0; i < tables.count; i++) {
        const struct catalog_table *t = &tables.items[i];
        if (has_type(&c->args->names, t->type))
            items[r->metas.count++] =
                (struct hive_table_meta){t->database, t->name, t->type.p ? t->type : STR(""),
                                         catalog_pairs_get(&t->parameters, STR("comment"))};
    }
    return 0;
}

int hive_get_table_meta(struct hive_call *c, struct err *err)
{
    struct catalog_names databases;
    struct catalog_page page = {.pattern = c->args->database};
    if (catalog_list_databases(c->tx, &page, &databases, err) < 0)
        return -1;
    for (size_t i = 0; i < databases.count; i++)
        if (add_metas(c, databases.items[i], err) < 0)
            return -1;
    return 0;
}

/* --- One table, several by name --- */

static int get_table(struct hive_call *c, struct str database, struct str name, struct err *err)
{
    c->result->table = arena_alloc(c->arena, sizeof *c->result->table);
    return catalog_get_table(c->tx, database, name, c->result->table, err);
}

int hive_get_table(struct hive_call *c, struct err *err)
{
    return get_table(c, c->args->database, c->args->name, err);
}

int hive_get_table_req(struct hive_call *c, struct err *err)
{
    const struct hive_request *r = c->args->request;
    return hive_need(r, "request", err) < 0 ? -1 : get_table(c, r->database, r->table, err);
}

/* Those that are not there are left out, as Hive does. */
static int get_objects(struct hive_call *c, struct str database, const struct catalog_names *names,
                       struct err *err)
{
    struct catalog_tables *tables = &c->result->tables;
    tables->items = catalog_array(c->tx, names->count, sizeof *tables->items, err);
    if (!tables->items)
        return -1;
    for (size_t i = 0; i < names->count; i++) {
        struct err failed;
        if (catalog_get_table(c->tx, database, names->items[i], &tables->items[tables->count], &failed) ==
            0) {
            tables->count++;
        } else if (failed.code != ERR_CATALOG_MISSING) {
            *err = failed;
            return -1;
        }
    }
    return 0;
}

int hive_get_table_objects(struct hive_call *c, struct err *err)
{
    return get_objects(c, c->args->database, &c->args->names, err);
}

int hive_get_table_objects_req(struct hive_call *c, struct err *err)
{
    const struct hive_request *r = c->args->request;
    return hive_need(r, "request", err) < 0 ? -1 : get_objects(c, r->database, &r->names, err);
}

int hive_get_fields(struct hive_call *c, struct err *err)
{
    struct catalog_table t;
    if (hive_find_table(c, c->args->database, c->args->name, &t, err) < 0)
        return -1;
    if (t.storage)
        c->result->columns = t.storage->columns;
    return 0;
}

int hive_get_schema(struct hive_call *c, struct err *err)
{
    struct catalog_table t;
    struct catalog_columns *ret = &c->result->columns;
    if (hive_find_table(c, c->args->database, c->args->name, &t, err) < 0)
        return -1;
    struct catalog_columns columns = t.storage ? t.storage->columns : (struct catalog_columns){NULL, 0};
    ret->items = arena_array(c->arena, columns.count + t.partition_keys.count, sizeof *ret->items);
    for (size_t i = 0; i < columns.count; i++)
        ret->items[ret->count++] = columns.items[i];
    for (size_t i = 0; i < t.partition_keys.count; i++)
        ret->items[ret->count++] = t.partition_keys.items[i];
    return 0;
}

/* --- Changes --- */

/* Hive stamps the time of the definition into the parameters. */
static void stamp(struct hive_call *c, struct catalog_table *t)
{
    struct str key = STR("transient_lastDdlTime");
    if (!catalog_pairs_get(&t->parameters, key).p)
        t->parameters = catalog_pairs_with(
            &t->parameters, key, arena_printf(c->arena, "%lld", (long long)(catalog_now_ms(c->tx) / 1000)),
            c->arena);
}

void hive_add_folder(struct hive_call *c, const struct catalog_table *t, const struct catalog_storage *s)
{
    bool of_data_source = catalog_pairs_get(&t->parameters, STR("spark.sql.sources.provider")).p;
    if (s && s->location.n && !of_data_source)
        catalog_add_folder(c->tx, s->location);
}

int hive_create_table(struct hive_call *c, struct err *err)
{
    if (hive_need(c->args->new_table, "table", err) < 0)
        return -1;
    struct catalog_table made, t = *c->args->new_table;
    stamp(c, &t);
    if (catalog_create_table(c->tx, &t, err) < 0 ||
        catalog_get_table(c->tx, t.database, t.name, &made, err) < 0)
        return -1;
    hive_add_folder(c, &made, made.storage);
    return 0;
}

static struct str environment_get(struct hive_call *c, const char *key)
{
    return c->args->environment ? catalog_pairs_get(&c->args->environment->properties, str_from(key))
                                : STR_NULL;
}

int hive_alter_table(struct hive_call *c, struct err *err)
{
    /* HIVE-26882: Iceberg's commits without locks. */
    struct catalog_expect expect = {.parameter_key = environment_get(c, "expected_parameter_key"),
                                    .parameter_value = environment_get(c, "expected_parameter_value")};
    bool cascade = c->args->cascade || str_eq_nocase(environment_get(c, "CASCADE"), STR("true"));
    if (hive_need(c->args->new_table, "table", err) < 0)
        return -1;
    struct catalog_table t = *c->args->new_table;
    stamp(c, &t);
    return catalog_alter_table(c->tx, c->args->database, c->args->name, &t, &expect, cascade, err);
}

int hive_drop_table(struct hive_call *c, struct err *err)
{
    return catalog_drop_table(c->tx, c->args->database, c->args->name, c->args->delete_data, err);
}
