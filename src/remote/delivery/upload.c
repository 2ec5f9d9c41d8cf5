#include "remote/delivery/upload_private.h"

#include <errno.h>
#include <stdio.h>

enum { ARENA_MAX = 256 * 1024 };

/* --- Life --- */

static void release(struct upload *u)
{
    if (!u->ended || u->reading)
        return;
    for (int i = 0; u->etags && i < u->parts; i++)
        free(u->etags[i]);
    free(u->etags);
    for (size_t i = 0; i < UPLOAD_PARALLEL; i++)
        free(u->slots[i].bytes);
    fd_close_p(&u->source.fd);
    buf_done(&u->document);
    arena_free(u->arena);
    remote_unref(u->remote);
    free(u);
}

static void stop_calls(struct upload *u)
{
    remote_call_cancel(TAKE(u->call));
    for (size_t i = 0; i < UPLOAD_PARALLEL; i++)
        remote_call_cancel(TAKE(u->slots[i].call));
}

void upload_end(struct upload *u, struct str etag, const struct err *err)
{
    if (u->ended)
        return;
    u->ended = true;
    stop_calls(u);
    if (u->entry)
        ledger_abort(TAKE(u->entry));
    u->fn(u->ctx, etag, err);
    release(u);
}

void upload_cancel(struct upload *u)
{
    u->ended = true;
    stop_calls(u);
    if (u->entry)
        ledger_abort(TAKE(u->entry));
    release(u);
}

/* --- A piece in memory --- */

/* Pool thread. */
static void read_part(void *ctx)
{
    struct upload_part *p = ctx;
    const struct upload_source *s = &p->upload->source;
    size_t done = 0;
    if (s->bytes.p)
        memcpy(p->bytes, s->bytes.p + p->offset, p->n);
    while (!s->bytes.p && done < p->n) {
        ssize_t got =
            pread(s->fd, p->bytes + done, p->n - done, (off_t)(s->offset + p->offset + (int64_t)done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            p->error = got < 0 ? errno : ENODATA;
            return;
        }
        done += (size_t)got;
    }
    sha256_hex(str_of(p->bytes, p->n), p->hash);
}

static void on_part_sent(void *ctx, const struct remote_answer *answer, const struct err *err)
{
    struct upload_part *p = ctx;
    struct upload *u = p->upload;
    p->call = NULL;
    p->busy = false;
    if (err || !p->number)
        upload_end(u, err ? STR_NULL : http_header(answer->headers, "etag"), err);
    else
        upload_part_sent(p, answer);
}

static void send_part(struct upload_part *p)
{
    struct upload *u = p->upload;
    struct remote_request r = {
        .method = STR("PUT"),
        .bucket = u->target.bucket,
        .key = u->target.key,
        .body = str_of(p->bytes, p->n),
        .payload_hash = str_from(p->hash),
        .header = "ETag",
    };
    if (p->number) {
        snprintf(p->query, sizeof p->query, "partNumber=%d&%s", p->number, u->query);
        r.query = str_from(p->query);
    } else {
        r.headers = u->target.headers;
        r.header_count = u->target.header_count;
    }
    p->call = remote_send(u->remote, &r, on_part_sent, p);
}

static void part_read(void *ctx)
{
    struct upload_part *p = ctx;
    struct upload *u = p->upload;
    struct err err;
    u->reading--;
    if (u->ended)
        release(u);
    else if (p->error)
        upload_end(u, STR_NULL,
                   (err_set_errno(&err, p->error, "what is to be delivered cannot be read"), &err));
    else
        send_part(p);
}

void upload_piece(struct upload *u, struct upload_part *p, int number, int64_t offset, int64_t n)
{
    p->upload = u;
    p->busy = true;
    p->number = number;
    p->offset = offset;
    if (!p->bytes)
        p->bytes = mem_grow(NULL, (size_t)(n ? n : 1), 1);
    p->n = (size_t)n;
    u->reading++;
    loop_work(u->remote->loop, read_part, part_read, p);
}

/* --- The beginning --- */

static void copy_target(struct upload *u, const struct upload_target *from)
{
    struct arena *a = u->arena;
    struct http_header *items = arena_array(a, from->header_count, sizeof *items);
    for (size_t i = 0; i < from->header_count; i++)
        items[i] =
            (struct http_header){arena_str(a, from->headers[i].name), arena_str(a, from->headers[i].value)};
    u->target = (struct upload_target){arena_str(a, from->bucket), arena_str(a, from->key), items,
                                       from->header_count};
}

struct upload *upload_start(struct remote *r, struct ledger *ledger, const struct upload_target *target,
                            const struct upload_source *source, upload_fn *fn, void *ctx)
{
    struct upload *u = mem_new(sizeof *u);
    struct arena *a = arena_new(ARENA_MAX);
    *u = (struct upload){.remote = remote_ref(r),
                         .ledger = ledger,
                         .arena = a,
                         .source = *source,
                         .fn = fn,
                         .ctx = ctx,
                         .next = 1};
    copy_target(u, target);
    u->source.bytes = arena_str(a, source->bytes);
    u->part_bytes = r->config.part_bytes;
    while (source->size > u->part_bytes * UPLOAD_PARTS_MAX)
        u->part_bytes *= 2;
    if (source->size > u->part_bytes) {
        u->parts = (int)((source->size + u->part_bytes - 1) / u->part_bytes);
        upload_begin_parts(u);
    } else {
        upload_piece(u, &u->slots[0], 0, 0, source->size);
    }
    return u;
}
