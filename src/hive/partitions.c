#include "catalog/filter.h"
#include "catalog/names.h"
#include "hive/handlers.h"

static int find_table(struct hive_call *c, struct catalog_table *ret, struct err *err)
{
    return hive_find_table(c, c->args->database, c->args->name, ret, err);
}

/* The values that the call names, by themselves or by the partition's name. */
static int find_values(struct hive_call *c, const struct catalog_table *t, struct catalog_names *ret,
                       struct err *err)
{
    if (c->args->partition.p)
        return catalog_partition_values(c->arena, &t->partition_keys, c->args->partition, ret, err);
    *ret = c->args->values;
    return 0;
}

/* --- Adding --- */

static int add_to(struct hive_call *c, const struct catalog_table *t, const struct catalog_partition *p,
                  struct catalog_partition *ret, struct err *err)
{
    if (catalog_add_partition(c->tx, t, p, err) < 0 ||
        catalog_get_partition(c->tx, t, &p->values, ret, err) < 0)
        return -1;
    hive_add_folder(c, t, ret->storage);
    return 0;
}

static int add(struct hive_call *c, const struct catalog_partition *p, struct catalog_partition *ret,
               struct err *err)
{
    struct catalog_table t;
    return hive_find_table(c, p->database, p->table, &t, err) < 0 ? -1 : add_to(c, &t, p, ret, err);
}

int hive_add_partition(struct hive_call *c, struct err *err)
{
    c->result->partition = arena_alloc(c->arena, sizeof *c->result->partition);
    return hive_need(c->args->new_partition, "partition", err) < 0
               ? -1
               : add(c, c->args->new_partition, c->result->partition, err);
}

int hive_add_partitions(struct hive_call *c, struct err *err)
{
    const struct catalog_partitions *p = &c->args->partitions;
    struct catalog_partition made;
    for (size_t i = 0; i < p->count; i++)
        if (add(c, &p->items[i], &made, err) < 0)
            return -1;
    c->result->number = (int32_t)p->count;
    return 0;
}

int hive_add_partitions_req(struct hive_call *c, struct err *err)
{
    const struct hive_request *r = c->args->request;
    struct catalog_table t;
    if (hive_need(r, "request", err) < 0 || hive_find_table(c, r->database, r->table, &t, err) < 0)
        return -1;
    struct catalog_partitions *ret = &c->result->partitions;
    ret->items = catalog_array(c->tx, r->partitions.count, sizeof *ret->items, err);
    if (!ret->items)
        return -1;
    for (size_t i = 0; i < r->partitions.count; i++) {
        const struct catalog_partition *p = &r->partitions.items[i];
        struct err failed;
        bool added = add_to(c, &t, p, &ret->items[ret->count], &failed) == 0;
        if (!added && (failed.code != ERR_CATALOG_EXISTS || !r->if_not_exists)) {
            *err = failed;
            return -1;
        }
        ret->count += added && (!r->need_result || *r->need_result);
    }
    return 0;
}

int hive_append_partition(struct hive_call *c, struct err *err)
{
    struct catalog_table t;
    struct catalog_partition p = {.create_s = 0};
    if (find_table(c, &t, err) < 0 || find_values(c, &t, &p.values, err) < 0)
        return -1;
    p.database = t.database;
    p.table = t.name;
    c->result->partition = arena_alloc(c->arena, sizeof *c->result->partition);
    return add(c, &p, c->result->partition, err);
}

/* --- Dropping --- */

int hive_drop_partition(struct hive_call *c, struct err *err)
{
    struct catalog_table t;
    struct catalog_names values;
    c->result->yes = true;
    if (find_table(c, &t, err) < 0 || find_values(c, &t, &values, err) < 0)
        return -1;
    return catalog_drop_partition(c->tx, &t, &values, c->args->delete_data, err);
}

static int drop_named(struct hive_call *c, const struct catalog_table *t, struct str name, struct err *err)
{
    const struct hive_request *r = c->args->request;
    struct catalog_partitions *ret = &c->result->partitions;
    struct catalog_names values;
    struct err failed;
    if (catalog_partition_values(c->arena, &t->partition_keys, name, &values, err) < 0)
        return -1;
    if (catalog_get_partition(c->tx, t, &values, &ret->items[ret->count], &failed) < 0) {
        if (failed.code == ERR_CATALOG_MISSING && (!r->if_exists || *r->if_exists))
            return 0;
        *err = failed;
        return -1;
    }
    ret->count++;
    return catalog_drop_partition(c->tx, t, &values, r->delete_data && *r->delete_data, err);
}

int hive_drop_partitions_req(struct hive_call *c, struct err *err)
{
    const struct hive_request *r = c->args->request;
    struct catalog_table t;
    if (hive_need(r, "request", err) < 0 || hive_need(r->parts, "partitions", err) < 0 ||
        hive_find_table(c, r->database, r->table, &t, err) < 0)
        return -1;
    if (r->parts->expressions.count)
        return err_set(
            err, ERR_CATALOG_REFUSED,
            "Partitions are dropped by their names or values; serialised Java expressions are not read.");
    c->result->partitions.items =
        catalog_array(c->tx, r->parts->names.count, sizeof *c->result->partitions.items, err);
    if (!c->result->partitions.items)
        return -1;
    for (size_t i = 0; i < r->parts->names.count; i++)
        if (drop_named(c, &t, r->parts->names.items[i], err) < 0)
            return -1;
    if (r->need_result && !*r->need_result)
        c->result->partitions.count = 0;
    return 0;
}

/* --- Reading --- */

int hive_get_partition(struct hive_call *c, struct err *err)
{
    struct catalog_table t;
    struct catalog_names values;
    if (find_table(c, &t, err) < 0 || find_values(c, &t, &values, err) < 0)
        return -1;
    c->result->partition = arena_alloc(c->arena, sizeof *c->result->partition);
    return catalog_get_partition(c->tx, &t, &values, c->result->partition, err);
}

static int make_page(struct hive_call *c, const struct catalog_table *t, struct catalog_partition_page *ret,
                     struct err *err)
{
    const struct hive_args *args = c->args;
    *ret = (struct catalog_partition_page){
        .limit = args->most > 0 ? (size_t)args->most : 0,
        .prefix = args->values.count ? &args->values : NULL,
    };
    if (args->filter.p) {
        ret->filter = catalog_filter_parse(c->arena, args->filter, &t->partition_keys, err);
        return ret->filter ? 0 : -1;
    }
    return 0;
}

int hive_get_partitions(struct hive_call *c, struct err *err)
{
    struct catalog_table t;
    struct catalog_partition_page page;
    if (find_table(c, &t, err) < 0 || make_page(c, &t, &page, err) < 0)
        return -1;
    return catalog_get_partitions(c->tx, &t, &page, &c->result->partitions, err);
}

int hive_get_partition_names(struct hive_call *c, struct err *err)
{
    struct catalog_table t;
    struct catalog_partition_page page;
    if (find_table(c, &t, err) < 0 || make_page(c, &t, &page, err) < 0)
        return -1;
    return catalog_list_partitions(c->tx, &t, &page, &c->result->names, err);
}

int hive_count_partitions(struct hive_call *c, struct err *err)
{
    int rc = hive_get_partition_names(c, err);
    c->result->number = (int32_t)c->result->names.count;
    return rc;
}

int hive_get_partitions_by_names(struct hive_call *c, struct err *err)
{
    struct catalog_partitions *ret = &c->result->partitions;
    struct catalog_table t;
    if (find_table(c, &t, err) < 0)
        return -1;
    ret->items = catalog_array(c->tx, c->args->names.count, sizeof *ret->items, err);
    if (!ret->items)
        return -1;
    for (size_t i = 0; i < c->args->names.count; i++) {
        struct catalog_names values;
        struct err failed;
        if (catalog_partition_values(c->arena, &t.partition_keys, c->args->names.items[i], &values, err) < 0)
            return -1;
        if (catalog_get_partition(c->tx, &t, &values, &ret->items[ret->count], &failed) == 0) {
            ret->count++;
        } else if (failed.code != ERR_CATALOG_MISSING) {
            *err = failed;
            return -1;
        }
    }
    return 0;
}

/* --- Changing --- */

int hive_alter_partition(struct hive_call *c, struct err *err)
{
    const struct catalog_partition *p = c->args->new_partition;
    struct catalog_table t;
    if (hive_need(p, "partition", err) < 0 || find_table(c, &t, err) < 0)
        return -1;
    return catalog_alter_partition(c->tx, &t, c->args->values.count ? &c->args->values : &p->values, p, err);
}

int hive_alter_partitions(struct hive_call *c, struct err *err)
{
    struct catalog_table t;
    if (find_table(c, &t, err) < 0)
        return -1;
    for (size_t i = 0; i < c->args->partitions.count; i++) {
        const struct catalog_partition *p = &c->args->partitions.items[i];
        if (catalog_alter_partition(c->tx, &t, &p->values, p, err) < 0)
            return -1;
    }
    return 0;
}

/* --- Names --- */

int hive_partition_name_to_spec(struct hive_call *c, struct err *err)
{
    if (!c->args->partition.n)
        return 0;
    return catalog_partition_parse(c->arena, c->args->partition, &c->result->pairs, err);
}

int hive_partition_name_to_values(struct hive_call *c, struct err *err)
{
    struct catalog_names *ret = &c->result->names;
    if (hive_partition_name_to_spec(c, err) < 0)
        return -1;
    ret->items = arena_array(c->arena, c->result->pairs.count, sizeof *ret->items);
    for (; ret->count < c->result->pairs.count; ret->count++)
        ret->items[ret->count] = c->result->pairs.items[ret->count].value;
    return 0;
}
