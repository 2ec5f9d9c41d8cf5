/* The start order, and its reverse. */
#include "main/server.h"

#include "base/log.h"
#include "base/reserve.h"
#include "main/configure.h"
#include "main/data_folder.h"
#include "main/defaults.h"
#include "main/disk_keeper.h"
#include "main/dropped_data.h"
#include "main/listeners.h"
#include "main/log_retention.h"
#include "main/lost_index.h"
#include "main/metastore.h"
#include "main/new_folders.h"
#include "main/paths.h"
#include "main/session_logs.h"

#include <stdio.h>

static int start_log(struct server *s, struct err *err)
{
    static const char *const levels[] = {"debug", "info", "warn", "error"};
    (void)err;
    for (size_t i = 0; i < ARRAY_SIZE(levels); i++)
        if (strcmp(s->settings.log_level, levels[i]) == 0)
            log_setup((enum log_level)i, strcmp(s->settings.log_format, "json") == 0 ? LOG_JSON : LOG_LOGFMT);
    return 0;
}

static int start_folder(struct server *s, struct err *err)
{
    if (settings_check(&s->settings, err) < 0 || paths_find(&s->settings, &s->paths, err) < 0)
        return -1;
    s->lock_fd = data_folder_open(s->paths.data, err);
    return s->lock_fd < 0 ? -1 : 0;
}

static int start_keys(struct server *s, struct err *err)
{
    struct access_key first;
    struct err ignored; /* all keys disabled: the operator's choice */
    if (key_file_ensure(s->paths.data, clock_wall_ms(&clock_system), &first, &ignored) == 0)
        explicit_bzero(&first, sizeof first);
    s->keys = keys_open(s->paths.data, &clock_system, err);
    if (!s->keys)
        return -1;
    s->temporary = temporary_keys_open(s->paths.data, err);
    if (!s->temporary)
        return -1;
    s->verifier = sigv4_verifier_new(&(struct sigv4_settings){
        .region = s->settings.server_region,
        .skew_ms = s->settings.signature_max_skew,
        .cached_keys = (size_t)s->settings.signature_cached_keys,
    });
    return 0;
}

static int start_store(struct server *s, struct err *err)
{
    if (lost_index_check(s->paths.data, err) < 0)
        return -1;
    s->store = store_open_sqlite(s->loop, s->paths.data, err);
    return s->store ? 0 : -1;
}

static int start_objects(struct server *s, struct err *err)
{
    s->objects = objects_open(s->loop, s->store, s->paths.data, err);
    return s->objects ? 0 : -1;
}

static int start_remotes(struct server *s, struct err *err)
{
    s->remotes = remotes_new(s->loop, &clock_system);
    configure_remotes(s);
    s->deliveries = deliveries_new(s->loop, s->objects, s->remotes, &clock_system, &s->deliveries_config);
    s->proxy = proxy_new(s->remotes, s->deliveries);
    return deliveries_load(s->deliveries, err);
}

/* The place of the database `default` where sessions keep their tables to themselves. */
#define NO_WAREHOUSE "s3://glaux-data/warehouse"

static int start_catalog(struct server *s, struct err *err)
{
    const struct settings *g = &s->settings;
    s->catalog = catalog_open(s->loop,
                              &(struct catalog_config){
                                  .folder = s->paths.data,
                                  .database = g->catalog_database,
                                  .database_timeout_ms = g->catalog_database_timeout,
                                  .warehouse = g->session_warehouse[0] ? g->session_warehouse : NO_WAREHOUSE,
                                  .versions_kept = g->catalog_versions,
                                  .removal_wait_ms = g->catalog_removal_wait,
                                  .files = {.ctx = s, .make = new_folder_make, .remove = dropped_data_remove},
                                  .clock = &clock_system,
                              },
                              err);
    return s->catalog ? 0 : -1;
}

static void use_isolation(struct server *s, bool on)
{
    s->isolated = on;
    free(s->paths.work_root);
    s->paths.work_root = paths_work_root(&s->settings, s->paths.data, on);
    s->shim_config.work_root = s->paths.work_root;
    s->shim_config.uid_first = on ? (uint32_t)s->settings.isolation_uid_first : 0;
    s->shim_config.uid_count = on ? (uint32_t)s->settings.isolation_uid_count : 0;
}

static int choose_isolation(struct server *s, struct err *err)
{
    struct err why;
    const char *mode = s->settings.isolation_mode;
    use_isolation(s, strcmp(mode, "uid") == 0 || (strcmp(mode, "auto") == 0 && geteuid() == 0));
    if (!s->isolated || shim_isolation_probe(&s->shim_config, &why) == 0)
        return 0;
    return err_set(
        err, why.code,
        "%.800s Drivers cannot have users of their own; isolation.mode=none lets them run as the server's.",
        why.text);
}

static int start_runner(struct server *s, struct err *err)
{
    if (choose_isolation(s, err) < 0)
        return -1;
    s->runner = shim_runner_new(s->loop, &s->shim_config, err);
    return s->runner ? 0 : -1;
}

static int start_core(struct server *s, struct err *err)
{
    configure_core(s);
    struct core_parts parts = {
        .config = &s->core_config,
        .clock = &clock_system,
        .timers = loop_timers(s->loop),
        .loop = s->loop,
        .store = s->store,
        .objects = s->objects,
        .runner = s->runner,
        .deliveries = s->deliveries,
    };
    s->core = core_new(&parts);
    s->query_config = (struct query_config){
        .engine_version = s->engine_versions[0],
        .idle_timeout_ms = s->settings.query_idle_timeout,
        .queue_longest_ms = s->settings.query_queue_timeout,
    };
    s->queries = queries_new(s->core, s->objects, s->loop, loop_timers(s->loop), &s->query_config);
    if (queries_load(s->queries, err) < 0 || core_load(s->core, err) < 0)
        return -1;
    queries_resume(s->queries);
    return 0;
}

static int start_http(struct server *s, struct err *err)
{
    const struct settings *g = &s->settings;
    s->metrics = metrics_new();
    s->s3 = s3_endpoint_new(s->objects, &(struct s3_config){
                                            .region = str_from(g->server_region),
                                            .account = str_from(g->server_account),
                                            .owner_name = STR("glaux"),
                                            .max_object_bytes = g->results_max_object,
                                            .clock = &clock_system,
                                            .elsewhere = proxy_elsewhere(s->proxy),
                                        });
    return listeners_start(s, err);
}

struct step {
    int (*start)(struct server *s, struct err *err);
    bool writes; /* files of a data folder that is not new; where it fails it leaves nothing half done */
};

static int take(const struct step *step, struct server *s, struct err *err)
{
    while (step->start(s, err) < 0)
        if (!step->writes || err->code != ERR_NO_SPACE || !reserve_take(s->paths.data))
            return -1;
    return 0;
}

int server_start(struct server *s, struct err *err)
{
    static const struct step steps[] = {
        {start_log, false},       {start_folder, false},   {start_keys, false},   {start_store, true},
        {start_objects, true},    {start_remotes, false},  {start_catalog, true}, {configure_engines, false},
        {defaults_make, true},    {configure_shim, false}, {start_runner, true},  {start_core, false},
        {metastore_start, false}, {start_http, false},
    };
    s->lock_fd = -1;
    s->clients.server = s->sessions.server = s;
    s->loop = loop_new();
    for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
        if (take(&steps[i], s, err) < 0)
            return -1;
    s->disk_keeper = disk_keeper_start(s);
    s->log_retention = log_retention_start(s);
    s->session_logs = session_logs_start(s);
    s->ready = true;
    return 0;
}

void server_stop(struct server *s)
{
    disk_keeper_stop(s->disk_keeper);
    log_retention_stop(s->log_retention);
    session_logs_stop(s->session_logs);
    listeners_free(s);
    if (s->queries)
        queries_detach(s->queries);
    if (s->core)
        core_detach(s->core);
    deliveries_free(s->deliveries);
    remotes_free(s->remotes);
    loop_finish_work(s->loop);
    hive_server_stop(s->hive);
    catalog_close(s->catalog);
    if (s->objects)
        objects_close(s->objects);
    store_close(s->store);
    session_logs_free(s->session_logs);
    s3_endpoint_free(s->s3);
    queries_free(s->queries);
    proxy_free(s->proxy);
    if (s->core)
        core_free(s->core);
    loop_free(s->loop);
    if (s->runner)
        shim_runner_free(s->runner);
    sigv4_verifier_free(s->verifier);
    keys_free(s->keys);
    temporary_keys_free(s->temporary);
    metrics_free(s->metrics);
    configure_free(s);
    paths_done(&s->paths);
    if (s->lock_fd >= 0)
        close(s->lock_fd);
}

void server_reload(struct server *s, struct settings *fresh)
{
    struct err err;
    size_t need_restart = settings_reload(&s->settings, fresh);
    (void)start_log(s, &err);
    sigv4_verifier_set_skew(s->verifier, s->settings.signature_max_skew);
    configure_core(s);
    configure_remotes(s);
    deliveries_try_now(s->deliveries);
    listeners_reload(s);
    if (keys_reload(s->keys, &err) < 0)
        log_error("main", "the access keys were not reloaded", F_ERR(&err));
    log_info("main", "settings reloaded", F_INT("need_restart", need_restart));
}
