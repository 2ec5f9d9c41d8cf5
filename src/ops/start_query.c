/* StartQueryExecution: what can be known at once is refused at once. */
#include "base/random.h"
#include "base/s3_uri.h"
#include "ops/engines.h"
#include "ops/group.h"
#include "ops/location.h"
#include "ops/once.h"
#include "ops/table.h"
#include "query/query.h"

/* AWS's bound, which the model does not know. */
enum { STATEMENT_MAX = 262144 };

struct start {
    struct op_call *call;
    const struct athena_start_query_execution_input *input;
    struct workgroup_view group;
    struct athena_work_group_configuration configuration;
    struct statement statement;
    struct str location; /* without a slash at its end; absent: the result is managed */
    struct token_claim *claim;
    char id[UUID_TEXT_LEN + 1];
};

static void finish(struct start *g, struct str id, const struct err *err)
{
    if (g->claim)
        token_settle(g->call->core, g->claim, id, err);
    if (err)
        op_fail(g->call, err);
    else
        op_ok(g->call, &(struct athena_start_query_execution_output){.query_execution_id = id});
}

static void on_stored(void *ctx, const struct err *err)
{
    struct start *g = ctx;
    finish(g, err ? STR_NULL : str_from(g->id), err);
}

/* GetQueryExecution's unchanging members; absent if they are too large to be kept. */
static struct str detail(struct start *g)
{
    const struct athena_start_query_execution_input *in = g->input;
    struct arena *a = g->call->arena;
    struct athena_result_configuration result = {0};
    struct athena_managed_query_results_configuration managed = {.enabled = MODEL_BOOL(true)};
    if (in->result_configuration)
        result = *in->result_configuration;
    result.output_location = arena_printf(a, "%.*s/%s.txt", STR_ARG(g->location), g->id);
    struct athena_query_execution d = {
        .query_execution_id = str_from(g->id),
        .query = g->statement.text,
        .statement_type = (enum athena_statement_type)model_enum_value(&athena_shape_statement_type,
                                                                       str_from(g->statement.type)),
        .substatement_type = str_from(g->statement.substatement),
        .managed_query_results_configuration = g->location.p ? NULL : &managed,
        .result_configuration = g->location.p ? &result : NULL,
        .result_reuse_configuration = in->result_reuse_configuration,
        .query_execution_context = in->query_execution_context,
        .work_group = g->group.name,
        .engine_version = g->configuration.engine_version,
        .execution_parameters = in->execution_parameters,
    };
    CLEANUP_BUF struct buf b;
    buf_init(&b, QUERY_DETAIL_MAX);
    model_encode(&athena_shape_query_execution, &d, &b);
    return b.overflow ? STR_NULL : arena_str(a, buf_str(&b));
}

static void start(struct start *g)
{
    struct token_record token;
    struct err err;
    random_uuid(g->id);
    struct query_request r = {
        .id = str_from(g->id),
        .workgroup = g->group.name,
        .detail = detail(g),
        .tokens = &token,
        .token_count = once_record(g->call, g->claim, &token),
    };
    if (r.detail.p) {
        query_start(g->call->queries, &r, on_stored, g);
        return;
    }
    err_set_detail(&err, ERR_INVALID_REQUEST, "INVALID_INPUT", "The request is too large.");
    finish(g, STR_NULL, &err);
}

static void on_claimed(void *ctx, struct token_claim *claim, struct str known_id, const struct err *err)
{
    struct start *g = ctx;
    if (err || known_id.p) {
        finish(g, known_id, err);
        return;
    }
    g->claim = claim;
    start(g);
}

/* What AWS measures a repeated call by: not by the workgroup and the execution parameters. */
static void claim(struct start *g)
{
    struct athena_start_query_execution_input same = *g->input;
    same.client_request_token = STR_NULL;
    same.work_group = STR_NULL;
    memset(&same.execution_parameters, 0, sizeof same.execution_parameters);
    once_claim(g->call, g->input->client_request_token, &same, on_claimed, g);
}

static void on_bucket(void *ctx, bool missing, const struct err *err)
{
    struct start *g = ctx;
    struct str name, key;
    (void)s3_uri_split(g->location, &name, &key);
    if (err)
        op_fail(g->call, err);
    else if (missing)
        op_refuse(g->call, "Unable to verify/create output bucket %.*s", STR_ARG(name));
    else
        claim(g);
}

/* --- Checks, in AWS's order: the location before the statement --- */

static bool choose_location(struct start *g)
{
    const struct athena_work_group_configuration *c = &g->configuration;
    const struct athena_managed_query_results_configuration *m = c->managed_query_results_configuration;
    struct str of_group = c->result_configuration ? c->result_configuration->output_location : STR_NULL;
    struct str asked =
        g->input->result_configuration ? g->input->result_configuration->output_location : STR_NULL;
    bool enforced = c->enforce_work_group_configuration.present && c->enforce_work_group_configuration.value;
    if (m && m->enabled.value) {
        g->location = STR_NULL;
        return true;
    }
    if (asked.n && !(enforced && of_group.n))
        g->location = asked;
    else
        g->location = of_group.n ? of_group : core_config_of(g->call->core)->default_location;
    while (str_ends(g->location, STR("/")))
        g->location.n--;
    if (location_valid(g->location))
        return true;
    op_refuse(g->call, "outputLocation is not a valid S3 path.");
    return false;
}

static bool encryption_allowed(struct start *g)
{
    const struct athena_result_configuration *r = g->input->result_configuration;
    const struct athena_encryption_configuration *e = r ? r->encryption_configuration : NULL;
    if (!e || e->encryption_option == ATHENA_ENCRYPTION_OPTION_SSE_S3)
        return true;
    op_refuse(g->call,
              "This server does not encrypt results with KMS keys: SSE_KMS and CSE_KMS are not available.");
    return false;
}

static bool catalog_allowed(struct start *g)
{
    const struct athena_query_execution_context *c = g->input->query_execution_context;
    if (!c || !c->catalog.n || str_eq_nocase(c->catalog, STR("AwsDataCatalog")))
        return true;
    op_refuse(g->call, "Statements run in the catalog AwsDataCatalog only, not in %.*s.",
              STR_ARG(str_sub(c->catalog, 0, 256)));
    return false;
}

/* Control characters mean nothing in SQL, and would grow sixfold on their way to the driver. */
static bool text_allowed(struct start *g)
{
    struct str text = g->input->query_string;
    struct err err;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if ((unsigned char)c < ' ' && c != '\n' && c != '\r' && c != '\t') {
            err_set_detail(&err, ERR_INVALID_REQUEST, "MALFORMED_QUERY",
                           "The statement contains a control character (at byte %zu).", i + 1);
            op_fail(g->call, &err);
            return false;
        }
    }
    if (text.n <= STATEMENT_MAX)
        return true;
    op_refuse(g->call, "The statement has more than %d bytes.", STATEMENT_MAX);
    return false;
}

static bool group_allowed(struct start *g)
{
    if (!str_is(g->group.state, "ENABLED")) {
        op_refuse(g->call, "WorkGroup %.*s is disabled.", STR_ARG(g->group.name));
        return false;
    }
    if (!group_spark_engine(g->call->config, &g->configuration).p)
        return true;
    op_refuse(g->call,
              "WorkGroup %.*s runs Apache Spark and takes no SQL statements. Use a workgroup of %s, as "
              "primary.",
              STR_ARG(g->group.name), ENGINE_SQL);
    return false;
}

void op_start_query(struct op_call *call)
{
    struct start *g = arena_alloc(call->arena, sizeof *g);
    struct err err;
    g->call = call;
    g->input = call->input;
    struct str name = g->input->work_group.p ? g->input->work_group : STR("primary");
    if (!group_find(call, name, &g->group, &g->configuration))
        return;
    g->group.name = name;
    if (!group_allowed(g) || !choose_location(g) || !encryption_allowed(g) || !catalog_allowed(g) ||
        !text_allowed(g))
        return;
    if (statement_read(g->input->query_string, &g->statement, &err) < 0) {
        op_fail(call, &err);
    } else if (!g->location.p) {
        claim(g);
    } else {
        location_check(call, g->location, on_bucket, g);
    }
}
