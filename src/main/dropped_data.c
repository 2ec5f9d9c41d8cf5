#include "main/dropped_data.h"

#include "base/log.h"
#include "objects/s3/access.h"

enum { PAGE_KEYS = 500, ARENA_BYTES = 1024 * 1024 };

/* What lies below a location. */
struct place {
    struct str bucket;
    struct str prefix;
};

/* "s3://bucket/path" as the bucket and "path/": a neighbour whose name only begins so is not below it. */
static bool split(struct arena *a, struct str location, struct place *ret)
{
    size_t scheme = str_find(location, ':');
    if (scheme == SIZE_MAX || !str_starts(str_sub(location, scheme, location.n), STR("://")))
        return false;
    struct str path = str_sub(location, scheme + 3, location.n);
    ret->bucket = arena_str(a, str_cut(&path, '/'));
    while (path.n && path.p[path.n - 1] == '/')
        path.n--;
    ret->prefix = arena_printf(a, "%.*s/", STR_ARG(path));
    return ret->bucket.n && path.n;
}

bool dropped_data_reached(const struct s3_grants *grants, struct str location)
{
    CLEANUP_ARENA struct arena *a = arena_new(ARENA_BYTES);
    struct place place;
    return !split(a, location, &place) || s3_may_reach(grants, place.bucket, place.prefix, true);
}

struct removal {
    struct server *server;
    struct arena *arena; /* of the location */
    struct arena *page;  /* of the key after which the next page begins */
    struct place place;
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

static void remove_below(void *ctx, struct str location, int64_t before_ms,
                         void (*done)(void *arg, const struct err *err), void *arg)
{
    struct removal *r = mem_new(sizeof *r);
    *r = (struct removal){.server = ctx, .before_ms = before_ms, .done = done, .arg = arg};
    r->arena = arena_new(ARENA_BYTES);
    r->page = arena_new(ARENA_BYTES);
    if (split(r->arena, location, &r->place)) {
        list_page(r);
        return;
    }
    log_warn("main", "a dropped table's location is a whole bucket or none at all: its data stays",
             F_STR("location", location));
    end(r, NULL);
}

struct catalog_files dropped_data_files(struct server *s)
{
    return (struct catalog_files){.ctx = s, .remove = remove_below};
}
