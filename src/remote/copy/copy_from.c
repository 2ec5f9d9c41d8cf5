#include "remote/copy/copy_from.h"

enum { REFUSAL_MAX = 64 * 1024 };

void copy_from_add_header(struct copy *c, struct str name, struct str value)
{
    struct arena *a = c->call->req->arena;
    if (value.n && c->header_count < COPY_HEADERS_MAX)
        c->headers[c->header_count++] = (struct http_header){arena_str(a, name), arena_str(a, value)};
}

void copy_from_set_length(struct copy *c, uint64_t length)
{
    c->length = c->left = (int64_t)length;
}

void copy_from_free(struct copy_from *f)
{
    fd_close_p(&f->piece.fd);
    if (f->opened)
        f->pieces.done(f->pieces.ctx);
    buf_done(&f->refusal);
    free(f->step);
    free(f);
}

struct copy_from *copy_from_open(struct copy *c)
{
    struct copy_from *f = mem_new(sizeof *f);
    *f = (struct copy_from){.copy = c, .loop = (c->to_remote ? c->to_remote : c->from_remote)->loop};
    f->piece.fd = -1;
    buf_init(&f->refusal, REFUSAL_MAX);
    if (c->from_remote && !deliveries_has(c->deliveries, c->source.bucket, c->source.key))
        copy_from_there_open(f);
    else
        copy_from_here_open(f);
    return f;
}

void copy_from_go_on(struct copy_from *f)
{
    if (f->get)
        stream_go_on(f->get);
    else
        copy_from_here_go_on(f);
}

void copy_from_close(struct copy_from *f)
{
    if (!f)
        return;
    f->copy = NULL;
    copy_from_there_close(f);
    if (!f->reading)
        copy_from_free(f);
}
