/* UpdateWorkGroup: what the update names changes, the rest stays. */
#include "ops/group.h"
#include "ops/table.h"
#include "ops/workgroup_rules.h"

#define REPLACE(to, from)                                                                                    \
    do {                                                                                                     \
        if ((from).present)                                                                                  \
            (to) = (from);                                                                                   \
    } while (0)

static bool asks(struct model_bool b)
{
    return b.present && b.value;
}

static void update_results(struct athena_work_group_configuration *g,
                           const struct athena_result_configuration_updates *u, struct arena *a)
{
    struct athena_result_configuration *r = arena_alloc(a, sizeof *r);
    if (g->result_configuration)
        *r = *g->result_configuration;
    if (u->output_location.p)
        r->output_location = u->output_location;
    if (asks(u->remove_output_location))
        r->output_location = STR_NULL;
    if (u->encryption_configuration)
        r->encryption_configuration = u->encryption_configuration;
    if (asks(u->remove_encryption_configuration))
        r->encryption_configuration = NULL;
    if (u->expected_bucket_owner.p)
        r->expected_bucket_owner = u->expected_bucket_owner;
    if (asks(u->remove_expected_bucket_owner))
        r->expected_bucket_owner = STR_NULL;
    if (u->acl_configuration)
        r->acl_configuration = u->acl_configuration;
    if (asks(u->remove_acl_configuration))
        r->acl_configuration = NULL;
    g->result_configuration = r;
}

static void update_managed(struct athena_work_group_configuration *g,
                           const struct athena_managed_query_results_configuration_updates *u,
                           struct arena *a)
{
    struct athena_managed_query_results_configuration *m = arena_alloc(a, sizeof *m);
    if (g->managed_query_results_configuration)
        *m = *g->managed_query_results_configuration;
    REPLACE(m->enabled, u->enabled);
    if (u->encryption_configuration)
        m->encryption_configuration = u->encryption_configuration;
    if (asks(u->remove_encryption_configuration))
        m->encryption_configuration = NULL;
    g->managed_query_results_configuration = m;
}

static void update_spark(struct athena_work_group_configuration *g,
                         const struct athena_work_group_configuration_updates *u)
{
    if (u->additional_configuration.p)
        g->additional_configuration = u->additional_configuration;
    if (u->execution_role.p)
        g->execution_role = u->execution_role;
    if (u->monitoring_configuration)
        g->monitoring_configuration = u->monitoring_configuration;
    if (u->engine_configuration)
        g->engine_configuration = u->engine_configuration;
    if (u->customer_content_encryption_configuration)
        g->customer_content_encryption_configuration = u->customer_content_encryption_configuration;
    if (asks(u->remove_customer_content_encryption_configuration))
        g->customer_content_encryption_configuration = NULL;
}

static void update(struct athena_work_group_configuration *g,
                   const struct athena_work_group_configuration_updates *u, struct arena *a)
{
    REPLACE(g->enforce_work_group_configuration, u->enforce_work_group_configuration);
    REPLACE(g->publish_cloud_watch_metrics_enabled, u->publish_cloud_watch_metrics_enabled);
    REPLACE(g->bytes_scanned_cutoff_per_query, u->bytes_scanned_cutoff_per_query);
    if (asks(u->remove_bytes_scanned_cutoff_per_query))
        g->bytes_scanned_cutoff_per_query.present = false;
    REPLACE(g->requester_pays_enabled, u->requester_pays_enabled);
    REPLACE(g->enable_minimum_encryption_configuration, u->enable_minimum_encryption_configuration);
    if (u->query_results_s3_access_grants_configuration)
        g->query_results_s3_access_grants_configuration = u->query_results_s3_access_grants_configuration;
    if (u->engine_version)
        g->engine_version = u->engine_version;
    if (u->result_configuration_updates)
        update_results(g, u->result_configuration_updates, a);
    if (u->managed_query_results_configuration_updates)
        update_managed(g, u->managed_query_results_configuration_updates, a);
    update_spark(g, u);
}

static void on_updated(void *ctx, const struct err *err)
{
    struct op_call *call = ctx;
    if (err)
        op_fail(call, err);
    else
        op_ok(call, &(struct athena_update_work_group_output){0});
}

static int change(struct op_call *call, struct workgroup_view *w, struct err *err)
{
    const struct athena_update_work_group_input *in = call->input;
    struct athena_work_group_configuration g = {0};
    if (model_decode_stored(&athena_shape_work_group_configuration, w->detail, call->arena, &g, err) < 0)
        return err_set(err, ERR_INTERNAL, "The workgroup's configuration cannot be read.");
    bool spark = group_spark_engine(call->config, &g).p != NULL;
    if (in->configuration_updates)
        update(&g, in->configuration_updates, call->arena);
    if (workgroup_settle(call->config, &g, call->arena, err) < 0)
        return -1;
    if (spark != (group_spark_engine(call->config, &g).p != NULL))
        return err_set_detail(err, ERR_INVALID_REQUEST, "INVALID_INPUT",
                              "A WorkGroup cannot change between Athena SQL and Apache Spark.");
    if (group_detail(call->arena, &g, &w->detail, err) < 0)
        return -1;
    if (in->description.p)
        w->description = in->description;
    if (in->state)
        w->state = athena_work_group_state_name(in->state);
    return 0;
}

void op_update_work_group(struct op_call *call)
{
    const struct athena_update_work_group_input *in = call->input;
    struct workgroup_view w;
    struct err err;
    if (!workgroup_find_pending(call->core, in->work_group, &w))
        op_refuse(call, "WorkGroup is not found.");
    else if (change(call, &w, &err) < 0)
        op_fail(call, &err);
    else
        workgroup_put(call->core, &w, store_batch_new(core_store(call->core)), on_updated, call);
}
