/* CreateWorkGroup, GetWorkGroup, ListWorkGroups, DeleteWorkGroup. */
#include "core/session.h"
#include "ops/group.h"
#include "ops/page.h"
#include "ops/table.h"
#include "ops/tags.h"
#include "ops/workgroup_rules.h"

enum { PAGE_DEFAULT = 50, DETAIL_ARENA_MAX = 8 * 1024 * 1024 };

static void on_created(void *ctx, const struct err *err)
{
    struct op_call *call = ctx;
    if (err)
        op_fail(call, err);
    else
        op_ok(call, &(struct athena_create_work_group_output){0});
}

void op_create_work_group(struct op_call *call)
{
    const struct athena_create_work_group_input *in = call->input;
    struct athena_work_group_configuration g = {0};
    struct workgroup_view old;
    struct err err;
    if (in->configuration)
        g = *in->configuration;
    if (workgroup_find_pending(call->core, in->name, &old)) {
        op_refuse(call, "WorkGroup is already created");
        return;
    }
    struct workgroup_view w = {in->name, STR("ENABLED"), in->description, STR_NULL, core_now_ms(call->core)};
    if (workgroup_check_room(call->core, &err) < 0 ||
        workgroup_settle(call->config, &g, call->arena, &err) < 0 || tags_check(&in->tags, &err) < 0 ||
        group_detail(call->arena, &g, &w.detail, &err) < 0) {
        op_fail(call, &err);
        return;
    }
    struct store_batch *batch = store_batch_new(core_store(call->core));
    struct str arn = core_workgroup_arn(call->core, call->arena, in->name);
    for (size_t i = 0; i < in->tags.count; i++)
        store_put_tag(batch, arn,
                      &(struct tag_record){in->tags.items[i].key, tags_value(&in->tags.items[i])});
    workgroup_put(call->core, &w, batch, on_created, call);
}

static enum athena_work_group_state state_of(const struct workgroup_view *w)
{
    return (enum athena_work_group_state)model_enum_value(&athena_shape_work_group_state, w->state);
}

void op_get_work_group(struct op_call *call)
{
    const struct athena_get_work_group_input *in = call->input;
    struct workgroup_view w;
    struct athena_work_group_configuration g;
    if (!group_find(call, in->work_group, &w, &g))
        return;
    struct athena_work_group out = {
        .name = w.name,
        .state = state_of(&w),
        .configuration = &g,
        .description = w.description,
        .creation_time = MODEL_TIME(w.created_ms),
    };
    op_ok(call, &(struct athena_get_work_group_output){.work_group = &out});
}

/* Only this part of the configuration is kept in the request's memory. An unreadable one leaves it out. */
static struct athena_engine_version *engine_version(struct arena *a, const struct workgroup_view *w)
{
    CLEANUP_ARENA struct arena *own = arena_new(DETAIL_ARENA_MAX);
    struct athena_work_group_configuration g = {0};
    struct err ignored;
    if (model_decode_stored(&athena_shape_work_group_configuration, w->detail, own, &g, &ignored) < 0 ||
        !g.engine_version)
        return NULL;
    struct athena_engine_version *copy = arena_alloc(a, sizeof *copy);
    copy->selected_engine_version = arena_str(a, g.engine_version->selected_engine_version);
    copy->effective_engine_version = arena_str(a, g.engine_version->effective_engine_version);
    return copy;
}

static void fill_summary(struct op_call *call, const struct workgroup_view *w,
                         struct athena_work_group_summary *ret)
{
    *ret = (struct athena_work_group_summary){
        .name = w->name,
        .state = state_of(w),
        .description = w->description,
        .creation_time = MODEL_TIME(w->created_ms),
        .engine_version = engine_version(call->arena, w),
    };
}

void op_list_work_groups(struct op_call *call)
{
    const struct athena_list_work_groups_input *in = call->input;
    size_t limit = in->max_results.present ? (size_t)in->max_results.value : PAGE_DEFAULT;
    struct workgroup_view *found = arena_array(call->arena, limit + 1, sizeof *found);
    struct str after;
    struct err err;
    if (page_position(call->arena, in->next_token, "workgroups", STR(""), &after, &err) < 0) {
        op_fail(call, &err);
        return;
    }
    size_t count = workgroup_list(call->core, after, limit + 1, found);
    size_t shown = count < limit ? count : limit;
    struct athena_list_work_groups_output out = {.work_groups = {.count = shown, .present = true}};
    out.work_groups.items = arena_array(call->arena, shown, sizeof *out.work_groups.items);
    for (size_t i = 0; i < shown; i++)
        fill_summary(call, &found[i], &out.work_groups.items[i]);
    if (count > limit)
        out.next_token = page_token(call->arena, "workgroups", STR(""), found[shown - 1].name);
    op_ok(call, &out);
}

static void on_deleted(void *ctx, const struct err *err)
{
    struct op_call *call = ctx;
    if (err)
        op_fail(call, err);
    else
        op_ok(call, &(struct athena_delete_work_group_output){0});
}

void op_delete_work_group(struct op_call *call)
{
    const struct athena_delete_work_group_input *in = call->input;
    bool recursive = in->recursive_delete_option.present && in->recursive_delete_option.value;
    struct workgroup_view w;
    if (str_is(in->work_group, "primary")) {
        op_refuse(call, "Primary WorkGroup could not be deleted");
    } else if (!workgroup_find_pending(call->core, in->work_group, &w)) {
        op_refuse(call, "WorkGroup is not found.");
    } else if (!recursive && session_count_in(call->core, in->work_group)) {
        op_refuse(
            call,
            "WorkGroup %.*s is not empty: it has live sessions. End them, or set RecursiveDeleteOption.",
            STR_ARG(in->work_group));
    } else {
        session_end_in(call->core, in->work_group);
        workgroup_delete(call->core, in->work_group, store_batch_new(core_store(call->core)), on_deleted,
                         call);
    }
}
