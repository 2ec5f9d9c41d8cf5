#include "catalog/locks.h"

#include "catalog/shape_rows.h"
#include "catalog/tx.h"

enum { PARTS_MAX = 1000 };

#define SHAPE_OF struct catalog_lock_owner
static const struct shape_field owner_rows[] = {S_TEXT(0, user), S_TEXT(0, host), S_TEXT(0, agent)};
static SHAPE_END(owner_shape, owner_rows)
#undef SHAPE_OF

    static int missing(int64_t id, struct err *err)
{
    return err_set(err, ERR_CATALOG_MISSING, "No such lock: %lld", (long long)id);
}

static int forget_abandoned(struct catalog_tx *tx, struct err *err)
{
    return CDB_RUN(tx->db, "DELETE FROM locks WHERE heartbeat_ms < ?1", NULL, NULL, err,
                   CDB_INT(tx->now_ms - CATALOG_LOCK_MS)) < 0
               ? -1
               : 0;
}

static struct str none_if_empty(struct str s)
{
    return s.n ? s : STR_NULL;
}

static int on_entry(void *ctx, const struct cdb_row *row, struct err *err)
{
    struct tx_list *list = ctx;
    struct catalog_lock_entry *e = tx_list_add(list, err);
    if (!e)
        return -1;
    *e = (struct catalog_lock_entry){
        .id = cdb_int(row, 0),
        .part = {.type = (int32_t)cdb_int(row, 4),
                 .database = arena_str(list->tx->arena, row->cells[1]),
                 .table = none_if_empty(arena_str(list->tx->arena, row->cells[2])),
                 .partition = none_if_empty(arena_str(list->tx->arena, row->cells[3]))},
        .state = (int32_t)cdb_int(row, 5),
        .heartbeat_ms = cdb_int(row, 6),
        .acquired_ms = cdb_int(row, 7),
    };
    return shape_read_json(&owner_shape, row->cells[8], list->tx->arena, &e->owner, err);
}

int catalog_show_locks(struct catalog_tx *tx, struct catalog_lock_entries *ret, struct err *err)
{
    struct tx_list list = {.tx = tx, .item_size = sizeof(struct catalog_lock_entry)};
    if (CDB_RUN(tx->db,
                "SELECT lock_id, database_name, table_name, partition_name, type, state, heartbeat_ms, "
                "acquired_ms,"
                " detail FROM locks ORDER BY lock_id, number",
                on_entry, &list, err) < 0)
        return -1;
    *ret = (struct catalog_lock_entries){list.items, list.count};
    return 0;
}

static bool overlap(struct str a, struct str b)
{
    return !a.n || !b.n || str_eq(a, b);
}

static bool conflict(const struct catalog_lock_part *a, const struct catalog_lock_part *b)
{
    bool place = str_eq(a->database, b->database) && overlap(a->table, b->table) &&
                 overlap(a->partition, b->partition);
    bool exclusive = a->type == CATALOG_LOCK_EXCLUSIVE || b->type == CATALOG_LOCK_EXCLUSIVE;
    return place && (exclusive || (a->type == CATALOG_LOCK_WRITE && b->type == CATALOG_LOCK_WRITE));
}

/* Whether an earlier lock, held or waiting, stands against this one. */
static bool is_blocked(const struct catalog_lock_entries *all, int64_t id)
{
    for (size_t i = 0; i < all->count; i++)
        for (size_t k = 0; all->items[i].id == id && k < all->count; k++)
            if (all->items[k].id < id && conflict(&all->items[i].part, &all->items[k].part))
                return true;
    return false;
}

static int acquire(struct catalog_tx *tx, int64_t id, enum catalog_lock_state *ret, struct err *err)
{
    struct catalog_lock_entries all;
    if (catalog_show_locks(tx, &all, err) < 0)
        return -1;
    *ret = is_blocked(&all, id) ? CATALOG_LOCK_WAITS : CATALOG_LOCK_HELD;
    if (*ret == CATALOG_LOCK_WAITS)
        return 0;
    return CDB_RUN(tx->db, "UPDATE locks SET state = 1, acquired_ms = ?2 WHERE lock_id = ?1 AND state = 2",
                   NULL, NULL, err, CDB_INT(id), CDB_INT(tx->now_ms)) < 0
               ? -1
               : 0;
}

static int add_part(struct catalog_tx *tx, int64_t id, size_t number, const struct catalog_lock_part *p,
                    struct str owner, struct err *err)
{
    if (p->type < CATALOG_LOCK_READ || p->type > CATALOG_LOCK_EXCLUSIVE || !p->database.n)
        return err_set(err, ERR_CATALOG_INVALID, "A lock's component has no database or no valid type.");
    return CDB_RUN(
               tx->db,
               "INSERT INTO locks (lock_id, number, database_name, table_name, partition_name, type, state,"
               " heartbeat_ms, acquired_ms, detail) VALUES (?1, ?2, ?3, ?4, ?5, ?6, 2, ?7, 0, ?8)",
               NULL, NULL, err, CDB_INT(id), CDB_INT((int64_t)number),
               CDB_TEXT(arena_lower(tx->arena, p->database)),
               CDB_TEXT(arena_lower(tx->arena, p->table.p ? p->table : STR(""))),
               CDB_TEXT(p->partition.p ? p->partition : STR("")), CDB_INT(p->type), CDB_INT(tx->now_ms),
               CDB_TEXT(owner)) < 0
               ? -1
               : 0;
}

int catalog_lock(struct catalog_tx *tx, const struct catalog_lock_parts *parts,
                 const struct catalog_lock_owner *owner, int64_t *ret_id, enum catalog_lock_state *ret,
                 struct err *err)
{
    struct str json;
    if (!parts->count || parts->count > PARTS_MAX)
        return err_set(err, ERR_CATALOG_INVALID, "A lock has 1 to %d components.", PARTS_MAX);
    if (forget_abandoned(tx, err) < 0 || tx_next_id(tx, ret_id, err) < 0 ||
        tx_json(tx, &owner_shape, owner, &json, err) < 0)
        return -1;
    for (size_t i = 0; i < parts->count; i++)
        if (add_part(tx, *ret_id, i, &parts->items[i], json, err) < 0)
            return -1;
    return acquire(tx, *ret_id, ret, err);
}

int catalog_heartbeat(struct catalog_tx *tx, int64_t id, struct err *err)
{
    if (forget_abandoned(tx, err) < 0)
        return -1;
    int64_t rows = CDB_RUN(tx->db, "UPDATE locks SET heartbeat_ms = ?2 WHERE lock_id = ?1", NULL, NULL, err,
                           CDB_INT(id), CDB_INT(tx->now_ms));
    return rows < 0 ? -1 : rows == 0 ? missing(id, err) : 0;
}

int catalog_check_lock(struct catalog_tx *tx, int64_t id, enum catalog_lock_state *ret, struct err *err)
{
    return catalog_heartbeat(tx, id, err) < 0 ? -1 : acquire(tx, id, ret, err);
}

int catalog_unlock(struct catalog_tx *tx, int64_t id, struct err *err)
{
    int64_t rows = CDB_RUN(tx->db, "DELETE FROM locks WHERE lock_id = ?1", NULL, NULL, err, CDB_INT(id));
    return rows < 0 ? -1 : rows == 0 ? missing(id, err) : 0;
}
