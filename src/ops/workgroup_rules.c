#include "ops/workgroup_rules.h"

#include "ops/engines.h"
#include "ops/group.h"
#include "ops/location.h"

static int refuse(struct err *err, const char *text)
{
    return err_set_detail(err, ERR_INVALID_REQUEST, "INVALID_INPUT", "%s", text);
}

static int settle_engine(const struct ops_config *config, struct athena_work_group_configuration *g,
                         struct arena *a, struct err *err)
{
    struct str selected = g->engine_version ? g->engine_version->selected_engine_version : STR_NULL;
    if (!selected.p)
        selected = STR("AUTO");
    g->engine_version = arena_alloc(a, sizeof *g->engine_version);
    g->engine_version->selected_engine_version = selected;
    if (str_is(selected, "AUTO") || str_is(selected, ENGINE_SQL)) {
        g->engine_version->effective_engine_version = STR(ENGINE_SQL);
        return 0;
    }
    g->engine_version->effective_engine_version = selected;
    if (group_spark_engine(config, g).p)
        return 0;
    return err_set_detail(err, ERR_INVALID_REQUEST, "INVALID_INPUT", "Engine version %.*s is not supported.",
                          STR_ARG(str_sub(selected, 0, 128)));
}

static int check_location(const struct athena_work_group_configuration *g, struct err *err)
{
    struct str location = g->result_configuration ? g->result_configuration->output_location : STR_NULL;
    if (location.n && !location_valid(location))
        return refuse(err, "outputLocation is not a valid S3 path.");
    return 0;
}

static bool by_kms(const struct athena_encryption_configuration *e)
{
    return e && e->encryption_option != ATHENA_ENCRYPTION_OPTION_SSE_S3;
}

/* What this server does not do is not promised. */
static int check_encryption(const struct athena_work_group_configuration *g, struct err *err)
{
    const struct athena_managed_query_results_configuration *m = g->managed_query_results_configuration;
    if (g->result_configuration && by_kms(g->result_configuration->encryption_configuration))
        return refuse(
            err,
            "This server does not encrypt results with KMS keys: SSE_KMS and CSE_KMS are not available.");
    if (g->customer_content_encryption_configuration)
        return refuse(err, "This server does not encrypt code and notebooks with a KMS key: "
                           "CustomerContentEncryptionConfiguration is not available.");
    if (m && m->encryption_configuration)
        return refuse(err, "This server does not encrypt managed query results with a KMS key.");
    return 0;
}

int workgroup_settle(const struct ops_config *config, struct athena_work_group_configuration *g,
                     struct arena *a, struct err *err)
{
    if (settle_engine(config, g, a, err) < 0 || check_location(g, err) < 0 || check_encryption(g, err) < 0)
        return -1;
    if (group_spark_engine(config, g).p && !g->execution_role.p)
        return refuse(err, "executionRole is null or empty");
    if (!g->enforce_work_group_configuration.present)
        g->enforce_work_group_configuration = MODEL_BOOL(true);
    if (!g->publish_cloud_watch_metrics_enabled.present)
        g->publish_cloud_watch_metrics_enabled = MODEL_BOOL(true);
    if (!g->requester_pays_enabled.present)
        g->requester_pays_enabled = MODEL_BOOL(false);
    return 0;
}
