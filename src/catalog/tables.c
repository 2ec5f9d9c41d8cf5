#include "catalog/tx.h"

static int missing(struct str database, struct str name, struct err *err)
{
    return err_set(err, ERR_CATALOG_MISSING, "%.*s.%.*s table not found", STR_ARG(database), STR_ARG(name));
}

/* --- Reading --- */

struct reading {
    struct catalog_tx *tx;
    struct table_row *ret;
};

/* The JSON is the whole table; columns repeat what is looked for. */
static int read_table(struct catalog_tx *tx, const struct cdb_row *row, size_t at, struct catalog_table *ret,
                      struct err *err)
{
    return shape_read_json(&catalog_table_shape, row->cells[at], tx->arena, ret, err);
}

static int on_table(void *ctx, const struct cdb_row *row, struct err *err)
{
    struct reading *r = ctx;
    r->ret->id = cdb_int(row, 0);
    return read_table(r->tx, row, 1, &r->ret->table, err);
}

int tx_table(struct catalog_tx *tx, struct str database, struct str name, struct table_row *ret,
             struct err *err)
{
    struct reading r = {tx, ret};
    *ret = (struct table_row){.database = arena_lower(tx->arena, database),
                              .name = arena_lower(tx->arena, name)};
    if (tx_database_id(tx, ret->database, &ret->database_id, err) < 0)
        return -1;
    int64_t rows = CDB_RUN(tx->db, "SELECT id, detail FROM tables WHERE database_id = ?1 AND name = ?2",
                           on_table, &r, err, CDB_INT(ret->database_id), CDB_TEXT(ret->name));
    return rows < 0 ? -1 : rows == 0 ? missing(ret->database, ret->name, err) : 0;
}

int tx_table_id(struct catalog_tx *tx, const struct catalog_table *t, int64_t *ret, struct err *err)
{
    int64_t database_id;
    if (tx_database_id(tx, t->database, &database_id, err) < 0)
        return -1;
    int64_t rows = CDB_RUN(tx->db, "SELECT id FROM tables WHERE database_id = ?1 AND name = ?2", tx_on_number,
                           ret, err, CDB_INT(database_id), CDB_TEXT(arena_lower(tx->arena, t->name)));
    return rows < 0 ? -1 : rows == 0 ? missing(t->database, t->name, err) : 0;
}

int catalog_get_table(struct catalog_tx *tx, struct str database, struct str name, struct catalog_table *ret,
                      struct err *err)
{
    struct table_row row;
    if (tx_table(tx, database, name, &row, err) < 0)
        return -1;
    *ret = row.table;
    return 0;
}

/* HiveQL's views and what was made from outside have EXTERNAL=TRUE only as a parameter. */
bool tx_is_managed(const struct catalog_table *t)
{
    return str_is(t->type, "MANAGED_TABLE") &&
           !str_eq_nocase(catalog_pairs_get(&t->parameters, STR("EXTERNAL")), STR("TRUE"));
}

/* --- Lists --- */

struct listing {
    const struct catalog_page *page;
    struct tx_list list;
};

static bool is_wanted(const struct listing *l, const struct cdb_row *row)
{
    const struct catalog_page *page = l->page;
    return !(page->limit && l->list.count >= page->limit) &&
           (!page->pattern.p || catalog_matches(page->pattern, row->cells[0])) &&
           (!page->type.p || str_eq(page->type, row->cells[1]));
}

static int on_name(void *ctx, const struct cdb_row *row, struct err *err)
{
    struct listing *l = ctx;
    if (!is_wanted(l, row))
        return 0;
    struct str *name = tx_list_add(&l->list, err);
    return name ? tx_copy(l->list.tx, row->cells[0], name, err) : -1;
}

static int on_record(void *ctx, const struct cdb_row *row, struct err *err)
{
    struct listing *l = ctx;
    if (!is_wanted(l, row))
        return 0;
    struct catalog_table *t = tx_list_add(&l->list, err);
    return t ? read_table(l->list.tx, row, 2, t, err) : -1;
}

static int list(struct catalog_tx *tx, struct str database, struct listing *l, cdb_row_fn *fn,
                struct err *err)
{
    int64_t id;
    struct str after = l->page->after.p ? l->page->after : STR("");
    if (tx_database_id(tx, database, &id, err) < 0)
        return -1;
    return CDB_RUN(tx->db,
                   "SELECT name, type, detail FROM tables WHERE database_id = ?1 AND name > ?2 ORDER BY name",
                   fn, l, err, CDB_INT(id), CDB_TEXT(after)) < 0
               ? -1
               : 0;
}

int catalog_list_tables(struct catalog_tx *tx, struct str database, const struct catalog_page *page,
                        struct catalog_names *ret, struct err *err)
{
    struct listing l = {page, {.tx = tx, .item_size = sizeof(struct str)}};
    int rc = list(tx, database, &l, on_name, err);
    *ret = (struct catalog_names){l.list.items, l.list.count};
    return rc;
}

int catalog_get_tables(struct catalog_tx *tx, struct str database, const struct catalog_page *page,
                       struct catalog_tables *ret, struct err *err)
{
    struct listing l = {page, {.tx = tx, .item_size = sizeof(struct catalog_table)}};
    int rc = list(tx, database, &l, on_record, err);
    *ret = (struct catalog_tables){l.list.items, l.list.count};
    return rc;
}

/* --- Dropping --- */

static int drop_table_rows(struct catalog_tx *tx, const struct table_row *row, bool delete_data,
                           struct err *err)
{
    if (CDB_RUN(tx->db, "DELETE FROM partitions WHERE table_id = ?1", NULL, NULL, err, CDB_INT(row->id)) <
            0 ||
        CDB_RUN(tx->db, "DELETE FROM column_statistics WHERE table_id = ?1", NULL, NULL, err,
                CDB_INT(row->id)) < 0 ||
        CDB_RUN(tx->db, "DELETE FROM table_versions WHERE table_id = ?1", NULL, NULL, err, CDB_INT(row->id)) <
            0 ||
        CDB_RUN(tx->db, "DELETE FROM tables WHERE id = ?1", NULL, NULL, err, CDB_INT(row->id)) < 0)
        return -1;
    bool removes = delete_data && tx_is_managed(&row->table) && row->table.storage;
    return removes ? tx_add_removal(tx, row->table.storage->location, err) : 0;
}

static bool lies_below(struct str location, struct str root)
{
    while (root.n && root.p[root.n - 1] == '/')
        root.n--;
    return root.n && str_starts(location, root) && (location.n == root.n || location.p[root.n] == '/');
}

static int remove_partitions(struct catalog_tx *tx, const struct table_row *row, struct err *err)
{
    struct catalog_partitions parts;
    struct str root = row->table.storage ? row->table.storage->location : STR_NULL;
    if (!row->table.partition_keys.count)
        return 0;
    if (catalog_get_partitions(tx, &row->table, &(struct catalog_partition_page){.limit = 0}, &parts, err) <
        0)
        return -1;
    for (size_t i = 0; i < parts.count; i++) {
        struct catalog_storage *s = parts.items[i].storage;
        if (s && !lies_below(s->location, root) && tx_add_removal(tx, s->location, err) < 0)
            return -1;
    }
    return 0;
}

int catalog_drop_table(struct catalog_tx *tx, struct str database, struct str name, bool delete_data,
                       struct err *err)
{
    struct table_row row;
    if (tx_table(tx, database, name, &row, err) < 0)
        return -1;
    if (delete_data && tx_is_managed(&row.table) && remove_partitions(tx, &row, err) < 0)
        return -1;
    return drop_table_rows(tx, &row, delete_data, err);
}
