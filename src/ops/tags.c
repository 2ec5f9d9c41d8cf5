/* TagResource, UntagResource, ListTagsForResource. */
#include "ops/tags.h"

#include "core/session.h"
#include "core/workgroup.h"
#include "ops/data_catalogs.h"
#include "ops/page.h"
#include "ops/table.h"

/* Letters and digits of any script, spaces, and + - = . _ : / @; other ASCII is refused. */
static bool text_allowed(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c & 0x80);
        if (!word && (!c || !strchr(" +-=._:/@", c)))
            return false;
    }
    return true;
}

static int check_one(const struct athena_tag_list *tags, size_t i, struct err *err)
{
    struct str key = tags->items[i].key;
    if (!key.p)
        return err_set_detail(err, ERR_INVALID_REQUEST, "INVALID_INPUT", "A tag needs a key.");
    if (str_starts(key, STR("aws:")))
        return err_set_detail(err, ERR_INVALID_REQUEST, "INVALID_INPUT",
                              "Tag keys that start with aws: are reserved.");
    if (!text_allowed(key) || !text_allowed(tags->items[i].value))
        return err_set_detail(err, ERR_INVALID_REQUEST, "INVALID_INPUT",
                              "A tag has letters, digits, spaces and + - = . _ : / @ only.");
    for (size_t k = 0; k < i; k++)
        if (str_eq(tags->items[k].key, key))
            return err_set_detail(err, ERR_INVALID_REQUEST, "INVALID_INPUT",
                                  "The tag key %.*s is given twice.", STR_ARG(key));
    return 0;
}

int tags_check(const struct athena_tag_list *tags, struct err *err)
{
    if (tags->count > TAGS_PER_RESOURCE)
        return err_set_detail(err, ERR_INVALID_REQUEST, "INVALID_INPUT", "A resource has at most %d tags.",
                              TAGS_PER_RESOURCE);
    for (size_t i = 0; i < tags->count; i++)
        if (check_one(tags, i, err) < 0)
            return -1;
    return 0;
}

/* --- the resource of an ARN --- */

struct tagging {
    struct op_call *call;
    struct str arn;
    void (*then)(struct tagging *g);
};

static void unknown(struct tagging *g)
{
    struct err err;
    err_set_detail(&err, ERR_RESOURCE_NOT_FOUND, "", "The resource %.*s does not exist.",
                   STR_ARG(str_sub(g->arn, 0, 400)));
    op_fail(g->call, &err);
}

static void on_session(void *ctx, const struct session_record *r, const struct err *err)
{
    struct tagging *g = ctx;
    if (r && str_eq(core_session_arn(g->call->core, g->call->arena, r->workgroup, r->id), g->arn))
        g->then(g);
    else if (err && err->code == ERR_INTERNAL)
        op_fail(g->call, err);
    else
        unknown(g);
}

static void on_data_catalog(void *ctx, const struct data_catalog_record *r, const struct err *err)
{
    struct tagging *g = ctx;
    if (r)
        g->then(g);
    else if (err)
        op_fail(g->call, err);
    else
        unknown(g);
}

static void with_resource(struct tagging *g)
{
    struct op_call *call = g->call;
    struct str prefix = core_workgroup_arn(call->core, call->arena, STR(""));
    struct workgroup_view w;
    if (!str_starts(g->arn, STR("arn:"))) {
        op_refuse(call, "ResourceARN is not a valid ARN.");
        return;
    }
    struct str catalogs = data_catalog_arn(call, STR(""));
    if (str_starts(g->arn, catalogs)) {
        struct str name = str_sub(g->arn, catalogs.n, g->arn.n);
        store_get_data_catalog(core_store(call->core), name, on_data_catalog, g);
        return;
    }
    if (!str_starts(g->arn, prefix)) {
        unknown(g);
        return;
    }
    struct str rest = str_sub(g->arn, prefix.n, SIZE_MAX);
    struct str name = str_cut(&rest, '/');
    if (!rest.p && workgroup_find(call->core, name, &w))
        g->then(g);
    else if (rest.p && str_starts(rest, STR("session/")))
        session_get(call->core, str_sub(rest, sizeof "session/" - 1, SIZE_MAX), on_session, g);
    else
        unknown(g);
}

static struct tagging *tagging_new(struct op_call *call, struct str arn, void (*then)(struct tagging *g))
{
    struct tagging *g = arena_alloc(call->arena, sizeof *g);
    g->call = call;
    g->arn = arn;
    g->then = then;
    return g;
}

/* --- TagResource --- */

static void on_tagged(void *ctx, const struct err *err)
{
    struct op_call *call = ctx;
    if (err)
        op_fail(call, err);
    else
        op_ok(call, &(struct athena_tag_resource_output){0});
}

static bool listed(const struct tag_record *r, size_t count, struct str key)
{
    for (size_t i = 0; i < count; i++)
        if (str_eq(r[i].key, key))
            return true;
    return false;
}

static void on_old_tags(void *ctx, const struct tag_record *old, size_t count, const struct err *err)
{
    struct tagging *g = ctx;
    const struct athena_tag_resource_input *in = g->call->input;
    size_t total = count;
    if (err) {
        op_fail(g->call, err);
        return;
    }
    for (size_t i = 0; i < in->tags.count; i++)
        total += !listed(old, count, in->tags.items[i].key);
    if (total > TAGS_PER_RESOURCE) {
        op_refuse(g->call, "A resource has at most %d tags.", TAGS_PER_RESOURCE);
        return;
    }
    struct store_batch *batch = store_batch_new(core_store(g->call->core));
    for (size_t i = 0; i < in->tags.count; i++)
        store_put_tag(batch, g->arn,
                      &(struct tag_record){in->tags.items[i].key, tags_value(&in->tags.items[i])});
    store_commit(core_store(g->call->core), batch, on_tagged, g->call);
}

static void add_tags(struct tagging *g)
{
    store_list_tags(core_store(g->call->core), g->arn, on_old_tags, g);
}

void op_tag_resource(struct op_call *call)
{
    const struct athena_tag_resource_input *in = call->input;
    struct err err;
    if (tags_check(&in->tags, &err) < 0)
        op_fail(call, &err);
    else
        with_resource(tagging_new(call, in->resource_arn, add_tags));
}

/* --- UntagResource --- */

static void on_untagged(void *ctx, const struct err *err)
{
    struct op_call *call = ctx;
    if (err)
        op_fail(call, err);
    else
        op_ok(call, &(struct athena_untag_resource_output){0});
}

static void remove_tags(struct tagging *g)
{
    const struct athena_untag_resource_input *in = g->call->input;
    struct store_batch *batch = store_batch_new(core_store(g->call->core));
    for (size_t i = 0; i < in->tag_keys.count; i++)
        store_delete_tag(batch, g->arn, in->tag_keys.items[i]);
    store_commit(core_store(g->call->core), batch, on_untagged, g->call);
}

void op_untag_resource(struct op_call *call)
{
    const struct athena_untag_resource_input *in = call->input;
    with_resource(tagging_new(call, in->resource_arn, remove_tags));
}

/* --- ListTagsForResource: 50 tags at most, so one page holds them all --- */

static void on_tags(void *ctx, const struct tag_record *r, size_t count, const struct err *err)
{
    struct tagging *g = ctx;
    if (err) {
        op_fail(g->call, err);
        return;
    }
    struct athena_list_tags_for_resource_output out = {.tags = {.count = count, .present = true}};
    out.tags.items = arena_array(g->call->arena, count, sizeof *out.tags.items);
    for (size_t i = 0; i < count; i++)
        out.tags.items[i] = (struct athena_tag){r[i].key, r[i].value};
    op_ok(g->call, &out);
}

static void list_tags(struct tagging *g)
{
    store_list_tags(core_store(g->call->core), g->arn, on_tags, g);
}

void op_list_tags(struct op_call *call)
{
    const struct athena_list_tags_for_resource_input *in = call->input;
    struct str position;
    struct err err;
    if (page_position(call->arena, in->next_token, "tags", in->resource_arn, &position, &err) < 0)
        op_fail(call, &err);
    else
        with_resource(tagging_new(call, in->resource_arn, list_tags));
}
