/* Tables made and altered: what a table must be, its version, and the one that it replaces. */
#include "catalog/tx.h"

/* --- Checking --- */

static int check_columns(struct catalog_tx *tx, const struct catalog_table *t,
                         struct catalog_columns *columns, struct err *err)
{
    struct catalog_column *copy = arena_array(tx->arena, columns->count, sizeof *copy);
    for (size_t i = 0; i < columns->count; i++) {
        copy[i] = columns->items[i];
        if (!copy[i].name.n || copy[i].name.n > CATALOG_NAME_MAX)
            return err_set(err, ERR_CATALOG_INVALID,
                           "Table %.*s has a column whose name is empty or too long.", STR_ARG(t->name));
        copy[i].name = arena_lower(tx->arena, copy[i].name);
    }
    columns->items = copy;
    return 0;
}

static int check_storage(struct catalog_tx *tx, struct catalog_table *t, struct err *err)
{
    struct catalog_storage *s = arena_alloc(tx->arena, sizeof *s);
    *s = *t->storage;
    if (check_columns(tx, t, &s->columns, err) < 0)
        return -1;
    if (s->location.n > CATALOG_LOCATION_MAX)
        return err_set(err, ERR_CATALOG_INVALID, "The location of table %.*s has more than %d bytes.",
                       STR_ARG(t->name), CATALOG_LOCATION_MAX);
    t->storage = s;
    return 0;
}

/* Brings names and columns into their form; the result shares the rest with what was given. */
static int check(struct catalog_tx *tx, struct catalog_table *t, struct err *err)
{
    if (catalog_name(tx->arena, t->name, "table", &t->name, err) < 0 ||
        catalog_name(tx->arena, t->database, "database", &t->database, err) < 0 ||
        (t->storage && check_storage(tx, t, err) < 0) || check_columns(tx, t, &t->partition_keys, err) < 0)
        return -1;
    if (str_is(t->type, "MANAGED_TABLE") && !tx_is_managed(t))
        t->type = STR("EXTERNAL_TABLE");
    return 0;
}

static int set_location(struct catalog_tx *tx, struct catalog_table *t, struct err *err)
{
    struct catalog_database d;
    if (!t->storage || t->storage->location.n || str_is(t->type, "VIRTUAL_VIEW"))
        return 0;
    if (catalog_get_database(tx, t->database, &d, err) < 0)
        return -1;
    struct str folder = catalog_database_location(tx, &d);
    while (folder.n && folder.p[folder.n - 1] == '/')
        folder.n--;
    t->storage->location = arena_printf(tx->arena, "%.*s/%.*s", STR_ARG(folder), STR_ARG(t->name));
    return 0;
}

static void set_times(struct catalog_tx *tx, struct catalog_table *t)
{
    t->update_ms = tx->now_ms;
    if (!t->create_s)
        t->create_s = (int32_t)(tx->now_ms / 1000);
}

/* --- Changing --- */

static int exists(struct catalog_tx *tx, int64_t database_id, struct str name, struct err *err)
{
    int64_t id;
    return (int)CDB_RUN(tx->db, "SELECT id FROM tables WHERE database_id = ?1 AND name = ?2", tx_on_number,
                        &id, err, CDB_INT(database_id), CDB_TEXT(name));
}

static int must_be_new(struct catalog_tx *tx, int64_t database_id, const struct catalog_table *t,
                       struct err *err)
{
    int rows = exists(tx, database_id, t->name, err);
    if (rows > 0)
        return err_set(err, ERR_CATALOG_EXISTS, "Table %.*s.%.*s already exists", STR_ARG(t->database),
                       STR_ARG(t->name));
    return rows;
}

int catalog_create_table(struct catalog_tx *tx, const struct catalog_table *given, struct err *err)
{
    struct catalog_table t = *given;
    int64_t database_id, id;
    struct str json;
    if (check(tx, &t, err) < 0 || tx_database_id(tx, t.database, &database_id, err) < 0 ||
        must_be_new(tx, database_id, &t, err) < 0 || set_location(tx, &t, err) < 0)
        return -1;
    t.version = 0;
    set_times(tx, &t);
    if (tx_next_id(tx, &id, err) < 0 || tx_json(tx, &catalog_table_shape, &t, &json, err) < 0)
        return -1;
    return CDB_RUN(tx->db,
                   "INSERT INTO tables (id, database_id, name, type, version, detail)"
                   " VALUES (?1, ?2, ?3, ?4, 0, ?5)",
                   NULL, NULL, err, CDB_INT(id), CDB_INT(database_id), CDB_TEXT(t.name),
                   CDB_TEXT(t.type.p ? t.type : STR("")), CDB_TEXT(json)) < 0
               ? -1
               : 0;
}

static int check_expected(const struct table_row *row, const struct catalog_expect *expect, struct err *err)
{
    const struct catalog_table *t = &row->table;
    if (!expect)
        return 0;
    if (expect->has_version && expect->version != t->version)
        return err_set(
            err, ERR_CATALOG_CONFLICT,
            "Update table failed due to concurrent modifications: %.*s.%.*s has version %lld, not %lld.",
            STR_ARG(row->database), STR_ARG(row->name), (long long)t->version, (long long)expect->version);
    if (!expect->parameter_key.p)
        return 0;
    struct str is = catalog_pairs_get(&t->parameters, expect->parameter_key);
    if (str_eq(is, expect->parameter_value.p ? expect->parameter_value : STR_NULL))
        return 0;
    return err_set(
        err, ERR_CATALOG_CONFLICT,
        "The table has been modified. The parameter value for key '%.*s' is '%.*s'. The expected was value "
        "was '%.*s'",
        STR_ARG(expect->parameter_key), STR_ARG(is), STR_ARG(expect->parameter_value));
}

static int archive(struct catalog_tx *tx, const struct table_row *row, struct err *err)
{
    struct str json;
    int64_t oldest = row->table.version - tx->config->versions_kept;
    if (tx_json(tx, &catalog_table_shape, &row->table, &json, err) < 0 ||
        CDB_RUN(tx->db, "INSERT INTO table_versions (table_id, version, detail) VALUES (?1, ?2, ?3)", NULL,
                NULL, err, CDB_INT(row->id), CDB_INT(row->table.version), CDB_TEXT(json)) < 0 ||
        CDB_RUN(tx->db, "DELETE FROM table_versions WHERE table_id = ?1 AND version <= ?2", NULL, NULL, err,
                CDB_INT(row->id), CDB_INT(oldest)) < 0)
        return -1;
    return 0;
}

/* Spark computes the path that Hive would move the data to; here nothing is moved. */
static void keep_path(struct catalog_tx *tx, const struct catalog_table *old, struct catalog_table *t)
{
    if (!t->storage || !old->storage)
        return;
    t->storage->location = old->storage->location;
    struct str path =
        old->storage->serde ? catalog_pairs_get(&old->storage->serde->parameters, STR("path")) : STR_NULL;
    if (!path.p || !t->storage->serde)
        return;
    struct catalog_serde *serde = arena_alloc(tx->arena, sizeof *serde);
    *serde = *t->storage->serde;
    serde->parameters = catalog_pairs_with(&serde->parameters, STR("path"), path, tx->arena);
    t->storage->serde = serde;
}

static int rename_table(struct catalog_tx *tx, const struct table_row *row, struct catalog_table *t,
                        int64_t *database_id, struct err *err)
{
    *database_id = row->database_id;
    if (str_eq(t->name, row->name) && str_eq(t->database, row->database))
        return 0;
    if (tx_database_id(tx, t->database, database_id, err) < 0 || must_be_new(tx, *database_id, t, err) < 0)
        return -1;
    keep_path(tx, &row->table, t);
    return 0;
}

static int cascade_columns(struct catalog_tx *tx, const struct catalog_table *t, struct err *err)
{
    struct catalog_partitions parts;
    if (!t->storage ||
        catalog_get_partitions(tx, t, &(struct catalog_partition_page){.limit = 0}, &parts, err) < 0)
        return t->storage ? -1 : 0;
    for (size_t i = 0; i < parts.count; i++) {
        struct catalog_partition *p = &parts.items[i];
        if (p->storage)
            p->storage->columns = t->storage->columns;
        if (catalog_alter_partition(tx, t, &p->values, p, err) < 0)
            return -1;
    }
    return 0;
}

/* Partitions are named by the keys: their number and names stay as long as there are partitions. */
static int check_keys(struct catalog_tx *tx, const struct table_row *row, const struct catalog_table *t,
                      struct err *err)
{
    const struct catalog_columns *old = &row->table.partition_keys, *new = &t->partition_keys;
    bool same = old->count == new->count;
    for (size_t i = 0; same && i < old->count; i++)
        same = str_eq(old->items[i].name, new->items[i].name);
    int64_t rows = 0;
    if (same || CDB_RUN(tx->db, "SELECT count(*) FROM partitions WHERE table_id = ?1", tx_on_number, &rows,
                        err, CDB_INT(row->id)) < 0)
        return same ? 0 : -1;
    return rows == 0 ? 0
                     : err_set(err, ERR_CATALOG_REFUSED,
                               "The partition keys of %.*s.%.*s cannot be changed while it has partitions.",
                               STR_ARG(row->database), STR_ARG(row->name));
}

int catalog_alter_table(struct catalog_tx *tx, struct str database, struct str name,
                        const struct catalog_table *to, const struct catalog_expect *expect, bool cascade,
                        struct err *err)
{
    struct table_row row;
    struct catalog_table t = *to;
    int64_t database_id;
    struct str json;
    if (tx_table(tx, database, name, &row, err) < 0 || check_expected(&row, expect, err) < 0)
        return -1;
    if (!t.database.n)
        t.database = row.database;
    if (!t.create_s)
        t.create_s = row.table.create_s;
    if (check(tx, &t, err) < 0 || rename_table(tx, &row, &t, &database_id, err) < 0 ||
        set_location(tx, &t, err) < 0 || check_keys(tx, &row, &t, err) < 0)
        return -1;
    t.version = row.table.version + 1;
    set_times(tx, &t);
    if ((!(expect && expect->skip_archive) && archive(tx, &row, err) < 0) ||
        tx_json(tx, &catalog_table_shape, &t, &json, err) < 0 ||
        CDB_RUN(tx->db,
                "UPDATE tables SET database_id = ?2, name = ?3, type = ?4, version = ?5, detail = ?6 WHERE "
                "id = ?1",
                NULL, NULL, err, CDB_INT(row.id), CDB_INT(database_id), CDB_TEXT(t.name),
                CDB_TEXT(t.type.p ? t.type : STR("")), CDB_INT(t.version), CDB_TEXT(json)) < 0)
        return -1;
    return cascade ? cascade_columns(tx, &t, err) : 0;
}
