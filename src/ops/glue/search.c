/* SearchTables: all tables of all databases, looked through one by one. */
#include "ops/glue/convert.h"
#include "ops/glue/table.h"

struct search {
    const struct glue_search_tables_request *in;
    const struct op_call *call;
    struct arena *arena;
    struct str after; /* a place */
    size_t limit;
    struct glue_table_list *list;
    struct str last;
    bool more;
};

static bool contains_nocase(struct str s, struct str part)
{
    for (size_t i = 0; i + part.n <= s.n; i++) {
        size_t k = 0;
        while (k < part.n && ascii_lower(s.p[i + k]) == ascii_lower(part.p[k]))
            k++;
        if (k == part.n)
            return true;
    }
    return false;
}

static bool columns_contain(const struct catalog_columns *columns, struct str text)
{
    for (size_t i = 0; i < columns->count; i++)
        if (contains_nocase(columns->items[i].name, text) || contains_nocase(columns->items[i].comment, text))
            return true;
    return false;
}

static bool pairs_contain(const struct catalog_pairs *pairs, struct str text)
{
    for (size_t i = 0; i < pairs->count; i++)
        if (contains_nocase(pairs->items[i].value, text))
            return true;
    return false;
}

/* Glue looks for a text in quotes as it stands, and for others in parts; here both are looked for whole. */
static bool has_text(const struct catalog_table *t, struct str text)
{
    if (text.n >= 2 && text.p[0] == '"' && text.p[text.n - 1] == '"')
        text = str_sub(text, 1, text.n - 1);
    return contains_nocase(t->name, text) || contains_nocase(t->database, text) ||
           contains_nocase(t->description, text) || pairs_contain(&t->parameters, text) ||
           columns_contain(&t->partition_keys, text) ||
           (t->storage && columns_contain(&t->storage->columns, text));
}

static struct str property(const struct catalog_table *t, struct str key)
{
    if (str_eq_nocase(key, STR("DatabaseName")))
        return t->database;
    if (str_eq_nocase(key, STR("Name")) || str_eq_nocase(key, STR("TableName")))
        return t->name;
    if (str_eq_nocase(key, STR("Description")))
        return t->description;
    if (str_eq_nocase(key, STR("Owner")))
        return t->owner;
    if (str_eq_nocase(key, STR("TableType")))
        return t->type;
    return catalog_pairs_get(&t->parameters, key);
}

static bool fulfils(const struct catalog_table *t, const struct glue_property_predicate *p)
{
    struct str value = property(t, p->key);
    int order = str_cmp(value, p->value);
    if (!value.p)
        return false;
    switch (p->comparator) {
    case GLUE_COMPARATOR_ABSENT:
    case GLUE_COMPARATOR_EQUALS: return str_eq_nocase(value, p->value);
    case GLUE_COMPARATOR_GREATER_THAN: return order > 0;
    case GLUE_COMPARATOR_LESS_THAN: return order < 0;
    case GLUE_COMPARATOR_GREATER_THAN_EQUALS: return order >= 0;
    case GLUE_COMPARATOR_LESS_THAN_EQUALS: return order <= 0;
    }
    return false;
}

static bool wanted(const struct search *g, const struct catalog_table *t)
{
    if (g->in->search_text.n && !has_text(t, g->in->search_text))
        return false;
    for (size_t i = 0; i < g->in->filters.count; i++)
        if (!fulfils(t, &g->in->filters.items[i]))
            return false;
    return true;
}

static int look_at(struct search *g, const struct catalog_table *t, struct err *err)
{
    if (!glue_is_behind(g->after, t->database, t->name) || !wanted(g, t))
        return 0;
    if (g->list->count == g->limit) {
        g->more = true;
        return 0;
    }
    g->last = glue_place(g->arena, t->database, t->name);
    return glue_table_out(g->call, g->arena, t, &g->list->items[g->list->count++], err);
}

static int run(struct search *g, struct catalog_tx *tx, struct err *err)
{
    struct catalog_names databases;
    if (catalog_list_databases(tx, &(struct catalog_page){0}, &databases, err) < 0)
        return -1;
    for (size_t i = 0; i < databases.count && !g->more; i++) {
        struct catalog_tables tables;
        if (catalog_get_tables(tx, databases.items[i], &(struct catalog_page){0}, &tables, err) < 0)
            return -1;
        for (size_t k = 0; k < tables.count && !g->more; k++)
            if (look_at(g, &tables.items[k], err) < 0)
                return -1;
    }
    return 0;
}

static int search(struct catalog_tx *tx, const struct op_call *call, void *output, struct err *err)
{
    const struct glue_search_tables_request *in = call->input;
    struct glue_search_tables_response *out = output;
    struct search g = {.in = in, .call = call, .arena = catalog_arena(tx), .list = &out->table_list};
    struct str scope = in->search_text.p ? in->search_text : STR("");
    g.limit = glue_limit(&in->max_results, GLUE_PAGE);
    if (in->sort_criteria.count)
        return glue_invalid(err, "This server lists tables by their names: SortCriteria is not available.");
    if (glue_position(call, g.arena, in->next_token, scope, &g.after, err) < 0)
        return -1;
    g.list->present = true;
    g.list->items = arena_array(g.arena, g.limit, sizeof *g.list->items);
    if (run(&g, tx, err) < 0)
        return -1;
    if (g.more)
        out->next_token = glue_token(call, g.arena, scope, g.last);
    return 0;
}

void glue_search_tables(struct op_call *call)
{
    glue_call(call, CATALOG_READ, search);
}
