/* A statement's object where its location is a bucket elsewhere: it is brought there before the end is
 * shown, and waits in the built-in store where that takes too long. */
#include "base/log.h"
#include "base/s3_uri.h"
#include "query/private.h"

static struct str object_place(const struct query *g, struct str *ret_key)
{
    struct str bucket;
    (void)s3_uri_split(g->location, &bucket, ret_key);
    return bucket;
}

static void on_delivered(void *ctx, const struct err *err)
{
    struct query *g = ctx;
    g->delivery = NULL;
    g->delivery_error = err ? arena_str(g->arena, str_from(err->text)) : STR_NULL;
    if (err)
        log_warn("query", "the result of a statement could not be delivered in time, it waits",
                 F_STR("query_id", g->r.id), F_STR("location", g->location), F_ERR(err));
    g->delivered(g);
}

/* The next statement does not wait for another one's delivery. */
static void step_aside(struct query *g)
{
    struct queries *q = g->queries;
    if (q->active != g)
        return;
    q->active = NULL;
    list_append(&q->ending, &g->link);
    queries_pump_soon(q);
}

bool query_deliver(struct query *g, void (*done)(struct query *g))
{
    struct deliveries *d = core_deliveries(g->queries->core);
    struct str key, bucket = object_place(g, &key);
    g->elsewhere = d && remotes_find(deliveries_remotes(d), bucket);
    if (!g->elsewhere)
        return false;
    g->object = (struct delivery_item){key, STR(QUERY_CONTENT_TYPE), g->body, false};
    g->delivered = done;
    step_aside(g);
    g->delivery = delivery_start(d, bucket, &g->object, 1, on_delivered, g);
    return true;
}

void query_deliver_stop(struct query *g)
{
    if (g->delivery)
        delivery_cancel(TAKE(g->delivery));
}

int query_check_room(const struct query *g, struct err *err)
{
    if (!g->body || !g->elsewhere || g->object.delivered)
        return 0;
    return deliveries_check_room(core_deliveries(g->queries->core), object_body_info(g->body)->size, 1, err);
}

void query_add_object(struct query *g, struct store_batch *batch)
{
    struct core *core = g->queries->core;
    struct object_put put = {.content_type = STR(QUERY_CONTENT_TYPE), .modified_ms = core_now_ms(core)};
    put.bucket = object_place(g, &put.key);
    if (g->elsewhere && g->object.delivered) {
        object_body_free(TAKE(g->body));
        return;
    }
    if (g->elsewhere)
        deliveries_add(core_deliveries(core), batch,
                       &(struct delivery_record){
                           .bucket = put.bucket,
                           .key = put.key,
                           .owner_id = g->r.id,
                           .etag = str_from(object_body_info(g->body)->etag),
                           .size = object_body_info(g->body)->size,
                           .created_ms = put.modified_ms,
                           .error = g->delivery_error,
                       });
    objects_add(g->queries->objects, batch, &put, TAKE(g->body));
}

struct str query_shown_reason(const struct core *core, struct arena *a, const struct query_record *r)
{
    return deliveries_shown_reason(core_deliveries(core), a, r->id, r->reason);
}
