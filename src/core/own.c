/* Sessions of the server's own: what they compute is for a part above the core, not for S3. */
#include "base/file.h"
#include "core/internal.h"

#include <fcntl.h>

bool session_is_own(const struct session *s)
{
    return str_is(s->workgroup, CORE_OWN_GROUP);
}

void session_tell_own(const struct session *s, const struct calculation *c)
{
    struct core *core = s->core;
    if (core->own && !core->detached && session_is_own(s))
        core->own(core->own_ctx, &s->committed->record, c ? &c->committed->record : NULL);
}

struct reading {
    struct calculation *calculation;
    void (*done)(struct calculation *c);
    char *path;
    struct buf text;
};

/* A result that cannot be read, or is too long, is none. */
static void read_file(void *ctx)
{
    struct reading *g = ctx;
    struct err ignored;
    if (file_read(AT_FDCWD, g->path, &g->text, &ignored) < 0 || g->text.overflow)
        buf_clear(&g->text);
}

static void on_read(void *ctx)
{
    struct reading *g = ctx;
    struct calculation *c = g->calculation;
    buf_done(&c->own_result);
    c->own_result = g->text;
    if (!c->core->detached)
        g->done(c);
    calculation_unref(c);
    free(g->path);
    free(g);
}

void calculation_read_own(struct calculation *c, void (*done)(struct calculation *c))
{
    const char *path = c->outputs[OUTPUT_RESULT].path;
    if (!path) {
        done(c);
        return;
    }
    struct reading *g = mem_new(sizeof *g);
    g->calculation = c;
    g->done = done;
    g->path = mem_strdup(path);
    buf_init(&g->text, CORE_OWN_RESULT_MAX);
    calculation_ref(c);
    loop_work(c->core->p.loop, read_file, on_read, g);
}

void calculation_add_own(const struct calculation *c, struct store_batch *batch)
{
    if (c->own_result.n)
        store_put_query_result(batch,
                               &(struct query_result_record){c->id, STR_NULL, buf_str(&c->own_result)});
}
