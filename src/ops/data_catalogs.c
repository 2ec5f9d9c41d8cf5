/* CreateDataCatalog, GetDataCatalog, UpdateDataCatalog, DeleteDataCatalog, ListDataCatalogs. */
#include "ops/data_catalogs.h"

#include "ops/page.h"
#include "ops/table.h"
#include "ops/tags.h"

enum { PAGE_DEFAULT = 50, DETAIL_MAX = 256 * 1024, DETAIL_ARENA_MAX = 8 * 1024 * 1024 };

struct str data_catalog_arn(struct op_call *call, struct str name)
{
    const struct core_config *c = core_config_of(call->core);
    return arena_printf(call->arena, "arn:%.*s:athena:%.*s:%.*s:datacatalog/%.*s", STR_ARG(c->partition),
                        STR_ARG(c->region), STR_ARG(c->account), STR_ARG(name));
}

static void not_found(struct op_call *call, struct str name)
{
    op_refuse(call, "DataCatalog %.*s was not found", STR_ARG(str_sub(name, 0, 256)));
}

static struct athena_data_catalog own_catalog(struct op_call *call)
{
    struct athena_data_catalog d = {
        .name = STR(CATALOG_OWN),
        .type = ATHENA_DATA_CATALOG_TYPE_GLUE,
    };
    d.parameters.present = true;
    d.parameters.count = 1;
    d.parameters.items = arena_alloc(call->arena, sizeof *d.parameters.items);
    d.parameters.items[0].key = STR("catalog-id");
    d.parameters.items[0].value = core_config_of(call->core)->account;
    return d;
}

static int encode(struct op_call *call, const struct athena_data_catalog *d, struct str *ret)
{
    CLEANUP_BUF struct buf b;
    buf_init(&b, DETAIL_MAX);
    model_encode(&athena_shape_data_catalog, d, &b);
    if (b.overflow) {
        op_refuse(call, "The parameters of the data catalog have more than %d bytes.", DETAIL_MAX);
        return -1;
    }
    *ret = arena_str(call->arena, buf_str(&b));
    return 0;
}

/* --- CreateDataCatalog --- */

static void on_created(void *ctx, const struct err *err)
{
    struct op_call *call = ctx;
    const struct athena_create_data_catalog_input *in = call->input;
    struct athena_data_catalog d = {
        .name = in->name,
        .description = in->description,
        .type = in->type,
        .parameters = in->parameters,
        .status = ATHENA_DATA_CATALOG_STATUS_CREATE_COMPLETE,
    };
    if (err && err->code == ERR_CONFLICT)
        op_refuse(call, "DataCatalog %.*s is already created", STR_ARG(in->name));
    else if (err)
        op_fail(call, err);
    else
        op_ok(call, &(struct athena_create_data_catalog_output){.data_catalog = &d});
}

void op_create_data_catalog(struct op_call *call)
{
    const struct athena_create_data_catalog_input *in = call->input;
    struct athena_data_catalog d = {
        .name = in->name, .description = in->description, .type = in->type, .parameters = in->parameters};
    struct str detail;
    struct err err;
    if (data_catalog_is_own(in->name)) {
        op_refuse(call, "DataCatalog %.*s is already created", STR_ARG(in->name));
    } else if (tags_check(&in->tags, &err) < 0) {
        op_fail(call, &err);
    } else if (encode(call, &d, &detail) == 0) {
        struct store_batch *batch = store_batch_new(core_store(call->core));
        struct str arn = data_catalog_arn(call, in->name);
        store_add_data_catalog(batch,
                               &(struct data_catalog_record){in->name, detail, core_now_ms(call->core)});
        for (size_t i = 0; i < in->tags.count; i++)
            store_put_tag(batch, arn,
                          &(struct tag_record){in->tags.items[i].key, tags_value(&in->tags.items[i])});
        store_commit(core_store(call->core), batch, on_created, call);
    }
}

/* --- GetDataCatalog --- */

static void on_got(void *ctx, const struct data_catalog_record *r, const struct err *err)
{
    struct op_call *call = ctx;
    const struct athena_get_data_catalog_input *in = call->input;
    struct athena_data_catalog d = {0};
    struct err e;
    if (err)
        op_fail(call, err);
    else if (!r)
        not_found(call, in->name);
    else if (model_decode_stored(&athena_shape_data_catalog, r->detail, call->arena, &d, &e) < 0)
        op_fail(call, &e);
    else
        op_ok(call, &(struct athena_get_data_catalog_output){.data_catalog = &d});
}

void op_get_data_catalog(struct op_call *call)
{
    const struct athena_get_data_catalog_input *in = call->input;
    struct athena_data_catalog own = own_catalog(call);
    if (data_catalog_is_own(in->name))
        op_ok(call, &(struct athena_get_data_catalog_output){.data_catalog = &own});
    else
        store_get_data_catalog(core_store(call->core), in->name, on_got, call);
}

/* --- UpdateDataCatalog --- */

static void on_updated(void *ctx, const struct err *err)
{
    struct op_call *call = ctx;
    if (err)
        op_fail(call, err);
    else
        op_ok(call, &(struct athena_update_data_catalog_output){0});
}

static void on_update_found(void *ctx, const struct data_catalog_record *r, const struct err *err)
{
    struct op_call *call = ctx;
    const struct athena_update_data_catalog_input *in = call->input;
    struct athena_data_catalog d = {
        .name = in->name, .description = in->description, .type = in->type, .parameters = in->parameters};
    struct str detail;
    if (err) {
        op_fail(call, err);
    } else if (!r) {
        not_found(call, in->name);
    } else if (encode(call, &d, &detail) == 0) {
        struct store_batch *batch = store_batch_new(core_store(call->core));
        store_put_data_catalog(batch, &(struct data_catalog_record){in->name, detail, r->created_ms});
        store_commit(core_store(call->core), batch, on_updated, call);
    }
}

void op_update_data_catalog(struct op_call *call)
{
    const struct athena_update_data_catalog_input *in = call->input;
    if (data_catalog_is_own(in->name))
        op_refuse(call, "DataCatalog %s cannot be changed", CATALOG_OWN);
    else
        store_get_data_catalog(core_store(call->core), in->name, on_update_found, call);
}

/* --- DeleteDataCatalog --- */

struct deletion {
    struct op_call *call;
    struct athena_data_catalog catalog;
};

static void on_deleted(void *ctx, const struct err *err)
{
    struct deletion *g = ctx;
    if (err)
        op_fail(g->call, err);
    else
        op_ok(g->call, &(struct athena_delete_data_catalog_output){.data_catalog = &g->catalog});
}

static void on_delete_found(void *ctx, const struct data_catalog_record *r, const struct err *err)
{
    struct deletion *g = ctx;
    struct op_call *call = g->call;
    const struct athena_delete_data_catalog_input *in = call->input;
    struct err e;
    if (err) {
        op_fail(call, err);
    } else if (!r) {
        not_found(call, in->name);
    } else if (model_decode_stored(&athena_shape_data_catalog, r->detail, call->arena, &g->catalog, &e) < 0) {
        op_fail(call, &e);
    } else {
        struct store_batch *batch = store_batch_new(core_store(call->core));
        g->catalog.status = ATHENA_DATA_CATALOG_STATUS_DELETE_COMPLETE;
        store_delete_data_catalog(batch, in->name);
        store_delete_tags(batch, data_catalog_arn(call, in->name));
        store_commit(core_store(call->core), batch, on_deleted, g);
    }
}

void op_delete_data_catalog(struct op_call *call)
{
    const struct athena_delete_data_catalog_input *in = call->input;
    struct deletion *g = arena_alloc(call->arena, sizeof *g);
    g->call = call;
    if (data_catalog_is_own(in->name))
        op_refuse(call, "DataCatalog %s cannot be deleted", CATALOG_OWN);
    else
        store_get_data_catalog(core_store(call->core), in->name, on_delete_found, g);
}

/* --- ListDataCatalogs: AwsDataCatalog first, then by name --- */

struct listing {
    struct op_call *call;
    struct str after; /* absent: from the start */
    size_t limit;
};

static enum athena_data_catalog_type type_of(const struct data_catalog_record *r)
{
    CLEANUP_ARENA struct arena *own = arena_new(DETAIL_ARENA_MAX);
    struct athena_data_catalog d = {0};
    struct err ignored; /* an unreadable one has no type */
    if (model_decode_stored(&athena_shape_data_catalog, r->detail, own, &d, &ignored) < 0)
        return ATHENA_DATA_CATALOG_TYPE_ABSENT;
    return d.type;
}

static void add(struct athena_data_catalog_summary_list *list, struct str name,
                enum athena_data_catalog_type type)
{
    list->items[list->count++] = (struct athena_data_catalog_summary){.catalog_name = name, .type = type};
}

static void on_list(void *ctx, const struct data_catalog_record *r, size_t count, const struct err *err)
{
    struct listing *g = ctx;
    struct arena *a = g->call->arena;
    struct athena_list_data_catalogs_output out = {.data_catalogs_summary = {.present = true}};
    struct athena_data_catalog_summary_list *list = &out.data_catalogs_summary;
    if (err) {
        op_fail(g->call, err);
        return;
    }
    list->items = arena_array(a, g->limit, sizeof *list->items);
    if (!g->after.p)
        add(list, STR(CATALOG_OWN), ATHENA_DATA_CATALOG_TYPE_GLUE);
    size_t i = 0;
    while (i < count && g->after.n && str_cmp(r[i].name, g->after) <= 0)
        i++;
    for (; i < count && list->count < g->limit; i++)
        add(list, arena_str(a, r[i].name), type_of(&r[i]));
    if (i < count)
        out.next_token =
            page_token(a, "catalogs", STR(""),
                       list->count > 1 || g->after.p ? list->items[list->count - 1].catalog_name : STR(""));
    op_ok(g->call, &out);
}

void op_list_data_catalogs(struct op_call *call)
{
    const struct athena_list_data_catalogs_input *in = call->input;
    struct listing *g = arena_alloc(call->arena, sizeof *g);
    struct err err;
    g->call = call;
    g->limit = in->max_results.present ? (size_t)in->max_results.value : PAGE_DEFAULT;
    if (page_position(call->arena, in->next_token, "catalogs", STR(""), &g->after, &err) < 0)
        op_fail(call, &err);
    else
        store_list_data_catalogs(core_store(call->core), on_list, g);
}
