/* Where a calculation's objects go: into the built-in store by the commit that ends it, or before that commit
 * to the bucket elsewhere that its location names. What could not be brought there in time waits in the
 * built-in store. */
#include "core/internal.h"

#include "base/log.h"
#include "base/s3_uri.h"

static const char *const object_names[OUTPUTS] = {"stdout", "stderr", "result"};
static const char *const content_types[OUTPUTS] = {"text/plain; charset=utf-8", "text/plain; charset=utf-8",
                                                   CALCULATION_RESULT_TYPE};

static struct str split_location(const struct calculation *c, struct str *ret_folder)
{
    struct str bucket;
    (void)s3_uri_split(c->working_directory, &bucket, ret_folder);
    return bucket;
}

static bool lives_elsewhere(const struct calculation *c)
{
    struct str folder;
    struct deliveries *d = c->core->p.deliveries;
    return d && remotes_find(deliveries_remotes(d), split_location(c, &folder));
}

/* Once: the arena is not for every attempt. */
static void name_objects(struct calculation *c)
{
    struct str folder;
    (void)split_location(c, &folder);
    for (size_t i = 0; i < OUTPUTS && !c->objects[i].key.p; i++) {
        c->objects[i].key = arena_printf(c->arena, "%.*s/%s", STR_ARG(folder), object_names[i]);
        c->objects[i].content_type = str_from(content_types[i]);
    }
}

static void on_delivered(void *ctx, const struct err *err)
{
    struct calculation *c = ctx;
    c->delivery = NULL;
    text_set(&c->delivery_error, err ? err->text : NULL);
    if (err)
        log_warn("core", "the output of a calculation could not be delivered in time, it waits",
                 F_STR("calculation_id", c->id), F_STR("location", c->working_directory), F_ERR(err));
    c->delivered(c);
}

bool calculation_deliver(struct calculation *c, void (*done)(struct calculation *c))
{
    struct str folder;
    name_objects(c);
    for (size_t i = 0; i < OUTPUTS; i++) {
        c->objects[i].body = c->bodies[i];
        c->objects[i].delivered = false;
    }
    c->elsewhere = lives_elsewhere(c);
    if (!c->elsewhere)
        return false;
    c->delivered = done;
    c->delivery = delivery_start(c->core->p.deliveries, split_location(c, &folder), c->objects, OUTPUTS,
                                 on_delivered, c);
    return true;
}

void calculation_deliver_stop(struct calculation *c)
{
    if (c->delivery)
        delivery_cancel(TAKE(c->delivery));
}

int calculation_check_room(const struct calculation *c, struct err *err)
{
    int64_t bytes = 0;
    size_t waiting = 0;
    if (!c->elsewhere)
        return 0;
    for (size_t i = 0; i < OUTPUTS; i++) {
        if (c->objects[i].delivered)
            continue;
        bytes += object_body_info(c->bodies[i])->size;
        waiting++;
    }
    return waiting ? deliveries_check_room(c->core->p.deliveries, bytes, waiting, err) : 0;
}

static void add_waiting(struct calculation *c, struct store_batch *batch, const struct object_put *put,
                        const struct object_body_info *info)
{
    deliveries_add(c->core->p.deliveries, batch,
                   &(struct delivery_record){
                       .bucket = put->bucket,
                       .key = put->key,
                       .owner_id = c->id,
                       .etag = str_from(info->etag),
                       .size = info->size,
                       .created_ms = put->modified_ms,
                       .error = str_from(c->delivery_error),
                   });
}

void calculation_add_objects(struct calculation *c, struct store_batch *batch)
{
    struct str folder;
    for (size_t i = 0; i < OUTPUTS; i++) {
        struct object_put put = {
            .bucket = split_location(c, &folder),
            .key = c->objects[i].key,
            .content_type = c->objects[i].content_type,
            .modified_ms = clock_wall_ms(c->core->p.clock),
        };
        c->objects[i].body = NULL;
        if (c->objects[i].delivered) {
            object_body_free(TAKE(c->bodies[i]));
            continue;
        }
        if (c->elsewhere)
            add_waiting(c, batch, &put, object_body_info(c->bodies[i]));
        objects_add(c->core->p.objects, batch, &put, TAKE(c->bodies[i]));
    }
}

struct str calculation_shown_reason(const struct core *core, struct arena *a,
                                    const struct calculation_record *r)
{
    if (!r->completed_ms)
        return r->reason;
    return deliveries_shown_reason(core->p.deliveries, a, r->id, r->reason);
}
