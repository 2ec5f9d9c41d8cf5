#include "catalog/tx.h"

struct database_row {
    struct catalog_tx *tx;
    int64_t id;
    struct catalog_database *ret;
};

static int on_database(void *ctx, const struct cdb_row *row, struct err *err)
{
    struct database_row *r = ctx;
    r->id = cdb_int(row, 0);
    return r->ret ? shape_read_json(&catalog_database_shape, row->cells[1], r->tx->arena, r->ret, err) : 0;
}

static int find(struct catalog_tx *tx, struct str name, int64_t *id, struct catalog_database *ret,
                struct err *err)
{
    struct database_row r = {tx, 0, ret};
    int64_t rows = CDB_RUN(tx->db, "SELECT id, detail FROM databases WHERE name = ?1", on_database, &r, err,
                           CDB_TEXT(name));
    *id = r.id;
    return (int)rows;
}

static int missing(struct str name, struct err *err)
{
    return err_set(err, ERR_CATALOG_MISSING, "Database %.*s not found.", STR_ARG(name));
}

int tx_database_id(struct catalog_tx *tx, struct str name, int64_t *ret, struct err *err)
{
    struct str lower = arena_lower(tx->arena, name);
    int rows = find(tx, lower, ret, NULL, err);
    return rows < 0 ? -1 : rows == 0 ? missing(lower, err) : 0;
}

int catalog_get_database(struct catalog_tx *tx, struct str name, struct catalog_database *ret,
                         struct err *err)
{
    int64_t id;
    struct str lower = arena_lower(tx->arena, name);
    int rows = find(tx, lower, &id, ret, err);
    return rows < 0 ? -1 : rows == 0 ? missing(lower, err) : 0;
}

struct str catalog_database_location(const struct catalog_tx *tx, const struct catalog_database *d)
{
    struct str root = catalog_warehouse(tx);
    if (d->location.n)
        return d->location;
    while (root.n && root.p[root.n - 1] == '/')
        root.n--;
    return str_is(d->name, "default")
               ? arena_str(tx->arena, root)
               : arena_printf(tx->arena, "%.*s/%.*s.db", STR_ARG(root), STR_ARG(d->name));
}

static int check(struct catalog_tx *tx, struct catalog_database *d, struct err *err)
{
    if (catalog_name(tx->arena, d->name, "database", &d->name, err) < 0)
        return -1;
    if (d->location.n > CATALOG_LOCATION_MAX)
        return err_set(err, ERR_CATALOG_INVALID, "The location of database %.*s has more than %d bytes.",
                       STR_ARG(d->name), CATALOG_LOCATION_MAX);
    return 0;
}

int catalog_create_database(struct catalog_tx *tx, const struct catalog_database *given, struct err *err)
{
    struct catalog_database d = *given;
    struct str json;
    int64_t id;
    if (check(tx, &d, err) < 0)
        return -1;
    int rows = find(tx, d.name, &id, NULL, err);
    if (rows != 0)
        return rows < 0 ? -1
                        : err_set(err, ERR_CATALOG_EXISTS, "Database %.*s already exists", STR_ARG(d.name));
    d.create_s = tx->now_ms / 1000;
    if (tx_next_id(tx, &id, err) < 0 || tx_json(tx, &catalog_database_shape, &d, &json, err) < 0)
        return -1;
    return CDB_RUN(tx->db, "INSERT INTO databases (id, name, detail) VALUES (?1, ?2, ?3)", NULL, NULL, err,
                   CDB_INT(id), CDB_TEXT(d.name), CDB_TEXT(json)) < 0
               ? -1
               : 0;
}

int catalog_alter_database(struct catalog_tx *tx, struct str name, const struct catalog_database *to,
                           struct err *err)
{
    struct catalog_database old, d = *to;
    struct str json;
    if (catalog_get_database(tx, name, &old, err) < 0)
        return -1;
    d.name = old.name;
    d.create_s = old.create_s;
    if (!d.location.n)
        d.location = old.location;
    if (!d.owner.n) {
        d.owner = old.owner;
        d.owner_type = old.owner_type;
    }
    if (check(tx, &d, err) < 0 || tx_json(tx, &catalog_database_shape, &d, &json, err) < 0)
        return -1;
    return CDB_RUN(tx->db, "UPDATE databases SET detail = ?2 WHERE name = ?1", NULL, NULL, err,
                   CDB_TEXT(old.name), CDB_TEXT(json)) < 0
               ? -1
               : 0;
}

static int drop_tables(struct catalog_tx *tx, struct str database, bool delete_data, struct err *err)
{
    struct catalog_names names;
    if (catalog_list_tables(tx, database, &(struct catalog_page){.limit = 0}, &names, err) < 0)
        return -1;
    for (size_t i = 0; i < names.count; i++)
        if (catalog_drop_table(tx, database, names.items[i], delete_data, err) < 0)
            return -1;
    return 0;
}

static int is_empty(struct catalog_tx *tx, int64_t id, struct err *err)
{
    int64_t tables = 0, functions = 0;
    if (CDB_RUN(tx->db, "SELECT count(*) FROM tables WHERE database_id = ?1", tx_on_number, &tables, err,
                CDB_INT(id)) < 0 ||
        CDB_RUN(tx->db, "SELECT count(*) FROM functions WHERE database_id = ?1", tx_on_number, &functions,
                err, CDB_INT(id)) < 0)
        return -1;
    return tables == 0 && functions == 0;
}

int catalog_drop_database(struct catalog_tx *tx, struct str given, struct catalog_drop drop, struct err *err)
{
    struct str name = arena_lower(tx->arena, given);
    int64_t id;
    if (tx_database_id(tx, name, &id, err) < 0)
        return -1;
    if (str_is(name, "default"))
        return err_set(err, ERR_CATALOG_REFUSED, "Can not drop default database");
    int empty = is_empty(tx, id, err);
    if (empty < 0)
        return -1;
    if (!empty && !drop.cascade)
        return err_set(err, ERR_CATALOG_REFUSED, "Database %.*s is not empty. One or more tables exist.",
                       STR_ARG(name));
    if (drop_tables(tx, name, drop.delete_data, err) < 0 ||
        CDB_RUN(tx->db, "DELETE FROM functions WHERE database_id = ?1", NULL, NULL, err, CDB_INT(id)) < 0 ||
        CDB_RUN(tx->db, "DELETE FROM databases WHERE id = ?1", NULL, NULL, err, CDB_INT(id)) < 0)
        return -1;
    return 0;
}

struct listing {
    const struct catalog_page *page;
    struct tx_list list;
};

static int on_name(void *ctx, const struct cdb_row *row, struct err *err)
{
    struct listing *l = ctx;
    const struct catalog_page *page = l->page;
    if ((page->limit && l->list.count >= page->limit) ||
        (page->pattern.p && !catalog_matches(page->pattern, row->cells[0])))
        return 0;
    struct str *name = tx_list_add(&l->list, err);
    return name ? tx_copy(l->list.tx, row->cells[0], name, err) : -1;
}

int catalog_list_databases(struct catalog_tx *tx, const struct catalog_page *page, struct catalog_names *ret,
                           struct err *err)
{
    struct listing l = {page, {.tx = tx, .item_size = sizeof(struct str)}};
    struct str after = page->after.p ? page->after : STR("");
    if (CDB_RUN(tx->db, "SELECT name FROM databases WHERE name > ?1 ORDER BY name", on_name, &l, err,
                CDB_TEXT(after)) < 0)
        return -1;
    *ret = (struct catalog_names){l.list.items, l.list.count};
    return 0;
}
