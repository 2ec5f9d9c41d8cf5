#include "catalog_fixture.h"

enum { START_MS = 1700000000000, PATIENCE_MS = 1000 };

static void open_catalog(struct catalog_fixture *f)
{
    struct err err;
    f->catalog = catalog_open(f->loop, &f->config, &err);
    if (!f->catalog)
        fail_msg("%s", err.text);
}

int catalog_setup(void **state)
{
    struct catalog_fixture *f = mem_new(sizeof *f);
    folder_make(f->dir);
    clock_manual_init(&f->clock, START_MS);
    f->loop = loop_new();
    f->arena = catalog_arena_new();
    f->config = (struct catalog_config){.folder = f->dir,
                                        .database = "",
                                        .warehouse = "s3://bucket/warehouse/",
                                        .versions_kept = 3,
                                        .removal_wait_ms = PATIENCE_MS,
                                        .clock = &f->clock.clock};
    open_catalog(f);
    *state = f;
    return 0;
}

int catalog_teardown(void **state)
{
    struct catalog_fixture *f = *state;
    catalog_close(f->catalog);
    loop_free(f->loop);
    arena_free(f->arena);
    folder_remove(f->dir);
    free(f);
    return 0;
}

void catalog_reopen(struct catalog_fixture *f)
{
    catalog_close(f->catalog);
    open_catalog(f);
}

struct waiting {
    struct loop *loop;
    enum err_code code;
};

static void on_done(void *ctx, const struct err *err)
{
    struct waiting *w = ctx;
    w->code = err ? err->code : ERR_NONE;
    if (err)
        last_error = *err;
    loop_stop(w->loop);
}

struct call {
    catalog_work_fn *work;
    void *ctx;
    struct waiting waiting;
};

static int run_call(struct catalog_tx *tx, void *ctx, struct err *err)
{
    struct call *c = ctx;
    return c->work(tx, c->ctx, err);
}

static void end_call(void *ctx, const struct err *err)
{
    struct call *c = ctx;
    on_done(&c->waiting, err);
}

enum err_code catalog_wait(struct catalog_fixture *f, enum catalog_mode mode, catalog_work_fn *work,
                           void *ctx)
{
    struct call c = {work, ctx, {f->loop, ERR_INTERNAL}};
    catalog_run(f->catalog, mode, f->caller, f->arena, run_call, end_call, &c);
    loop_run(f->loop);
    return c.waiting.code;
}

/* --- Works --- */

struct names_of {
    const char *database;
    const char *name;
    struct catalog_table *table;
    const struct catalog_table *to;
    const struct catalog_expect *expect;
    bool cascade;
};

static int do_make_database(struct catalog_tx *tx, void *ctx, struct err *err)
{
    return catalog_create_database(tx, &(struct catalog_database){.name = str_from(ctx)}, err);
}

enum err_code make_database(struct catalog_fixture *f, const char *name)
{
    return catalog_wait(f, CATALOG_WRITE, do_make_database, (void *)(uintptr_t)name);
}

struct catalog_table table_of(struct catalog_fixture *f, const char *database, const char *name,
                              bool partitioned)
{
    struct catalog_column *columns = arena_array(f->arena, 3, sizeof *columns);
    columns[0] = (struct catalog_column){.name = STR("Text"), .type = STR("string")};
    columns[1] = (struct catalog_column){.name = STR("year"), .type = STR("int")};
    columns[2] = (struct catalog_column){.name = STR("city"), .type = STR("string")};
    struct catalog_storage *s = arena_alloc(f->arena, sizeof *s);
    s->columns = (struct catalog_columns){columns, 1};
    return (struct catalog_table){.name = str_from(name),
                                  .database = str_from(database),
                                  .type = STR("MANAGED_TABLE"),
                                  .storage = s,
                                  .partition_keys = {columns + 1, partitioned ? 2 : 0}};
}

static int do_make_table(struct catalog_tx *tx, void *ctx, struct err *err)
{
    return catalog_create_table(tx, ctx, err);
}

enum err_code make_table(struct catalog_fixture *f, const char *database, const char *name, bool partitioned)
{
    struct catalog_table t = table_of(f, database, name, partitioned);
    return catalog_wait(f, CATALOG_WRITE, do_make_table, &t);
}

static int do_get_table(struct catalog_tx *tx, void *ctx, struct err *err)
{
    struct names_of *n = ctx;
    return catalog_get_table(tx, str_from(n->database), str_from(n->name), n->table, err);
}

enum err_code get_table(struct catalog_fixture *f, const char *database, const char *name,
                        struct catalog_table *ret)
{
    struct names_of n = {.database = database, .name = name, .table = ret};
    return catalog_wait(f, CATALOG_READ, do_get_table, &n);
}

static int do_alter(struct catalog_tx *tx, void *ctx, struct err *err)
{
    struct names_of *n = ctx;
    return catalog_alter_table(tx, STR("default"), str_from(n->name), n->to, n->expect, false, err);
}

enum err_code alter_table(struct catalog_fixture *f, const char *name, const struct catalog_table *to,
                          const struct catalog_expect *expect)
{
    struct names_of n = {.name = name, .to = to, .expect = expect};
    return catalog_wait(f, CATALOG_WRITE, do_alter, &n);
}

static int do_drop(struct catalog_tx *tx, void *ctx, struct err *err)
{
    struct names_of *n = ctx;
    if (!n->name)
        return catalog_drop_database(tx, str_from(n->database), (struct catalog_drop){n->cascade, true}, err);
    return catalog_drop_table(tx, str_from(n->database), str_from(n->name), true, err);
}

enum err_code drop_table(struct catalog_fixture *f, const char *database, const char *name)
{
    struct names_of n = {.database = database, .name = name};
    return catalog_wait(f, CATALOG_WRITE, do_drop, &n);
}

enum err_code drop_database(struct catalog_fixture *f, const char *name, bool cascade)
{
    struct names_of n = {.database = name, .cascade = cascade};
    return catalog_wait(f, CATALOG_WRITE, do_drop, &n);
}
