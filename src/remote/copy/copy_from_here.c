/* The source of a copy in the built-in store. */
#include "remote/copy/copy_from.h"

#include "objects/s3/meta.h"
#include "store/missing.h"

#include <errno.h>

enum { STEP_BYTES = 512 * 1024 };

/* --- Its content --- */

/* Pool thread. */
static void read_step(void *ctx)
{
    struct copy_from *f = ctx;
    f->step_bytes = 0;
    while (f->step_bytes < STEP_BYTES && f->to_read > 0 && !f->error) {
        if (!f->piece.length) {
            fd_close_p(&f->piece.fd);
            f->piece.fd = -1;
            if (!f->pieces.next(f->pieces.ctx, &f->piece))
                f->error = errno ? errno : EIO;
            continue;
        }
        size_t most = STEP_BYTES - f->step_bytes;
        size_t wanted = f->piece.length < most ? (size_t)f->piece.length : most;
        ssize_t n = pread(f->piece.fd, f->step + f->step_bytes, wanted, (off_t)f->piece.offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            f->error = n < 0 ? errno : ENODATA;
            continue;
        }
        f->step_bytes += (size_t)n;
        f->piece.offset += (uint64_t)n;
        f->piece.length -= (uint64_t)n;
        f->to_read -= n;
    }
}

static void step_read(void *ctx)
{
    struct copy_from *f = ctx;
    struct copy *c = f->copy;
    struct err err;
    f->reading = false;
    if (!c) {
        copy_from_free(f);
    } else if (f->error) {
        err_set_errno(&err, f->error, "The source of the copy cannot be read");
        copy_fail(c, &err);
    } else {
        copy_add(c, str_of(f->step, f->step_bytes));
        copy_from_go_on(f);
    }
}

void copy_from_here_go_on(struct copy_from *f)
{
    if (f->reading || !f->opened || !f->to_read || !copy_has_room(f->copy))
        return;
    f->reading = true;
    loop_work(f->loop, read_step, step_read, f);
}

static int open_content(struct copy_from *f, const struct object_record *r, const struct byte_range *range,
                        struct err *err)
{
    struct copy *c = f->copy;
    size_t n;
    const struct object_piece *all = pieces_all(c->call->req->arena, r->pieces, &n);
    if (objects_read(c->call->endpoint->objects, all, n, range->offset, range->length, &f->pieces, err) < 0)
        return -1;
    f->opened = true;
    f->step = mem_grow(NULL, STEP_BYTES, 1);
    f->to_read = (int64_t)range->length;
    return 0;
}

/* --- What is told of it --- */

static void add_each(void *ctx, struct str name, struct str value)
{
    copy_from_add_header(ctx, name, value);
}

static int describe(struct copy *c, const struct object_record *r, struct err *err)
{
    if (c->is_part)
        return 0;
    c->tags = r->tags.p ? arena_str(c->call->req->arena, r->tags) : STR_NULL;
    copy_from_add_header(c, STR("Content-Type"), r->content_type);
    if (!r->meta.n)
        return 0;
    json_auto_t *meta = json_parse(r->meta, err);
    if (!meta)
        return -1;
    s3_meta_each(meta, false, add_each, c);
    return 0;
}

static int take_record(struct copy_from *f, const struct object_record *r, struct err *err)
{
    struct copy *c = f->copy;
    struct byte_range range;
    if (s3_copy_source_check(c->call, r, err) < 0 ||
        s3_copy_range(c->call, (uint64_t)r->size, &range, err) < 0 || describe(c, r, err) < 0)
        return -1;
    copy_from_set_length(c, range.length);
    if (r->pieces.n)
        return open_content(f, r, &range, err);
    copy_add(c, str_sub(r->body, range.offset, range.offset + range.length));
    return 0;
}

static void on_object(void *ctx, const struct object_record *r, const struct err *err)
{
    struct copy_from *f = ctx;
    struct copy *c = f->copy;
    struct err own;
    f->reading = false;
    if (!c) {
        copy_from_free(f);
        return;
    }
    if (!err && !r) {
        no_such_key(&own);
        err = &own;
    }
    if (!err && take_record(f, r, &own) < 0)
        err = &own;
    if (err) {
        copy_fail(c, err);
    } else {
        copy_from_here_go_on(f);
        copy_known(c);
    }
}

void copy_from_here_open(struct copy_from *f)
{
    struct copy *c = f->copy;
    f->reading = true;
    store_get_object(c->call->endpoint->store, c->source.bucket, c->source.key, on_object, f);
}
