/* GetPartitions: by an expression, in segments that clients read side by side, page by page. */
#include "catalog/filter.h"
#include "catalog/names.h"
#include "ops/glue/convert.h"
#include "ops/glue/table.h"

enum { PAGE_MAX = 1000 };

struct listing {
    struct catalog_tx *tx;
    const struct op_call *call;
    const struct glue_get_partitions_request *in;
    struct catalog_table table;
    const struct catalog_filter *filter;
    struct str after;
    size_t limit;
    struct catalog_partitions found; /* one more than the limit if there are more */
};

/* FNV-1a: the same partition is of the same segment for as long as it has its name. */
static bool in_segment(const struct glue_segment *s, struct str name)
{
    uint64_t hash = 0xcbf29ce484222325;
    for (size_t i = 0; i < name.n; i++)
        hash = (hash ^ (unsigned char)name.p[i]) * 0x100000001b3;
    return (int64_t)(hash % (uint64_t)s->total_segments.value) == s->segment_number.value;
}

static int read_segment(struct listing *g, struct err *err)
{
    struct arena *a = catalog_arena(g->tx);
    struct catalog_names names;
    struct catalog_partition_page page = {.after = g->after, .filter = g->filter};
    if (catalog_list_partitions(g->tx, &g->table, &page, &names, err) < 0)
        return -1;
    g->found.items = arena_array(a, g->limit + 1, sizeof *g->found.items);
    for (size_t i = 0; i < names.count && g->found.count <= g->limit; i++) {
        struct catalog_names values;
        if (!in_segment(g->in->segment, names.items[i]))
            continue;
        if (catalog_partition_values(a, &g->table.partition_keys, names.items[i], &values, err) < 0 ||
            catalog_get_partition(g->tx, &g->table, &values, &g->found.items[g->found.count++], err) < 0)
            return -1;
    }
    return 0;
}

static int read_all(struct listing *g, struct err *err)
{
    struct catalog_partition_page page = {.after = g->after, .limit = g->limit + 1, .filter = g->filter};
    return catalog_get_partitions(g->tx, &g->table, &page, &g->found, err);
}

static int answer(struct listing *g, struct str scope, struct glue_get_partitions_response *out,
                  struct err *err)
{
    struct arena *a = catalog_arena(g->tx);
    struct glue_partition_list *l = &out->partitions;
    struct str last;
    l->present = true;
    l->items = arena_array(a, g->found.count, sizeof *l->items);
    for (size_t i = 0; i < g->found.count && i < g->limit; i++)
        if (glue_partition_out(g->call, a, &g->found.items[i], g->in->exclude_column_schema.value,
                               &l->items[l->count++], err) < 0)
            return -1;
    if (g->found.count <= g->limit)
        return 0;
    if (catalog_partition_name(a, &g->table.partition_keys, &g->found.items[g->limit - 1].values, &last,
                               err) < 0)
        return -1;
    out->next_token = glue_token(g->call, a, scope, last);
    return 0;
}

static int check_segment(const struct glue_segment *s, struct err *err)
{
    if (!s || s->segment_number.value < s->total_segments.value)
        return 0;
    return glue_invalid(err, "SegmentNumber must be less than TotalSegments.");
}

static int list(struct catalog_tx *tx, const struct op_call *call, void *output, struct err *err)
{
    const struct glue_get_partitions_request *in = call->input;
    struct arena *a = catalog_arena(tx);
    struct listing g = {.tx = tx, .call = call, .in = in};
    struct str scope = arena_printf(a, "%.*s/%.*s/%.*s/%lld", STR_ARG(in->database_name),
                                    STR_ARG(in->table_name), STR_ARG(in->expression),
                                    in->segment ? (long long)in->segment->segment_number.value : -1);
    g.limit = glue_limit(&in->max_results, PAGE_MAX);
    if (check_segment(in->segment, err) < 0 ||
        glue_position(call, a, in->next_token, scope, &g.after, err) < 0 ||
        glue_find_table(tx, in->database_name, in->table_name, &g.table, err) < 0)
        return -1;
    if (in->expression.n) {
        g.filter = catalog_filter_parse(a, in->expression, &g.table.partition_keys, err);
        if (!g.filter)
            return -1;
    }
    if ((in->segment ? read_segment(&g, err) : read_all(&g, err)) < 0)
        return -1;
    return answer(&g, scope, output, err);
}

void glue_get_partitions(struct op_call *call)
{
    glue_call(call, CATALOG_READ, list);
}
