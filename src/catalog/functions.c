#include "catalog/tx.h"

static int missing(struct str database, struct str name, struct err *err)
{
    return err_set(err, ERR_CATALOG_MISSING, "Function %.*s.%.*s does not exist", STR_ARG(database),
                   STR_ARG(name));
}

static int check(struct catalog_tx *tx, struct catalog_function *f, struct err *err)
{
    if (catalog_name(tx->arena, f->name, "function", &f->name, err) < 0 ||
        catalog_name(tx->arena, f->database, "database", &f->database, err) < 0)
        return -1;
    if (!f->create_s)
        f->create_s = (int32_t)(tx->now_ms / 1000);
    return 0;
}

static int count_named(struct catalog_tx *tx, int64_t database_id, struct str name, struct err *err)
{
    int64_t n;
    return (int)CDB_RUN(tx->db, "SELECT 1 FROM functions WHERE database_id = ?1 AND name = ?2", tx_on_number,
                        &n, err, CDB_INT(database_id), CDB_TEXT(name));
}

static int insert(struct catalog_tx *tx, const struct catalog_function *f, struct err *err)
{
    struct str json;
    int64_t id;
    if (tx_database_id(tx, f->database, &id, err) < 0)
        return -1;
    int rows = count_named(tx, id, f->name, err);
    if (rows != 0)
        return rows < 0 ? -1
                        : err_set(err, ERR_CATALOG_EXISTS, "Function %.*s already exists", STR_ARG(f->name));
    if (tx_json(tx, &catalog_function_shape, f, &json, err) < 0)
        return -1;
    return CDB_RUN(tx->db, "INSERT INTO functions (database_id, name, detail) VALUES (?1, ?2, ?3)", NULL,
                   NULL, err, CDB_INT(id), CDB_TEXT(f->name), CDB_TEXT(json)) < 0
               ? -1
               : 0;
}

int catalog_create_function(struct catalog_tx *tx, const struct catalog_function *given, struct err *err)
{
    struct catalog_function f = *given;
    return check(tx, &f, err) < 0 ? -1 : insert(tx, &f, err);
}

static int on_function(void *ctx, const struct cdb_row *row, struct err *err)
{
    struct tx_list *list = ctx;
    struct catalog_function *f = tx_list_add(list, err);
    return f ? shape_read_json(&catalog_function_shape, row->cells[0], list->tx->arena, f, err) : -1;
}

int catalog_get_function(struct catalog_tx *tx, struct str database, struct str name,
                         struct catalog_function *ret, struct err *err)
{
    struct tx_list list = {.tx = tx, .item_size = sizeof *ret};
    int64_t id;
    if (tx_database_id(tx, database, &id, err) < 0)
        return -1;
    int64_t rows = CDB_RUN(tx->db, "SELECT detail FROM functions WHERE database_id = ?1 AND name = ?2",
                           on_function, &list, err, CDB_INT(id), CDB_TEXT(arena_lower(tx->arena, name)));
    if (rows <= 0)
        return rows < 0 ? -1 : missing(database, name, err);
    *ret = *(struct catalog_function *)list.items;
    return 0;
}

int catalog_drop_function(struct catalog_tx *tx, struct str database, struct str name, struct err *err)
{
    int64_t id;
    if (tx_database_id(tx, database, &id, err) < 0)
        return -1;
    int64_t rows = CDB_RUN(tx->db, "DELETE FROM functions WHERE database_id = ?1 AND name = ?2", NULL, NULL,
                           err, CDB_INT(id), CDB_TEXT(arena_lower(tx->arena, name)));
    return rows < 0 ? -1 : rows == 0 ? missing(database, name, err) : 0;
}

int catalog_alter_function(struct catalog_tx *tx, struct str database, struct str name,
                           const struct catalog_function *to, struct err *err)
{
    struct catalog_function old = {0}, f = *to;
    if (catalog_get_function(tx, database, name, &old, err) < 0)
        return -1;
    f.create_s = old.create_s;
    if (!f.database.n)
        f.database = old.database;
    if (check(tx, &f, err) < 0 || catalog_drop_function(tx, database, name, err) < 0)
        return -1;
    return insert(tx, &f, err);
}

struct listing {
    struct str pattern;
    struct tx_list list;
};

static int on_listed(void *ctx, const struct cdb_row *row, struct err *err)
{
    struct listing *l = ctx;
    if (l->pattern.p && !catalog_matches(l->pattern, row->cells[1]))
        return 0;
    return on_function(&l->list, row, err);
}

int catalog_get_functions(struct catalog_tx *tx, struct str database, struct str pattern,
                          struct catalog_functions *ret, struct err *err)
{
    struct listing l = {pattern, {.tx = tx, .item_size = sizeof(struct catalog_function)}};
    int64_t id, rows;
    if (database.p && tx_database_id(tx, database, &id, err) < 0)
        return -1;
    if (database.p)
        rows = CDB_RUN(tx->db, "SELECT detail, name FROM functions WHERE database_id = ?1 ORDER BY name",
                       on_listed, &l, err, CDB_INT(id));
    else
        rows = CDB_RUN(tx->db,
                       "SELECT f.detail, f.name FROM functions f JOIN databases d ON d.id = f.database_id"
                       " ORDER BY d.name, f.name",
                       on_listed, &l, err);
    *ret = (struct catalog_functions){l.list.items, l.list.count};
    return rows < 0 ? -1 : 0;
}
