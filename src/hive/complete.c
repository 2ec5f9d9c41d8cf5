#include "hive/handlers.h"

/* What Hive itself writes into a table whose statement names no format. */
static const struct catalog_storage text = {
    .input_format = STR("org.apache.hadoop.mapred.TextInputFormat"),
    .output_format = STR("org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"),
};
/* What Iceberg's own HiveCatalog writes: formats that nobody reads a file by. */
static const struct catalog_storage iceberg = {
    .input_format = STR("org.apache.hadoop.mapred.FileInputFormat"),
    .output_format = STR("org.apache.hadoop.mapred.FileOutputFormat"),
};
static const struct str lazy_simple = STR("org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe");

static bool is_iceberg(const struct catalog_table *t)
{
    return str_eq_nocase(catalog_pairs_get(&t->parameters, STR("table_type")), STR("ICEBERG"));
}

static void take(struct str *to, struct str from)
{
    if (!to->n)
        *to = from;
}

/* A copy of the storage (none: an empty one) with what it lacks taken from another. */
static struct catalog_storage *completed(struct arena *a, const struct catalog_storage *given,
                                         const struct catalog_storage *rest)
{
    struct catalog_storage *s = arena_alloc(a, sizeof *s);
    if (given)
        *s = *given;
    take(&s->input_format, rest->input_format);
    take(&s->output_format, rest->output_format);
    struct catalog_serde *serde = arena_alloc(a, sizeof *serde);
    if (s->serde)
        *serde = *s->serde;
    else if (rest->serde)
        *serde = *rest->serde;
    take(&serde->library, rest->serde && rest->serde->library.n ? rest->serde->library : lazy_simple);
    s->serde = serde;
    return s;
}

/* Dropping an external table leaves its data: the careful answer for a table that does not say what it is. */
static void complete_table(struct arena *a, struct catalog_table *t)
{
    struct str key = STR("EXTERNAL");
    if (!t->type.n)
        t->type = t->view_original.n ? STR("VIRTUAL_VIEW") : STR("EXTERNAL_TABLE");
    if (str_is(t->type, "EXTERNAL_TABLE") && !catalog_pairs_get(&t->parameters, key).p)
        t->parameters = catalog_pairs_with(&t->parameters, key, STR("TRUE"), a);
    t->storage = completed(a, t->storage, is_iceberg(t) ? &iceberg : &text);
}

static int complete_partitions(struct hive_call *c, struct catalog_partition *items, size_t count,
                               struct err *err)
{
    struct catalog_table t = {0};
    for (size_t i = 0; i < count; i++) {
        struct catalog_partition *p = &items[i];
        if (!t.storage || !str_eq(p->table, t.name) || !str_eq(p->database, t.database)) {
            if (hive_find_table(c, p->database, p->table, &t, err) < 0)
                return -1;
            complete_table(c->arena, &t);
        }
        p->storage = completed(c->arena, p->storage, t.storage);
    }
    return 0;
}

int hive_complete(struct hive_call *c, struct err *err)
{
    struct hive_result *r = c->result;
    if (r->table)
        complete_table(c->arena, r->table);
    for (size_t i = 0; i < r->tables.count; i++)
        complete_table(c->arena, &r->tables.items[i]);
    if (r->partition && complete_partitions(c, r->partition, 1, err) < 0)
        return -1;
    return complete_partitions(c, r->partitions.items, r->partitions.count, err);
}
