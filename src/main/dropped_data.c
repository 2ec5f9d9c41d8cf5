#include "main/dropped_data.h"

#include "base/log.h"
#include "main/data_place.h"
#include "main/server.h"
#include "objects/s3/access.h"
#include "remote/folder.h"

enum { PAGE_KEYS = 500, ARENA_BYTES = 1024 * 1024 };

bool dropped_data_reached(const struct s3_grants *grants, struct str location)
{
    CLEANUP_ARENA struct arena *a = arena_new(ARENA_BYTES);
    struct data_place place;
    if (!data_place_of(a, location, &place))
        return true;
    return s3_may_reach(grants, place.bucket, place.prefix, true) &&
           !(grants && s3_may_lead_out(place.prefix)); /* which buckets live elsewhere the loop knows alone */
}

struct removal {
    struct server *server;
    struct arena *arena; /* of the location */
    struct arena *page;  /* of the key after which the next page begins */
    struct data_place place;
    struct str after;
    int64_t before_ms;
    bool more;
    void (*done)(void *arg, const struct err *err);
    void *arg;
};

static void list_page(struct removal *r);

static void end(struct removal *r, const struct err *err)
{
    void (*done)(void *arg, const struct err *err) = r->done;
    void *arg = r->arg;
    arena_free(r->page);
    arena_free(r->arena);
    free(r);
    done(arg, err);
}

static void finish(struct removal *r)
{
    objects_sweep(r->server->objects);
    end(r, NULL);
}

static void on_deleted(void *ctx, const struct err *err)
{
    struct removal *r = ctx;
    bool changed = err && (err->code == ERR_PRECONDITION || err->code == ERR_NO_SUCH_KEY);
    if (err && !changed) {
        end(r, err);
        return;
    }
    if (changed) { /* an object of the page was written or deleted meanwhile: look again */
        r->after = STR_NULL;
        r->more = true;
    }
    struct err ending;
    if (r->server->ending && r->more) {
        err_set(&ending, ERR_UNAVAILABLE, "The server ends; the next one goes on.");
        end(r, &ending);
        return;
    }
    if (r->more)
        list_page(r);
    else
        finish(r);
}

static void add_deletes(struct removal *r, const struct store_object_page *page, struct store_batch *batch)
{
    for (size_t i = 0; i < page->object_count; i++) {
        const struct object_record *o = &page->objects[i];
        struct object_condition same = {.must_have_etag = o->etag};
        if (o->modified_ms <= r->before_ms)
            store_delete_object(batch, r->place.bucket, o->key, &same);
    }
}

static void on_page(void *ctx, const struct store_object_page *page, const struct err *err)
{
    struct removal *r = ctx;
    if (err) {
        if (err->code == ERR_NO_SUCH_BUCKET)
            log_warn("main", "the data of what was dropped is not in the built-in store and stays",
                     F_STR("bucket", r->place.bucket), F_STR("prefix", r->place.prefix));
        end(r, err->code == ERR_NO_SUCH_BUCKET ? NULL : err);
        return;
    }
    struct store_batch *batch = store_batch_new(r->server->store);
    add_deletes(r, page, batch);
    arena_reset(r->page);
    r->more = page->truncated;
    r->after = page->truncated ? arena_str(r->page, page->next_start_after) : STR_NULL;
    store_commit(r->server->store, batch, on_deleted, r);
}

static void list_page(struct removal *r)
{
    struct store_object_list q = {
        .bucket = r->place.bucket, .prefix = r->place.prefix, .start_after = r->after, .limit = PAGE_KEYS};
    store_list_objects(r->server->store, &q, on_page, r);
}

static void on_removed_elsewhere(void *ctx, const struct err *err)
{
    struct removal *r = ctx;
    bool gone = err && err->code == ERR_NO_SUCH_BUCKET;
    end(r, gone ? NULL : err);
}

static void start(struct removal *r)
{
    struct remote *remote = remotes_find(r->server->remotes, r->place.bucket);
    if (remote)
        remote_folder_remove(remote, r->place.bucket, r->place.prefix, r->before_ms, on_removed_elsewhere, r);
    else
        list_page(r);
}

void dropped_data_remove(void *server, struct str location, int64_t before_ms,
                         void (*done)(void *arg, const struct err *err), void *arg)
{
    struct removal *r = mem_new(sizeof *r);
    *r = (struct removal){.server = server, .before_ms = before_ms, .done = done, .arg = arg};
    r->arena = arena_new(ARENA_BYTES);
    r->page = arena_new(ARENA_BYTES);
    if (data_place_of(r->arena, location, &r->place)) {
        start(r);
        return;
    }
    log_warn("main", "a dropped table's location is a whole bucket or none at all: its data stays",
             F_STR("location", location));
    end(r, NULL);
}
