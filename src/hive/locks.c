#include "hive/handlers.h"

static int need(const struct hive_request *r, struct err *err)
{
    if (hive_need(r, "request", err) < 0)
        return -1;
    return r->transaction ? err_set(err, ERR_CATALOG_REFUSED, "There are no transactions here.") : 0;
}

static void answer(struct hive_call *c, int64_t id, enum catalog_lock_state state)
{
    c->result->lock = arena_alloc(c->arena, sizeof *c->result->lock);
    *c->result->lock = (struct hive_lock_answer){id, (int32_t)state};
}

int hive_lock(struct hive_call *c, struct err *err)
{
    const struct hive_request *r = c->args->request;
    enum catalog_lock_state state;
    int64_t id;
    if (need(r, err) < 0 || catalog_lock(c->tx, &r->locks, &r->owner, &id, &state, err) < 0)
        return -1;
    answer(c, id, state);
    return 0;
}

int hive_check_lock(struct hive_call *c, struct err *err)
{
    const struct hive_request *r = c->args->request;
    enum catalog_lock_state state;
    if (need(r, err) < 0 || catalog_check_lock(c->tx, r->id, &state, err) < 0)
        return -1;
    answer(c, r->id, state);
    return 0;
}

int hive_unlock(struct hive_call *c, struct err *err)
{
    const struct hive_request *r = c->args->request;
    return need(r, err) < 0 ? -1 : catalog_unlock(c->tx, r->id, err);
}

int hive_heartbeat(struct hive_call *c, struct err *err)
{
    const struct hive_request *r = c->args->request;
    return need(r, err) < 0 ? -1 : catalog_heartbeat(c->tx, r->id, err);
}

int hive_show_locks(struct hive_call *c, struct err *err)
{
    struct catalog_lock_entries entries;
    if (catalog_show_locks(c->tx, &entries, err) < 0)
        return -1;
    struct hive_lock_row *rows = arena_array(c->arena, entries.count, sizeof *rows);
    for (size_t i = 0; i < entries.count; i++) {
        const struct catalog_lock_entry *e = &entries.items[i];
        rows[i] = (struct hive_lock_row){
            .id = e->id,
            .database = e->part.database,
            .table = e->part.table,
            .partition = e->part.partition,
            .state = e->state,
            .type = e->part.type,
            .heartbeat_ms = e->heartbeat_ms,
            .acquired_ms = e->acquired_ms,
            .user = e->owner.user.p ? e->owner.user : STR(""),
            .host = e->owner.host.p ? e->owner.host : STR(""),
            .agent = e->owner.agent,
        };
    }
    c->result->locks.items = rows;
    c->result->locks.count = entries.count;
    return 0;
}
