#include "ops/catalog_call.h"

struct catalog_work {
    struct op_call *call;
    struct arena *arena;
    catalog_call_fn *fn;
    void (*fail)(struct op_call *call, const struct err *err);
    void *output;
};

static int work(struct catalog_tx *tx, void *ctx, struct err *err)
{
    struct catalog_work *w = ctx;
    w->output = arena_alloc(catalog_arena(tx), w->call->operation->output->size);
    return w->fn(tx, w->call, w->output, err);
}

static void on_done(void *ctx, const struct err *err)
{
    struct catalog_work *w = ctx;
    struct arena *a = w->arena; /* the answer may free the call, and `w` with it */
    if (err)
        w->fail(w->call, err);
    else
        op_ok(w->call, w->output);
    arena_free(a);
}

void catalog_call(struct op_call *call, enum catalog_mode mode, catalog_call_fn *fn,
                  void (*fail)(struct op_call *call, const struct err *err))
{
    struct catalog_work *w = arena_alloc(call->arena, sizeof *w);
    *w = (struct catalog_work){call, catalog_arena_new(), fn, fail, NULL};
    catalog_run(call->catalog, mode, NULL, w->arena, work, on_done, w);
}

static int all_tables(struct catalog_tx *tx, struct str database, struct str after, size_t limit,
                      struct catalog_tables *ret, struct err *err)
{
    return catalog_get_tables(tx, database, &(struct catalog_page){.after = after, .limit = limit + 1}, ret,
                              err);
}

static int matching_tables(struct catalog_tx *tx, struct str database, const struct name_pattern *pattern,
                           struct str after, size_t limit, struct catalog_tables *ret, struct err *err)
{
    struct catalog_names names;
    if (catalog_list_tables(tx, database, &(struct catalog_page){.after = after}, &names, err) < 0)
        return -1;
    ret->items = arena_array(catalog_arena(tx), limit + 1, sizeof *ret->items);
    ret->count = 0;
    for (size_t i = 0; i < names.count && ret->count <= limit; i++) {
        if (!name_pattern_matches(pattern, names.items[i]))
            continue;
        if (catalog_get_table(tx, database, names.items[i], &ret->items[ret->count++], err) < 0)
            return -1;
    }
    return 0;
}

int catalog_page_tables(struct catalog_tx *tx, struct str database, struct str expression, struct str after,
                        size_t limit, struct catalog_tables *ret, struct err *err)
{
    if (!expression.n)
        return all_tables(tx, database, after, limit, ret, err);
    struct name_pattern *pattern = name_pattern_new(catalog_arena(tx), expression, err);
    int rc = pattern ? matching_tables(tx, database, pattern, after, limit, ret, err) : -1;
    name_pattern_free(pattern);
    return rc;
}
