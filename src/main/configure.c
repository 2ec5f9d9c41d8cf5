#include "main/configure.h"

#include "main/machine.h"
#include "main/session_access.h"
#include "main/settings/remote_settings.h"

#include <stdio.h>

/* The runner gives a shim up first and says why; the core's deadline is behind it. */
enum { ADOPT_MARGIN_MS = 30000 };
enum { DEFAULT_CORES_MAX = 4 };

void configure_remotes(struct server *s)
{
    struct remote_config configs[SETTINGS_NAMED_MAX];
    const struct settings *g = &s->settings;
    for (size_t i = 0; i < g->remote_sections.count; i++)
        remote_settings_fill(g->remote_sections.at[i], &configs[i]);
    remotes_configure(s->remotes, configs, g->remote_sections.count);
    s->deliveries_config = (struct deliveries_config){
        .wait_ms = g->delivery_wait,
        .space_bytes = g->delivery_space,
        .retry_ms = g->delivery_retry,
        .parallel = (size_t)g->delivery_parallel,
    };
}

int configure_engines(struct server *s, struct err *err)
{
    size_t count = 0;
    struct str rest = str_from(s->settings.engine_versions);
    s->engine_versions = mem_new_array(strlen(s->settings.engine_versions) + 1, sizeof *s->engine_versions);
    while (rest.p) {
        struct str name = str_trim(str_cut(&rest, ','));
        if (name.n)
            s->engine_versions[count++] = name;
    }
    if (!count)
        return err_set(err, ERR_INVALID_ARGUMENT, "engine.versions names no engine version");
    s->ops_config = (struct ops_config){s->engine_versions, count, str_from(s->settings.server_account)};
    return 0;
}

static char *format(const char *fmt, long long n)
{
    char text[64];
    snprintf(text, sizeof text, fmt, n);
    return mem_strdup(text);
}

int configure_shim(struct server *s, struct err *err)
{
    (void)err;
    const struct settings *g = &s->settings;
    int cores = (int)g->engine_cores;
    if (!cores)
        cores = machine_cores() < DEFAULT_CORES_MAX ? machine_cores() : DEFAULT_CORES_MAX;
    s->shim_config = (struct shim_config){
        .data_folder = s->paths.data,
        .work_root = s->paths.work_root,
        .shim_program = s->paths.shim,
        .interpreter = s->paths.interpreter,
        .driver_folder = s->paths.driver,
        .java_home = s->paths.java_home,
        .master = g->engine_master[0] ? mem_strdup(g->engine_master) : format("local[%lld]", cores),
        .heap = format("%lldm", (long long)(g->engine_heap >> 20)),
        .cgroup = g->isolation_cgroup[0] ? g->isolation_cgroup : NULL,
        .sessions_url = s->sessions.url,
        .ticket = session_access_ticket,
        .ticket_ctx = s,
        .warehouse = g->session_warehouse,
        .metastore_uri = g->session_warehouse[0] ? s->metastore_uri : NULL,
        .cores = cores,
        .memory_bytes = g->engine_memory,
        .stdout_max_bytes = g->calculation_max_stdout,
        .stderr_max_bytes = g->calculation_max_stderr,
        .result_max_bytes = g->calculation_max_result,
        .log_max_bytes = g->retention_max_log,
        .files_max = g->engine_open_files,
        .orphan_timeout_ms = g->session_orphan_timeout,
        .stop_grace_ms = g->session_stop_grace,
        .answer_timeout_ms = g->session_adopt_timeout,
    };
    return 0;
}

void configure_core(struct server *s)
{
    const struct settings *g = &s->settings;
    s->core_config = (struct core_config){
        .region = str_from(g->server_region),
        .account = str_from(g->server_account),
        .partition = STR("aws"),
        .default_location = str_from(g->results_location),
        .memory_room_bytes = g->limits_memory ? g->limits_memory : machine_memory_bytes() / 10 * 9,
        .memory_per_session_bytes = g->engine_memory,
        .session_dpus = g->limits_session_dpus,
        .account_dpus = g->limits_account_dpus,
        .workgroups = g->limits_workgroups,
        .idle_timeout_default_ms = g->session_idle_timeout,
        .expendable = str_from(g->session_expendable),
        .expendable_after_ms = g->session_expendable_after,
        .session_start_ms = g->session_start_timeout,
        .session_longest_ms = g->session_max_lifetime,
        .calculation_longest_ms = g->calculation_max_runtime,
        .cancel_ms = g->calculation_cancel_timeout,
        .stop_grace_ms = g->session_stop_grace,
        .verify_ms = g->session_adopt_timeout + ADOPT_MARGIN_MS,
        .retention_ms = g->retention_records,
        .purge_results = g->retention_purge_results != 0,
        .upload_ms = g->retention_uploads,
        .token_ms = g->retention_tokens,
        .invocation_ms = g->retention_invocations,
        .stdout_bytes = g->calculation_max_stdout,
        .stderr_bytes = g->calculation_max_stderr,
        .result_bytes = g->calculation_max_result,
    };
}

void configure_free(struct server *s)
{
    free((void *)(uintptr_t)s->shim_config.master);
    free((void *)(uintptr_t)s->shim_config.heap);
    free(s->engine_versions);
}
