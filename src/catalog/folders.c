#include "catalog/folders.h"

#include "base/list.h"
#include "catalog/tx.h"

struct folders {
    const struct catalog_config *config;
    struct list making;
    bool stopped;
};

struct making {
    struct list link;
    struct folders *folders; /* NULL: nobody waits for it any more */
    struct buf locations;
    struct str rest;
    loop_fn *done;
    void *ctx;
};

void catalog_add_folder(struct catalog_tx *tx, struct str location)
{
    bool may = !tx->caller || tx->caller->may_write(tx->caller->ctx, location);
    if (!may || !tx_is_s3(location) || str_find(location, '\n') != SIZE_MAX || tx->folders->overflow)
        return;
    buf_add_str(tx->folders, location);
    buf_add_char(tx->folders, '\n');
}

static void making_free(struct making *m)
{
    buf_done(&m->locations);
    free(m);
}

static void release(struct making *m)
{
    loop_fn *done = m->done;
    void *ctx = m->ctx;
    list_remove(&m->link);
    m->folders = NULL;
    done(ctx);
}

static void make_next(void *arg)
{
    struct making *m = arg;
    if (!m->folders) {
        making_free(m);
        return;
    }
    const struct catalog_files *files = &m->folders->config->files;
    struct str location = str_cut(&m->rest, '\n');
    if (location.n) {
        files->make(files->ctx, location, make_next, m);
        return;
    }
    release(m);
    making_free(m);
}

struct folders *folders_new(const struct catalog_config *config)
{
    struct folders *f = mem_new(sizeof *f);
    f->config = config;
    list_init(&f->making);
    return f;
}

void folders_make(struct folders *f, struct buf locations, loop_fn *done, void *ctx)
{
    if (f->stopped || !f->config->files.make) {
        buf_done(&locations);
        done(ctx);
        return;
    }
    struct making *m = mem_new(sizeof *m);
    *m = (struct making){.folders = f, .locations = locations, .done = done, .ctx = ctx};
    m->rest = buf_str(&m->locations);
    list_append(&f->making, &m->link);
    make_next(m);
}

void folders_stop(struct folders *f)
{
    f->stopped = true;
    LIST_EACH_SAFE(node, &f->making)
        release(CONTAINER_OF(node, struct making, link));
}

void folders_free(struct folders *f)
{
    free(f);
}
