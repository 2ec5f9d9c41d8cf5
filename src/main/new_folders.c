#include "main/new_folders.h"

#include "base/log.h"
#include "main/data_place.h"
#include "main/server.h"
#include "remote/folder.h"

enum { ARENA_BYTES = 64 * 1024 };

struct making {
    struct server *server;
    struct arena *arena;
    struct data_place place;
    loop_fn *done;
    void *arg;
};

static void end(struct making *m, const struct err *err)
{
    loop_fn *done = m->done;
    void *arg = m->arg;
    if (err && err->code != ERR_PRECONDITION) /* somebody else was faster */
        log_warn("main", "the folder of a new table cannot be made", F_STR("bucket", m->place.bucket),
                 F_STR("prefix", m->place.prefix), F_ERR(err));
    arena_free(m->arena);
    free(m);
    done(arg);
}

static void on_made(void *ctx, const struct err *err)
{
    end(ctx, err);
}

static void make_here(struct making *m)
{
    struct server *s = m->server;
    struct err err;
    struct object_body *body = objects_body_from_bytes(s->objects, STR(""), &err);
    if (!body) {
        end(m, &err);
        return;
    }
    struct store_batch *batch = store_batch_new(s->store);
    struct object_put put = {.bucket = m->place.bucket,
                             .key = m->place.prefix,
                             .content_type = STR("application/x-directory"),
                             .condition = {.must_be_absent = true},
                             .modified_ms = clock_wall_ms(&clock_system)};
    objects_add(s->objects, batch, &put, body);
    store_commit(s->store, batch, on_made, m);
}

static void on_looked(void *ctx, const struct store_object_page *page, const struct err *err)
{
    struct making *m = ctx;
    if (err || page->object_count)
        end(m, err);
    else
        make_here(m);
}

static void make(void *ctx)
{
    struct making *m = ctx;
    struct err err;
    struct store_object_list q = {.bucket = m->place.bucket, .prefix = m->place.prefix, .limit = 1};
    struct remote *remote = remotes_find(m->server->remotes, m->place.bucket);
    if (!object_key_valid(m->place.prefix, &err))
        end(m, &err);
    else if (remote)
        remote_folder_make(remote, m->place.bucket, m->place.prefix, on_made, m);
    else
        store_list_objects(m->server->store, &q, on_looked, m);
}

static void not_on_s3(void *ctx)
{
    end(ctx, NULL);
}

void new_folder_make(void *server, struct str location, loop_fn *done, void *arg)
{
    struct making *m = mem_new(sizeof *m);
    *m = (struct making){.server = server, .arena = arena_new(ARENA_BYTES), .done = done, .arg = arg};
    bool known = data_place_of(m->arena, location, &m->place);
    loop_post(m->server->loop, known ? make : not_on_s3, m);
}
