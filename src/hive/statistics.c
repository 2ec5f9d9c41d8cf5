#include "hive/handlers.h"

static int put(struct hive_call *c, const struct hive_statistics *s, struct err *err)
{
    struct catalog_table t;
    if (!s || !s->place)
        return err_set(err, ERR_CATALOG_INVALID, "The call has no statistics.");
    if (hive_find_table(c, s->place->database, s->place->table, &t, err) < 0)
        return -1;
    c->result->yes = true;
    return catalog_put_statistics(c->tx, &t, s->place->of_table ? STR_NULL : s->place->partition, &s->columns,
                                  err);
}

int hive_put_statistics(struct hive_call *c, struct err *err)
{
    return put(c, c->args->statistics, err);
}

int hive_set_statistics(struct hive_call *c, struct err *err)
{
    const struct hive_request *r = c->args->request;
    for (size_t i = 0; r && i < r->statistics.count; i++)
        if (put(c, &r->statistics.items[i], err) < 0)
            return -1;
    c->result->yes = true;
    return 0;
}

int hive_get_column_statistics(struct hive_call *c, struct err *err)
{
    const struct hive_args *args = c->args;
    struct catalog_names column = {(struct str *)(uintptr_t)&args->column, 1};
    struct catalog_table t;
    struct hive_statistics *s = c->result->statistics = arena_alloc(c->arena, sizeof *s);
    s->place = arena_alloc(c->arena, sizeof *s->place);
    if (hive_find_table(c, args->database, args->name, &t, err) < 0 ||
        catalog_get_statistics(c->tx, &t, args->partition, &column, &s->columns, err) < 0)
        return -1;
    if (!s->columns.count)
        return err_set(err, ERR_CATALOG_MISSING, "There are no statistics of column %.*s.",
                       STR_ARG(args->column));
    *s->place = (struct hive_statistics_place){!args->partition.p, t.database, t.name, args->partition, NULL};
    return 0;
}

int hive_get_table_statistics(struct hive_call *c, struct err *err)
{
    const struct hive_request *r = c->args->request;
    struct catalog_table t;
    if (hive_need(r, "request", err) < 0 || hive_find_table(c, r->database, r->table, &t, err) < 0)
        return -1;
    return catalog_get_statistics(c->tx, &t, STR_NULL, &r->names, &c->result->column_statistics, err);
}

int hive_get_partitions_statistics(struct hive_call *c, struct err *err)
{
    const struct hive_request *r = c->args->request;
    struct catalog_table t;
    if (hive_need(r, "request", err) < 0 || hive_find_table(c, r->database, r->table, &t, err) < 0)
        return -1;
    struct hive_named_statistics *items = catalog_array(c->tx, r->partition_names.count, sizeof *items, err);
    if (!items)
        return -1;
    c->result->named_statistics.items = items;
    for (size_t i = 0; i < r->partition_names.count; i++) {
        struct hive_named_statistics *s = &items[c->result->named_statistics.count];
        struct err failed;
        s->partition = r->partition_names.items[i];
        if (catalog_get_statistics(c->tx, &t, s->partition, &r->names, &s->columns, &failed) < 0) {
            if (failed.code != ERR_CATALOG_MISSING) {
                *err = failed;
                return -1;
            }
        } else if (s->columns.count) {
            c->result->named_statistics.count++;
        }
    }
    return 0;
}

int hive_drop_statistics(struct hive_call *c, struct err *err)
{
    struct catalog_table t;
    c->result->yes = true;
    if (hive_find_table(c, c->args->database, c->args->name, &t, err) < 0)
        return -1;
    return catalog_drop_statistics(c->tx, &t, c->args->partition, c->args->column, err);
}
