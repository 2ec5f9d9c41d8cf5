#include "core/workgroup.h"

#include "core/internal.h"

enum { VERSION_ARENA_MAX = 4 * 1024 * 1024 };

struct version {
    struct arena *arena;
    struct workgroup_view view;
};

struct workgroup {
    char *name;
    struct version *committed; /* NULL: readers do not see the group */
    struct version *pending;   /* the newest version, or NULL when it is deleted; may be the committed one */
    unsigned commits;          /* under way */
};

struct change {
    struct core *core;
    struct workgroup *group;
    struct version *version; /* NULL: deletion */
    store_done_fn *fn;
    void *ctx;
};

static struct version *version_new(const struct workgroup_view *w)
{
    struct version *v = mem_new(sizeof *v);
    v->arena = arena_new(VERSION_ARENA_MAX);
    v->view = (struct workgroup_view){arena_str(v->arena, w->name), arena_str(v->arena, w->state),
                                      arena_str(v->arena, w->description), arena_str(v->arena, w->detail),
                                      w->created_ms};
    return v;
}

static void version_free(struct version *v)
{
    if (!v)
        return;
    arena_free(v->arena);
    free(v);
}

static struct workgroup *group_for(struct core *c, struct str name)
{
    struct workgroup *g = map_get(&c->workgroups, name);
    if (g)
        return g;
    g = mem_new(sizeof *g);
    text_set_str(&g->name, name);
    map_put(&c->workgroups, str_from(g->name), g);
    return g;
}

static void group_free(struct workgroup *g)
{
    if (g->pending != g->committed)
        version_free(g->pending);
    version_free(g->committed);
    free(g->name);
    free(g);
}

static void drop_if_gone(struct core *c, struct workgroup *g)
{
    if (g->committed || g->pending || g->commits)
        return;
    map_remove(&c->workgroups, str_from(g->name));
    group_free(g);
}

static void on_loaded(void *ctx, const struct workgroup_record *r, size_t count, const struct err *err)
{
    struct core *c = ctx;
    (void)err;
    for (size_t i = 0; i < count; i++) {
        struct workgroup *g = group_for(c, r[i].name);
        struct workgroup_view w = {r[i].name, r[i].state, r[i].description, r[i].detail, r[i].created_ms};
        g->committed = g->pending = version_new(&w);
    }
}

int workgroups_load(struct core *c, struct err *err)
{
    return store_load_workgroups(c->p.store, on_loaded, c, err);
}

void workgroups_free(struct core *c)
{
    size_t at = 0;
    for (struct workgroup *g; (g = map_next(&c->workgroups, &at));)
        group_free(g);
}

static bool view_of(const struct version *v, struct workgroup_view *ret)
{
    if (v)
        *ret = v->view;
    return v != NULL;
}

bool workgroup_find(const struct core *c, struct str name, struct workgroup_view *ret)
{
    const struct workgroup *g = map_get(&c->workgroups, name);
    return g && view_of(g->committed, ret);
}

bool workgroup_find_pending(const struct core *c, struct str name, struct workgroup_view *ret)
{
    const struct workgroup *g = map_get(&c->workgroups, name);
    return g && view_of(g->pending, ret);
}

static int by_name(const void *a, const void *b)
{
    const struct workgroup_view *x = a, *y = b;
    return str_cmp(x->name, y->name);
}

size_t workgroup_list(const struct core *c, struct str after, size_t limit, struct workgroup_view *ret)
{
    CLEANUP_FREE struct workgroup_view *all = mem_new_array(c->workgroups.count, sizeof *all);
    size_t n = 0, at = 0;
    for (struct workgroup *g; (g = map_next(&c->workgroups, &at));)
        if (g->committed && (!after.p || str_cmp(g->committed->view.name, after) > 0))
            all[n++] = g->committed->view;
    qsort(all, n, sizeof *all, by_name);
    if (n > limit)
        n = limit;
    memcpy(ret, all, n * sizeof *all);
    return n;
}

static void on_committed(void *ctx, const struct err *err)
{
    struct change *x = ctx;
    struct workgroup *g = x->group;
    g->commits--;
    if (!err) {
        if (g->committed != x->version)
            version_free(g->committed);
        g->committed = x->version;
    } else if (g->pending == x->version) {
        g->pending = g->committed;
        version_free(x->version);
    } else {
        version_free(x->version);
    }
    x->fn(x->ctx, err);
    drop_if_gone(x->core, g);
    free(x);
}

static void commit(struct core *c, struct workgroup *g, struct version *v, struct store_batch *batch,
                   store_done_fn *fn, void *ctx)
{
    struct change *x = mem_new(sizeof *x);
    *x = (struct change){c, g, v, fn, ctx};
    g->pending = v;
    g->commits++;
    store_commit(c->p.store, batch, on_committed, x);
}

int workgroup_check_room(const struct core *c, struct err *err)
{
    int64_t limit = c->p.config->workgroups;
    if ((int64_t)c->workgroups.count < limit)
        return 0;
    return err_set_detail(
        err, ERR_INVALID_REQUEST, "INVALID_INPUT",
        "Maximum allowed workgroups reached: the account's limit is %lld (limits.workgroups).",
        (long long)limit);
}

void workgroup_put(struct core *c, const struct workgroup_view *w, struct store_batch *batch,
                   store_done_fn *fn, void *ctx)
{
    struct workgroup *g = group_for(c, w->name);
    store_put_workgroup(
        batch, &(struct workgroup_record){w->name, w->state, w->description, w->detail, w->created_ms});
    commit(c, g, version_new(w), batch, fn, ctx);
}

void workgroup_delete(struct core *c, struct str name, struct store_batch *batch, store_done_fn *fn,
                      void *ctx)
{
    store_delete_workgroup(batch, name);
    CLEANUP_ARENA struct arena *a = arena_new(64 * 1024);
    store_delete_tags(batch, core_workgroup_arn(c, a, name));
    commit(c, group_for(c, name), NULL, batch, fn, ctx);
}
