#include "catalog/tx.h"

static int on_version(void *ctx, const struct cdb_row *row, struct err *err)
{
    struct tx_list *list = ctx;
    struct catalog_table *t = tx_list_add(list, err);
    return t ? shape_read_json(&catalog_table_shape, row->cells[0], list->tx->arena, t, err) : -1;
}

int catalog_list_versions(struct catalog_tx *tx, struct str database, struct str name,
                          struct catalog_tables *ret, struct err *err)
{
    struct table_row row;
    struct tx_list list = {.tx = tx, .item_size = sizeof(struct catalog_table)};
    if (tx_table(tx, database, name, &row, err) < 0)
        return -1;
    struct catalog_table *current = tx_list_add(&list, err);
    if (!current)
        return -1;
    *current = row.table;
    if (CDB_RUN(tx->db, "SELECT detail FROM table_versions WHERE table_id = ?1 ORDER BY version DESC",
                on_version, &list, err, CDB_INT(row.id)) < 0)
        return -1;
    *ret = (struct catalog_tables){list.items, list.count};
    return 0;
}

static int missing(const struct table_row *row, int64_t version, struct err *err)
{
    return err_set(err, ERR_CATALOG_MISSING, "%.*s.%.*s has no version %lld.", STR_ARG(row->database),
                   STR_ARG(row->name), (long long)version);
}

int catalog_get_version(struct catalog_tx *tx, struct str database, struct str name, int64_t version,
                        struct catalog_table *ret, struct err *err)
{
    struct table_row row;
    struct tx_list list = {.tx = tx, .item_size = sizeof(struct catalog_table)};
    if (tx_table(tx, database, name, &row, err) < 0)
        return -1;
    *ret = row.table;
    if (row.table.version == version)
        return 0;
    if (CDB_RUN(tx->db, "SELECT detail FROM table_versions WHERE table_id = ?1 AND version = ?2", on_version,
                &list, err, CDB_INT(row.id), CDB_INT(version)) < 0)
        return -1;
    if (!list.count)
        return missing(&row, version, err);
    *ret = *(struct catalog_table *)list.items;
    return 0;
}

int catalog_drop_version(struct catalog_tx *tx, struct str database, struct str name, int64_t version,
                         struct err *err)
{
    struct table_row row;
    if (tx_table(tx, database, name, &row, err) < 0)
        return -1;
    if (row.table.version == version)
        return err_set(err, ERR_CATALOG_INVALID, "The current version of %.*s.%.*s cannot be deleted.",
                       STR_ARG(row.database), STR_ARG(row.name));
    int64_t rows = CDB_RUN(tx->db, "DELETE FROM table_versions WHERE table_id = ?1 AND version = ?2", NULL,
                           NULL, err, CDB_INT(row.id), CDB_INT(version));
    return rows < 0 ? -1 : rows == 0 ? missing(&row, version, err) : 0;
}
