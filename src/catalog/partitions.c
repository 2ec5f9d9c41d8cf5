#include "catalog/filter.h"
#include "catalog/tx.h"

static int missing(const struct catalog_table *t, struct str name, struct err *err)
{
    return err_set(err, ERR_CATALOG_MISSING, "Partition %.*s of table %.*s.%.*s not found", STR_ARG(name),
                   STR_ARG(t->database), STR_ARG(t->name));
}

/* Storage without a place lies below the table's. */
static int check(struct catalog_tx *tx, const struct catalog_table *t, struct catalog_partition *p,
                 struct str name, struct err *err)
{
    p->database = t->database;
    p->table = t->name;
    if (!p->create_s)
        p->create_s = (int32_t)(tx->now_ms / 1000);
    if (!p->storage && t->storage) {
        p->storage = arena_alloc(tx->arena, sizeof *p->storage);
        *p->storage = *t->storage;
        p->storage->location = STR_NULL;
    }
    if (p->storage && p->storage->location.n > CATALOG_LOCATION_MAX)
        return err_set(err, ERR_CATALOG_INVALID, "The location of partition %.*s has more than %d bytes.",
                       STR_ARG(name), CATALOG_LOCATION_MAX);
    if (p->storage && !p->storage->location.n && t->storage && t->storage->location.n) {
        struct catalog_storage *s = arena_alloc(tx->arena, sizeof *s);
        *s = *p->storage;
        s->location = arena_printf(tx->arena, "%.*s/%.*s", STR_ARG(t->storage->location), STR_ARG(name));
        p->storage = s;
    }
    return 0;
}

static int insert(struct catalog_tx *tx, int64_t table_id, struct str name, const struct catalog_partition *p,
                  struct err *err)
{
    struct str json;
    if (tx_json(tx, &catalog_partition_shape, p, &json, err) < 0)
        return -1;
    return CDB_RUN(tx->db, "INSERT INTO partitions (table_id, name, detail) VALUES (?1, ?2, ?3)", NULL, NULL,
                   err, CDB_INT(table_id), CDB_TEXT(name), CDB_TEXT(json)) < 0
               ? -1
               : 0;
}

static int count_named(struct catalog_tx *tx, int64_t table_id, struct str name, struct err *err)
{
    int64_t n;
    return (int)CDB_RUN(tx->db, "SELECT 1 FROM partitions WHERE table_id = ?1 AND name = ?2", tx_on_number,
                        &n, err, CDB_INT(table_id), CDB_TEXT(name));
}

static int must_be_new(struct catalog_tx *tx, const struct catalog_table *t, int64_t table_id,
                       struct str name, struct err *err)
{
    int rows = count_named(tx, table_id, name, err);
    if (rows > 0)
        return err_set(err, ERR_CATALOG_EXISTS, "Partition already exists: %.*s of %.*s.%.*s", STR_ARG(name),
                       STR_ARG(t->database), STR_ARG(t->name));
    return rows;
}

int catalog_add_partition(struct catalog_tx *tx, const struct catalog_table *t,
                          const struct catalog_partition *given, struct err *err)
{
    struct catalog_partition p = *given;
    struct str name;
    int64_t table_id;
    if (catalog_partition_name(tx->arena, &t->partition_keys, &p.values, &name, err) < 0 ||
        tx_table_id(tx, t, &table_id, err) < 0 || must_be_new(tx, t, table_id, name, err) < 0 ||
        check(tx, t, &p, name, err) < 0)
        return -1;
    return insert(tx, table_id, name, &p, err);
}

struct reading {
    struct catalog_tx *tx;
    struct catalog_partition *ret;
};

/* A table may have been renamed since its partitions were written. */
static int read_partition(struct catalog_tx *tx, const struct catalog_table *t, struct str json,
                          struct catalog_partition *ret, struct err *err)
{
    if (shape_read_json(&catalog_partition_shape, json, tx->arena, ret, err) < 0)
        return -1;
    ret->database = t->database;
    ret->table = t->name;
    return 0;
}

static int on_partition(void *ctx, const struct cdb_row *row, struct err *err)
{
    struct reading *r = ctx;
    return shape_read_json(&catalog_partition_shape, row->cells[0], r->tx->arena, r->ret, err);
}

static int find(struct catalog_tx *tx, const struct catalog_table *t, const struct catalog_names *values,
                int64_t *table_id, struct str *name, struct catalog_partition *ret, struct err *err)
{
    struct reading r = {tx, ret};
    if (catalog_partition_name(tx->arena, &t->partition_keys, values, name, err) < 0 ||
        tx_table_id(tx, t, table_id, err) < 0)
        return -1;
    int64_t rows = CDB_RUN(tx->db, "SELECT detail FROM partitions WHERE table_id = ?1 AND name = ?2",
                           on_partition, &r, err, CDB_INT(*table_id), CDB_TEXT(*name));
    if (rows <= 0)
        return rows < 0 ? -1 : missing(t, *name, err);
    ret->database = t->database;
    ret->table = t->name;
    return 0;
}

int catalog_get_partition(struct catalog_tx *tx, const struct catalog_table *t,
                          const struct catalog_names *values, struct catalog_partition *ret, struct err *err)
{
    int64_t table_id;
    struct str name;
    return find(tx, t, values, &table_id, &name, ret, err);
}

static int forget(struct catalog_tx *tx, int64_t table_id, struct str name, bool statistics, struct err *err)
{
    if (statistics &&
        CDB_RUN(tx->db, "DELETE FROM column_statistics WHERE table_id = ?1 AND partition_name = ?2", NULL,
                NULL, err, CDB_INT(table_id), CDB_TEXT(name)) < 0)
        return -1;
    return CDB_RUN(tx->db, "DELETE FROM partitions WHERE table_id = ?1 AND name = ?2", NULL, NULL, err,
                   CDB_INT(table_id), CDB_TEXT(name)) < 0
               ? -1
               : 0;
}

int catalog_alter_partition(struct catalog_tx *tx, const struct catalog_table *t,
                            const struct catalog_names *values, const struct catalog_partition *to,
                            struct err *err)
{
    struct catalog_partition old, p = *to;
    struct str name, new_name;
    int64_t table_id;
    if (find(tx, t, values, &table_id, &name, &old, err) < 0 ||
        catalog_partition_name(tx->arena, &t->partition_keys, &p.values, &new_name, err) < 0)
        return -1;
    bool renames = !str_eq(name, new_name);
    if (renames && must_be_new(tx, t, table_id, new_name, err) < 0)
        return -1;
    if (p.storage && old.storage && (renames || !p.storage->location.n)) {
        struct catalog_storage *s = arena_alloc(tx->arena, sizeof *s);
        *s = *p.storage;
        s->location = old.storage->location; /* the data stays where it is */
        p.storage = s;
    }
    if (!p.storage)
        p.storage = old.storage;
    if (!p.create_s)
        p.create_s = old.create_s;
    if (check(tx, t, &p, new_name, err) < 0 || forget(tx, table_id, name, renames, err) < 0)
        return -1;
    return insert(tx, table_id, new_name, &p, err);
}

int catalog_drop_partition(struct catalog_tx *tx, const struct catalog_table *t,
                           const struct catalog_names *values, bool delete_data, struct err *err)
{
    struct catalog_partition p;
    struct str name;
    int64_t table_id;
    if (find(tx, t, values, &table_id, &name, &p, err) < 0 || forget(tx, table_id, name, true, err) < 0)
        return -1;
    bool removes = delete_data && tx_is_managed(t) && p.storage;
    return removes ? tx_add_removal(tx, p.storage->location, err) : 0;
}

/* --- Lists --- */

struct listing {
    const struct catalog_table *table;
    const struct catalog_partition_page *page;
    struct tx_list list;
    struct arena *scratch;
};

static bool has_prefix(const struct catalog_names *prefix, const struct catalog_names *values)
{
    if (prefix->count > values->count)
        return false;
    for (size_t i = 0; i < prefix->count; i++)
        if (prefix->items[i].n && !str_eq(prefix->items[i], values->items[i]))
            return false;
    return true;
}

/* By the name alone, so that the others are not read. */
static bool is_wanted(struct listing *l, struct str name)
{
    const struct catalog_partition_page *page = l->page;
    struct catalog_names values;
    struct err err;
    if (page->limit && l->list.count >= page->limit)
        return false;
    if (!page->prefix && !page->filter)
        return true;
    arena_reset(l->scratch);
    return catalog_partition_values(l->scratch, &l->table->partition_keys, name, &values, &err) == 0 &&
           (!page->prefix || has_prefix(page->prefix, &values)) &&
           (!page->filter || catalog_filter_matches(page->filter, &values));
}

static int on_name(void *ctx, const struct cdb_row *row, struct err *err)
{
    struct listing *l = ctx;
    if (!is_wanted(l, row->cells[0]))
        return 0;
    struct str *name = tx_list_add(&l->list, err);
    return name ? tx_copy(l->list.tx, row->cells[0], name, err) : -1;
}

static int on_record(void *ctx, const struct cdb_row *row, struct err *err)
{
    struct listing *l = ctx;
    if (!is_wanted(l, row->cells[0]))
        return 0;
    struct catalog_partition *p = tx_list_add(&l->list, err);
    return p ? read_partition(l->list.tx, l->table, row->cells[1], p, err) : -1;
}

static int list(struct listing *l, const char *sql, cdb_row_fn *fn, struct err *err)
{
    enum { SCRATCH_MAX = 1024 * 1024 };
    const struct catalog_partition_page *page = l->page;
    int64_t id, limit = page->limit && !page->prefix && !page->filter ? (int64_t)page->limit : INT32_MAX;
    struct str after = page->after.p ? page->after : STR("");
    if (tx_table_id(l->list.tx, l->table, &id, err) < 0)
        return -1;
    CLEANUP_ARENA struct arena *scratch = arena_new(SCRATCH_MAX);
    l->scratch = scratch;
    return CDB_RUN(l->list.tx->db, sql, fn, l, err, CDB_INT(id), CDB_TEXT(after), CDB_INT(limit)) < 0 ? -1
                                                                                                      : 0;
}

int catalog_list_partitions(struct catalog_tx *tx, const struct catalog_table *t,
                            const struct catalog_partition_page *page, struct catalog_names *ret,
                            struct err *err)
{
    struct listing l = {t, page, {.tx = tx, .item_size = sizeof(struct str)}, NULL};
    int rc = list(&l, "SELECT name FROM partitions WHERE table_id = ?1 AND name > ?2 ORDER BY name LIMIT ?3",
                  on_name, err);
    *ret = (struct catalog_names){l.list.items, l.list.count};
    return rc;
}

int catalog_get_partitions(struct catalog_tx *tx, const struct catalog_table *t,
                           const struct catalog_partition_page *page, struct catalog_partitions *ret,
                           struct err *err)
{
    struct listing l = {t, page, {.tx = tx, .item_size = sizeof(struct catalog_partition)}, NULL};
    int rc = list(
        &l, "SELECT name, detail FROM partitions WHERE table_id = ?1 AND name > ?2 ORDER BY name LIMIT ?3",
        on_record, err);
    *ret = (struct catalog_partitions){l.list.items, l.list.count};
    return rc;
}
