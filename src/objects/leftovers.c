/* After a crash there may be files that no row names: bodies that were durable while their batch had not
 * committed. Once a start, in small portions: the pool lists files of earlier runs, the store says which it
 * does not know, the pool removes those. Then a sweep takes what the store knows as garbage since before. */
#include "base/log.h"
#include "objects/private.h"

enum { PORTION = 1000, PORTION_BYTES_MAX = PORTION * (BLOB_ID_LEN + 1) };

struct leftovers {
    struct objects *objects;
    unsigned next; /* folder */
    DIR *dir;      /* the one that is being read */
    struct buf ids;
    size_t count; /* names looked at in this portion */
    size_t removed;
};

static void end(struct leftovers *l)
{
    struct objects *o = l->objects;
    if (l->removed)
        log_info("objects", "bodies of unfinished changes were removed", F_INT("count", l->removed));
    if (l->dir)
        closedir(l->dir);
    buf_done(&l->ids);
    free(l);
    o->leftovers = NULL;
    objects_sweep(o);
    objects_unref(o);
}

static void add_candidate(struct leftovers *l, struct str id)
{
    l->count++;
    if (!blob_id_valid(id) || blob_id_of_this_run(&l->objects->folder, id))
        return;
    if (l->ids.n)
        buf_add_char(&l->ids, '\n');
    buf_add_str(&l->ids, id);
}

static void list_portion(void *ctx)
{
    struct leftovers *l = ctx;
    buf_clear(&l->ids);
    l->count = 0;
    while (l->count < PORTION && (l->dir || l->next < BLOB_FOLDERS)) {
        if (!l->dir && !(l->dir = blob_subfolder_open(&l->objects->folder, l->next++)))
            continue;
        struct dirent *e = readdir(l->dir);
        if (e) {
            add_candidate(l, str_from(e->d_name));
        } else {
            closedir(l->dir);
            l->dir = NULL;
        }
    }
}

static void portion_listed(void *ctx);

static void next_portion(struct leftovers *l)
{
    if (l->objects->closed || (!l->dir && l->next == BLOB_FOLDERS))
        end(l);
    else
        loop_work(l->objects->loop, list_portion, portion_listed, l);
}

static void remove_unknown(void *ctx)
{
    struct leftovers *l = ctx;
    for (struct str rest = buf_str(&l->ids); rest.p;)
        l->removed += blob_remove(&l->objects->folder, str_cut(&rest, '\n'));
}

static void unknown_removed(void *ctx)
{
    next_portion(ctx);
}

static void on_unknown(void *ctx, struct str ids, const struct err *err)
{
    struct leftovers *l = ctx;
    if (err) {
        log_error("objects", "bodies of unfinished changes could not be told from others", F_ERR(err));
        end(l);
        return;
    }
    buf_clear(&l->ids);
    buf_add_str(&l->ids, ids);
    if (ids.n && !l->objects->closed)
        loop_work(l->objects->loop, remove_unknown, unknown_removed, l);
    else
        next_portion(l);
}

static void portion_listed(void *ctx)
{
    struct leftovers *l = ctx;
    if (l->ids.n && !l->objects->closed)
        store_read_unknown_blobs(l->objects->store, buf_str(&l->ids), on_unknown, l);
    else
        next_portion(l);
}

void leftovers_start(struct objects *o)
{
    struct leftovers *l = mem_new(sizeof *l);
    l->objects = objects_ref(o);
    buf_init(&l->ids, PORTION_BYTES_MAX);
    o->leftovers = l;
    next_portion(l);
}
