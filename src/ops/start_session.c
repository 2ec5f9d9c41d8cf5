/* StartSession: what can be known at once is refused at once; the rest is the session's own life. */
#include "base/encode.h"
#include "base/random.h"
#include "base/s3_uri.h"
#include "core/session.h"
#include "ops/group.h"
#include "ops/location.h"
#include "ops/once.h"
#include "ops/table.h"
#include "ops/tags.h"

enum { DETAIL_MAX = 128 * 1024, DPUS_DEFAULT = 20 };

struct start {
    struct op_call *call;
    const struct athena_start_session_request *input;
    struct workgroup_view group;
    struct athena_work_group_configuration configuration;
    struct str engine;
    struct str location; /* without a slash at its end */
    struct token_claim *claim;
    const struct core_tag *tags;
    size_t tag_count;
};

static void fail(struct start *g, const struct err *err)
{
    if (g->claim)
        token_settle(g->call->core, g->claim, STR_NULL, err);
    op_fail(g->call, err);
}

static void answer(struct start *g, struct str id, enum athena_session_state state)
{
    op_ok(g->call, &(struct athena_start_session_response){.session_id = id, .state = state});
}

static void on_started(void *ctx, struct str id, enum athena_session_state state, const struct err *err)
{
    struct start *g = ctx;
    if (err) {
        fail(g, err);
        return;
    }
    if (g->claim)
        token_settle(g->call->core, g->claim, id, NULL);
    answer(g, id, state);
}

/* MaxConcurrentDpus where neither the session nor its workgroup names them. */
static int64_t default_dpus(const struct start *g)
{
    int64_t most = core_config_of(g->call->core)->session_dpus;
    return most < DPUS_DEFAULT ? most : DPUS_DEFAULT;
}

/* The session's engine configuration: what was asked, over the workgroup's, over the defaults. */
static struct athena_engine_configuration engine_configuration(const struct start *g)
{
    struct athena_engine_configuration e = *g->input->engine_configuration;
    const struct athena_engine_configuration *d = g->configuration.engine_configuration;
    static const struct athena_engine_configuration none;
    if (!d)
        d = &none;
    if (!e.coordinator_dpu_size.present)
        e.coordinator_dpu_size = d->coordinator_dpu_size.present ? d->coordinator_dpu_size : MODEL_INT(1);
    if (!e.default_executor_dpu_size.present)
        e.default_executor_dpu_size =
            d->default_executor_dpu_size.present ? d->default_executor_dpu_size : MODEL_INT(1);
    if (!e.max_concurrent_dpus.present)
        e.max_concurrent_dpus =
            d->max_concurrent_dpus.present ? d->max_concurrent_dpus : MODEL_INT(default_dpus(g));
    if (!e.additional_configs.present)
        e.additional_configs = d->additional_configs;
    if (!e.spark_properties.present)
        e.spark_properties = d->spark_properties;
    if (!e.classifications.present)
        e.classifications = d->classifications;
    return e;
}

static int64_t idle_minutes(const struct start *g)
{
    const struct model_int *asked = &g->input->session_idle_timeout_in_minutes;
    return asked->present ? asked->value : core_config_of(g->call->core)->idle_timeout_default_ms / 60000;
}

static struct str execution_role(const struct start *g)
{
    return g->input->execution_role.p ? g->input->execution_role : g->configuration.execution_role;
}

/* Absent if it is too large to be kept. */
static struct str detail(const struct start *g, struct str id, struct athena_engine_configuration *engine,
                         struct str location)
{
    const struct athena_start_session_request *in = g->input;
    const struct athena_result_configuration *results = g->configuration.result_configuration;
    struct athena_session_configuration session = {
        .execution_role = execution_role(g),
        .working_directory = location,
        .idle_timeout_seconds = MODEL_INT(idle_minutes(g) * 60),
        .session_idle_timeout_in_minutes = MODEL_INT(idle_minutes(g)),
        .encryption_configuration = results ? results->encryption_configuration : NULL,
    };
    struct athena_get_session_response d = {
        .session_id = id,
        .description = in->description,
        .work_group = in->work_group,
        .engine_version = g->engine,
        .engine_configuration = engine,
        .notebook_version = in->notebook_version,
        .monitoring_configuration = in->monitoring_configuration ? in->monitoring_configuration
                                                                 : g->configuration.monitoring_configuration,
        .session_configuration = &session,
    };
    CLEANUP_BUF struct buf b;
    buf_init(&b, DETAIL_MAX);
    model_encode(&athena_shape_get_session_response, &d, &b);
    return b.overflow ? STR_NULL : arena_str(g->call->arena, buf_str(&b));
}

/* At the start itself: the workgroup may have been deleted or disabled since the request came. */
static int check_group(const struct start *g, struct err *err)
{
    struct workgroup_view now;
    if (!workgroup_find_pending(g->call->core, g->group.name, &now))
        return err_set_detail(err, ERR_INVALID_REQUEST, "INVALID_INPUT", "WorkGroup is not found.");
    if (!str_is(now.state, "ENABLED"))
        return err_set_detail(err, ERR_INVALID_REQUEST, "INVALID_INPUT", "WorkGroup %.*s is disabled.",
                              STR_ARG(g->group.name));
    return 0;
}

static void start(struct start *g)
{
    struct op_call *call = g->call;
    struct arena *a = call->arena;
    struct athena_engine_configuration engine = engine_configuration(g);
    struct err err;
    if (check_group(g, &err) < 0 ||
        session_make_room(call->core, engine.max_concurrent_dpus.value, &err) < 0) {
        fail(g, &err);
        return;
    }
    char id[UUID_TEXT_LEN + 1];
    random_uuid(id);
    struct str folder = arena_printf(a, "%.*s/session/%s", STR_ARG(g->location), id);
    struct token_record token;
    bool has_token = once_record(call, g->claim, &token);
    struct session_request r = {
        .id = str_from(id),
        .workgroup = g->group.name,
        .description = g->input->description,
        .engine_version = g->engine,
        .principal = call->principal.access_key_id,
        .detail = detail(g, str_from(id), &engine, folder),
        .output_location = folder,
        .execution_role = execution_role(g),
        .idle_timeout_ms = idle_minutes(g) * 60000,
        .max_dpus = engine.max_concurrent_dpus.value,
        .tags = g->tags,
        .tag_count = g->tag_count,
        .tokens = &token,
        .token_count = has_token,
    };
    if (r.detail.p) {
        session_start(call->core, &r, on_started, g);
        return;
    }
    err_set_detail(&err, ERR_INVALID_REQUEST, "INVALID_INPUT",
                   "The session's configuration has more than %d bytes in all.", DETAIL_MAX);
    fail(g, &err);
}

static bool tagged(const struct start *g, struct str key)
{
    for (size_t i = 0; i < g->input->tags.count; i++)
        if (str_eq(g->input->tags.items[i].key, key))
            return true;
    return false;
}

/* The session's own tags win over the workgroup's. */
static void merge_tags(struct start *g, const struct tag_record *of_group, size_t count)
{
    const struct athena_tag_list *own = &g->input->tags;
    struct core_tag *all = arena_array(g->call->arena, own->count + count, sizeof *all);
    size_t n = 0;
    for (size_t i = 0; i < own->count; i++)
        all[n++] = (struct core_tag){own->items[i].key, tags_value(&own->items[i])};
    for (size_t i = 0; i < count && n < TAGS_PER_RESOURCE; i++)
        if (!tagged(g, of_group[i].key))
            all[n++] = (struct core_tag){arena_str(g->call->arena, of_group[i].key),
                                         arena_str(g->call->arena, of_group[i].value)};
    g->tags = all;
    g->tag_count = n;
}

static void on_tags(void *ctx, const struct tag_record *tags, size_t count, const struct err *err)
{
    struct start *g = ctx;
    if (err) {
        fail(g, err);
        return;
    }
    merge_tags(g, tags, count);
    start(g);
}

static void go_on(struct start *g)
{
    const struct model_bool *copy = &g->input->copy_work_group_tags;
    if (copy->present && !copy->value) {
        merge_tags(g, NULL, 0);
        start(g);
    } else {
        struct str arn = core_workgroup_arn(g->call->core, g->call->arena, g->group.name);
        store_list_tags(core_store(g->call->core), arn, on_tags, g);
    }
}

static void refuse_bucket(struct start *g)
{
    struct err err;
    err_set_detail(&err, ERR_INVALID_REQUEST, "INVALID_INPUT",
                   "The bucket of the output location %.*s does not exist.", STR_ARG(g->location));
    fail(g, &err);
}

static void on_bucket(void *ctx, bool missing, const struct err *err)
{
    struct start *g = ctx;
    if (err)
        fail(g, err);
    else if (missing)
        refuse_bucket(g);
    else
        go_on(g);
}

static void on_known(void *ctx, const struct session_record *r, const struct err *err)
{
    struct start *g = ctx;
    if (err)
        op_fail(g->call, err);
    else
        answer(g, r->id, session_state_from(r->state));
}

static void on_claimed(void *ctx, struct token_claim *claim, struct str known_id, const struct err *err)
{
    struct start *g = ctx;
    g->claim = claim;
    if (err) {
        op_fail(g->call, err);
    } else if (known_id.p) {
        session_get(g->call->core, known_id, on_known, g);
    } else {
        location_check(g->call, g->location, on_bucket, g);
    }
}

static bool map_has(const struct athena_parameters_map *m, const char *key)
{
    for (size_t i = 0; i < m->count; i++)
        if (str_is(m->items[i].key, key))
            return true;
    return false;
}

static bool breaks_line(struct str s)
{
    return str_find(s, '\n') != SIZE_MAX || str_find(s, '\r') != SIZE_MAX;
}

/* "spark.athena." is AWS's own; a line break would end a property early. */
static bool properties_allowed(struct op_call *call, const struct athena_parameters_map *m)
{
    for (size_t i = 0; i < m->count; i++) {
        struct str key = m->items[i].key;
        if (str_starts(key, STR("spark.athena."))) {
            op_refuse(call, "The Spark property %.*s is reserved.", STR_ARG(key));
            return false;
        }
        if (breaks_line(key) || breaks_line(m->items[i].value)) {
            op_refuse(call, "The Spark property %.*s contains a line break.", STR_ARG(str_sub(key, 0, 100)));
            return false;
        }
    }
    return true;
}

static bool engine_allowed(struct op_call *call, const struct athena_start_session_request *in)
{
    const struct athena_engine_configuration *e = in->engine_configuration;
    if (map_has(&e->additional_configs, "NotebookId") && !in->notebook_version.p) {
        op_refuse(call, "NotebookVersion is required when NotebookId is provided.");
        return false;
    }
    if (!properties_allowed(call, &e->spark_properties))
        return false;
    for (size_t i = 0; i < e->classifications.count; i++)
        if (!properties_allowed(call, &e->classifications.items[i].properties))
            return false;
    return true;
}

static bool tags_allowed(struct op_call *call, const struct athena_tag_list *tags)
{
    struct err err;
    if (tags_check(tags, &err) == 0)
        return true;
    op_fail(call, &err);
    return false;
}

static bool location_of(struct start *g)
{
    const struct athena_result_configuration *r = g->configuration.result_configuration;
    struct str location =
        r && r->output_location.n ? r->output_location : core_config_of(g->call->core)->default_location;
    if (str_ends(location, STR("/")))
        location.n--;
    g->location = location;
    struct str bucket, key;
    if (s3_uri_split(location, &bucket, &key) && (bucket.n || key.p))
        return true;
    op_refuse(g->call, "outputLocation is not a valid S3 path.");
    return false;
}

void op_start_session(struct op_call *call)
{
    struct start *g = arena_alloc(call->arena, sizeof *g);
    g->call = call;
    g->input = call->input;
    if (!group_find(call, g->input->work_group, &g->group, &g->configuration))
        return;
    g->group.name = g->input->work_group;
    g->engine = group_spark_engine(call->config, &g->configuration);
    if (!g->engine.p)
        op_refuse(call, "Workgroup EngineVersion is not Spark.");
    else if (engine_allowed(call, g->input) && tags_allowed(call, &g->input->tags) && location_of(g)) {
        struct athena_start_session_request same = *g->input;
        same.client_request_token = STR_NULL;
        once_claim(call, g->input->client_request_token, &same, on_claimed, g);
    }
}
