#include "main/defaults.h"

#include "base/s3_uri.h"
#include "core/workgroup.h"
#include "ops/engines.h"

enum { DETAIL_MAX = 8192 };

static const char meta_key[] = "defaults";

/* What a data folder has from the start; a folder of an earlier version gets the rest. */
enum { MADE_NOTHING, MADE_GROUPS, MADE_WAREHOUSE };

struct making {
    struct server *server;
    struct err err;
    int64_t made;
};

static void on_meta(void *ctx, struct str text, const struct err *err)
{
    struct making *g = ctx;
    (void)err;
    if (!text.p || !str_to_i64(text, &g->made))
        g->made = MADE_NOTHING;
}

static void on_stored(void *ctx, const struct err *err)
{
    struct making *g = ctx;
    if (err)
        g->err = *err;
    loop_stop(g->server->loop);
}

static void put_group(struct store_batch *batch, const char *name, const char *description,
                      const struct athena_work_group_configuration *g)
{
    CLEANUP_BUF struct buf detail;
    buf_init(&detail, DETAIL_MAX);
    model_encode(&athena_shape_work_group_configuration, g, &detail);
    store_put_workgroup(batch,
                        &(struct workgroup_record){str_from(name), STR("ENABLED"), str_from(description),
                                                   buf_str(&detail), clock_wall_ms(&clock_system)});
}

static void put_primary(struct store_batch *batch)
{
    struct athena_engine_version engine = {STR("AUTO"), STR(ENGINE_SQL)};
    struct athena_work_group_configuration g = {
        .enforce_work_group_configuration = MODEL_BOOL(false),
        .publish_cloud_watch_metrics_enabled = MODEL_BOOL(false),
        .requester_pays_enabled = MODEL_BOOL(false),
        .engine_version = &engine,
    };
    put_group(batch, "primary", "", &g);
}

static void put_spark(struct server *s, struct store_batch *batch)
{
    CLEANUP_ARENA struct arena *a = arena_new(4096);
    struct str engine_name = s->engine_versions[0];
    struct athena_engine_version engine = {engine_name, engine_name};
    struct athena_result_configuration results = {.output_location = str_from(s->settings.results_location)};
    struct athena_work_group_configuration g = {
        .result_configuration = &results,
        .enforce_work_group_configuration = MODEL_BOOL(true),
        .publish_cloud_watch_metrics_enabled = MODEL_BOOL(true),
        .requester_pays_enabled = MODEL_BOOL(false),
        .engine_version = &engine,
        .execution_role =
            arena_printf(a, "arn:aws:iam::%s:role/GlauxSparkExecutionRole", s->settings.server_account),
    };
    put_group(batch, "spark", "Apache Spark, with results in the built-in store", &g);
}

static struct str bucket_of(const char *location)
{
    struct str bucket, key;
    (void)s3_uri_split(str_from(location), &bucket, &key);
    return bucket;
}

static int commit(struct making *g, struct store_batch *batch, struct err *err)
{
    g->err.code = 0;
    store_commit(g->server->store, batch, on_stored, g);
    loop_run(g->server->loop);
    if (!g->err.code)
        return 0;
    *err = g->err;
    return -1;
}

static int make_groups(struct making *g, struct err *err)
{
    struct server *s = g->server;
    struct store_batch *batch = store_batch_new(s->store);
    struct str results = bucket_of(s->settings.results_location);
    if (!remotes_find(s->remotes, results))
        store_add_bucket(batch, &(struct bucket_record){results, clock_wall_ms(&clock_system)});
    put_primary(batch);
    put_spark(s, batch);
    store_put_meta(batch, str_from(meta_key), STR("1"));
    return commit(g, batch, err);
}

/* The bucket may be there: that of the results, or one that its user has made. */
static int make_warehouse(struct making *g, struct err *err)
{
    struct server *s = g->server;
    struct str name = bucket_of(s->settings.session_warehouse);
    if (name.n && !remotes_find(s->remotes, name)) {
        struct store_batch *batch = store_batch_new(s->store);
        store_add_bucket(batch, &(struct bucket_record){name, clock_wall_ms(&clock_system)});
        if (commit(g, batch, err) < 0 && err->code != ERR_BUCKET_EXISTS)
            return -1;
    }
    struct store_batch *batch = store_batch_new(s->store);
    store_put_meta(batch, str_from(meta_key), STR("2"));
    return commit(g, batch, err);
}

int defaults_make(struct server *s, struct err *err)
{
    struct making g = {.server = s};
    if (store_load_meta(s->store, str_from(meta_key), on_meta, &g, err) < 0)
        return -1;
    if (g.made < MADE_GROUPS && make_groups(&g, err) < 0)
        return -1;
    return g.made < MADE_WAREHOUSE ? make_warehouse(&g, err) : 0;
}
