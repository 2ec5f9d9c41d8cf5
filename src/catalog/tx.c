#include "catalog/tx.h"

#include "catalog/room.h"

enum { LIST_FIRST = 64, COPY_SPARE = 64 * 1024, ARENA_BYTES = 1024 * 1024 * 1024 };

struct arena *catalog_arena_new(void)
{
    return arena_new_watched(ARENA_BYTES);
}

/* Without it nobody knows what is written: the whole transaction is lost. */
static int savepoint(struct cdb *db, const char *command, struct err *err)
{
    if (CDB_RUN(db, command, NULL, NULL, err) >= 0)
        return 0;
    db->lost = true;
    return -1;
}

int catalog_try(struct catalog_tx *tx, catalog_work_fn *part, void *ctx, struct err *err)
{
    struct err broken;
    if (savepoint(tx->db, "SAVEPOINT part", err) < 0)
        return -1;
    if (part(tx, ctx, err) == 0)
        return savepoint(tx->db, "RELEASE SAVEPOINT part", err);
    if (!tx->db->lost && (savepoint(tx->db, "ROLLBACK TO SAVEPOINT part", &broken) < 0 ||
                          savepoint(tx->db, "RELEASE SAVEPOINT part", &broken) < 0))
        *err = broken;
    return -1;
}

struct arena *catalog_arena(struct catalog_tx *tx)
{
    return tx->arena;
}

int64_t catalog_now_ms(const struct catalog_tx *tx)
{
    return tx->now_ms;
}

struct str catalog_warehouse(const struct catalog_tx *tx)
{
    return str_from(tx->config->warehouse);
}

bool tx_is_s3(struct str location)
{
    return str_starts(location, STR("s3://")) || str_starts(location, STR("s3a://")) ||
           str_starts(location, STR("s3n://"));
}

int tx_on_number(void *ctx, const struct cdb_row *row, struct err *err)
{
    (void)err;
    *(int64_t *)ctx = cdb_int(row, 0);
    return 0;
}

int tx_next_id(struct catalog_tx *tx, int64_t *ret, struct err *err)
{
    if (CDB_RUN(tx->db, "UPDATE counters SET value = value + 1 WHERE name = ?1", NULL, NULL, err,
                CDB_TEXT(STR("id"))) < 0 ||
        CDB_RUN(tx->db, "SELECT value FROM counters WHERE name = ?1", tx_on_number, ret, err,
                CDB_TEXT(STR("id"))) < 0)
        return -1;
    return 0;
}

void *catalog_array(struct catalog_tx *tx, size_t count, size_t size, struct err *err)
{
    size_t total;
    if (!__builtin_mul_overflow(count, size, &total) && arena_room(tx->arena) >= total)
        return arena_array(tx->arena, count, size);
    catalog_no_room(err);
    return NULL;
}

int tx_copy(struct catalog_tx *tx, struct str s, struct str *ret, struct err *err)
{
    if (arena_room(tx->arena) < s.n + COPY_SPARE)
        return catalog_no_room(err);
    *ret = arena_str(tx->arena, s);
    return 0;
}

int tx_json(struct catalog_tx *tx, const struct shape *s, const void *record, struct str *ret,
            struct err *err)
{
    CLEANUP_BUF struct buf b;
    struct jsonw w;
    buf_init(&b, CATALOG_RECORD_MAX);
    jsonw_init(&w, &b);
    shape_write_json(s, record, &w);
    if (b.overflow)
        return err_set(err, ERR_CATALOG_INVALID, "The description has more than %d MiB.",
                       CATALOG_RECORD_MAX >> 20);
    return tx_copy(tx, buf_str(&b), ret, err);
}

void *tx_list_add(struct tx_list *l, struct err *err)
{
    if (l->count == l->capacity) {
        size_t capacity = l->capacity ? l->capacity * 2 : LIST_FIRST;
        if (arena_room(l->tx->arena) < capacity * l->item_size + COPY_SPARE) {
            catalog_no_room(err);
            return NULL;
        }
        void *items = arena_array(l->tx->arena, capacity, l->item_size);
        if (l->count)
            memcpy(items, l->items, l->count * l->item_size);
        l->items = items;
        l->capacity = capacity;
    }
    return (char *)l->items + l->count++ * l->item_size;
}
