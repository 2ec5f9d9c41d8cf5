/* ListEngineVersions, ListApplicationDPUSizes: what this server offers. */
#include "ops/engines.h"

#include "ops/page.h"
#include "ops/table.h"

/* Answers pages of a fixed list: the first entry's index and how many; false: the call is answered with an
 * error. */
static bool page_of(struct op_call *call, const char *kind, struct str token, struct model_int max,
                    size_t total, size_t *ret_from, size_t *ret_count)
{
    struct str position;
    struct err err;
    uint64_t from = 0;
    if (page_position(call->arena, token, kind, STR(""), &position, &err) < 0) {
        op_fail(call, &err);
        return false;
    }
    if (position.p && (!str_to_u64(position, &from) || from > total))
        from = total;
    *ret_from = (size_t)from;
    *ret_count = total - *ret_from;
    if (max.present && (size_t)max.value < *ret_count)
        *ret_count = (size_t)max.value;
    return true;
}

static struct str token_after(struct op_call *call, const char *kind, size_t next, size_t total)
{
    return next < total ? page_token(call->arena, kind, STR(""), arena_printf(call->arena, "%zu", next))
                        : STR_NULL;
}

void op_list_engine_versions(struct op_call *call)
{
    const struct athena_list_engine_versions_input *in = call->input;
    const struct ops_config *config = call->config;
    size_t total = 2 + config->engine_version_count, from, count;
    struct athena_engine_version *all = arena_array(call->arena, total, sizeof *all);
    all[0] = (struct athena_engine_version){STR("AUTO"), STR(ENGINE_SQL)};
    all[1] = (struct athena_engine_version){STR(ENGINE_SQL), STR(ENGINE_SQL)};
    for (size_t i = 0; i < config->engine_version_count; i++)
        all[2 + i] = (struct athena_engine_version){config->engine_versions[i], config->engine_versions[i]};
    if (!page_of(call, "engines", in->next_token, in->max_results, total, &from, &count))
        return;
    op_ok(call, &(struct athena_list_engine_versions_output){
                    .engine_versions = {.items = all + from, .count = count, .present = true},
                    .next_token = token_after(call, "engines", from + count, total),
                });
}

void op_list_application_dpu_sizes(struct op_call *call)
{
    const struct athena_list_application_dpu_sizes_input *in = call->input;
    struct model_int one = MODEL_INT(1);
    struct athena_application_dpu_sizes sizes = {
        .application_runtime_id = STR("Athena notebook version 1"),
        .supported_dpu_sizes = {.items = &one, .count = 1, .present = true},
    };
    size_t from, count;
    if (!page_of(call, "sizes", in->next_token, in->max_results, 1, &from, &count))
        return;
    op_ok(call, &(struct athena_list_application_dpu_sizes_output){
                    .application_dpu_sizes = {.items = &sizes + from, .count = count, .present = true},
                    .next_token = token_after(call, "sizes", from + count, 1),
                });
}
