/* Removing the files of blobs whose last object is gone: asks the store which, removes them, lets the store
 * forget them, and again until there are none. */
#include "base/log.h"
#include "objects/private.h"

enum { SWEEP_MAX = 256 };

struct sweep {
    struct objects *objects;
    struct buf ids; /* joined by line feeds; on the way back only of the ones that are gone */
    size_t count;
    size_t removed;
};

static void sweep_some(struct sweep *s);

static void sweep_end(struct sweep *s)
{
    struct objects *o = s->objects;
    bool again = o->sweep_again;
    o->sweeping = o->sweep_again = false;
    buf_done(&s->ids);
    free(s);
    if (again)
        objects_sweep(o);
    objects_unref(o);
}

static void remove_files(void *ctx)
{
    struct sweep *s = ctx;
    struct buf gone;
    buf_init(&gone, s->ids.n + 1);
    for (struct str rest = buf_str(&s->ids); rest.p;) {
        struct str id = str_cut(&rest, '\n');
        if (!id.n)
            continue;
        s->count++;
        if (!blob_remove(&s->objects->folder, id))
            continue;
        s->removed++;
        buf_add_str(&gone, id);
        buf_add_char(&gone, '\n');
    }
    buf_done(&s->ids);
    s->ids = gone;
}

static void on_forgotten(void *ctx, const struct err *err)
{
    struct sweep *s = ctx;
    bool more = !err && s->count >= SWEEP_MAX && s->removed == s->count;
    if (err)
        log_error("objects", "removed bodies could not be forgotten", F_ERR(err));
    if (more && !s->objects->closed)
        sweep_some(s);
    else
        sweep_end(s);
}

static void files_removed(void *ctx)
{
    struct sweep *s = ctx;
    if (s->objects->closed || s->removed == 0) {
        sweep_end(s);
        return;
    }
    struct store_batch *b = store_batch_new(s->objects->store);
    for (struct str rest = buf_str(&s->ids); rest.p;) {
        struct str id = str_cut(&rest, '\n');
        if (id.n)
            store_forget_blob(b, id);
    }
    store_commit(s->objects->store, b, on_forgotten, s);
}

static void take_unpinned(struct sweep *s, struct str ids)
{
    while (ids.p) {
        struct str id = str_cut(&ids, '\n');
        if (objects_pinned(s->objects, id)) {
            s->objects->sweep_passed_pins = true;
            continue;
        }
        buf_add_str(&s->ids, id);
        buf_add_char(&s->ids, '\n');
    }
}

static void on_garbage(void *ctx, struct str ids, const struct err *err)
{
    struct sweep *s = ctx;
    if (err)
        log_error("objects", "bodies that nothing names could not be listed", F_ERR(err));
    if (err || ids.n == 0 || s->objects->closed) {
        sweep_end(s);
        return;
    }
    buf_init(&s->ids, ids.n + 1);
    s->count = s->removed = 0;
    take_unpinned(s, ids);
    loop_work(s->objects->loop, remove_files, files_removed, s);
}

static void sweep_some(struct sweep *s)
{
    buf_done(&s->ids);
    store_read_garbage(s->objects->store, SWEEP_MAX + s->objects->pinned.count, on_garbage, s);
}

void objects_sweep(struct objects *o)
{
    if (o->closed)
        return;
    if (o->sweeping) {
        o->sweep_again = true;
        return;
    }
    struct sweep *s = mem_new(sizeof *s);
    s->objects = objects_ref(o);
    o->sweeping = true;
    sweep_some(s);
}
