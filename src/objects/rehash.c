/* Digests of contents that are there already: their blobs are read on the pool, some of them a step, so that
 * a large one never holds a thread for long. */
#include "objects/private.h"

#include <errno.h>

enum { STEP_BYTES = 8 * 1024 * 1024, BUFFER_BYTES = 256 * 1024 };

struct rehash {
    struct objects *objects;
    struct http_pieces pieces;
    struct http_piece piece; /* the one that is being read; fd -1: none */
    uint64_t left;
    struct digest md5;
    struct digest digest;
    bool failed;
    struct err err;
    object_digest_fn *fn;
    void *ctx;
};

static int next_piece(struct rehash *r)
{
    fd_close_p(&r->piece.fd);
    r->piece.fd = -1;
    if (r->pieces.next(r->pieces.ctx, &r->piece))
        return 0;
    return err_set_errno(&r->err, errno, "cannot read an object's body");
}

static int read_some(struct rehash *r, char *buffer)
{
    while (r->piece.fd < 0 || r->piece.length == 0)
        if (next_piece(r) < 0)
            return -1;
    uint64_t want = r->piece.length < BUFFER_BYTES ? r->piece.length : BUFFER_BYTES;
    ssize_t n = pread(r->piece.fd, buffer, want < r->left ? want : r->left, (off_t)r->piece.offset);
    if (n < 0 && errno == EINTR)
        return 0;
    if (n < 0)
        return err_set_errno(&r->err, errno, "cannot read an object's body");
    if (n == 0)
        return err_set(&r->err, ERR_INTERNAL, "An object's body is shorter than the index says.");
    digest_update(&r->md5, str_of(buffer, (size_t)n));
    digest_update(&r->digest, str_of(buffer, (size_t)n));
    r->piece.offset += (uint64_t)n;
    r->piece.length -= (uint64_t)n;
    r->left -= (uint64_t)n;
    return 0;
}

static void step(void *ctx)
{
    struct rehash *r = ctx;
    char *buffer = mem_new(BUFFER_BYTES);
    uint64_t until = r->left > STEP_BYTES ? r->left - STEP_BYTES : 0;
    while (r->left > until && !r->failed)
        r->failed = read_some(r, buffer) < 0;
    free(buffer);
}

static void stepped(void *ctx)
{
    struct rehash *r = ctx;
    unsigned char md5[DIGEST_SIZE_MAX], digest[DIGEST_SIZE_MAX];
    if (r->left > 0 && !r->failed) {
        loop_work(r->objects->loop, step, stepped, r);
        return;
    }
    digest_final(&r->md5, md5);
    digest_final(&r->digest, digest);
    fd_close_p(&r->piece.fd);
    r->pieces.done(r->pieces.ctx);
    r->fn(r->ctx, md5, digest, r->failed ? &r->err : NULL);
    digest_done(&r->md5);
    digest_done(&r->digest);
    objects_unref(r->objects);
    free(r);
}

void objects_digest(struct objects *o, const struct http_pieces *pieces, uint64_t length,
                    enum digest_kind kind, object_digest_fn *fn, void *ctx)
{
    struct rehash *r = mem_new(sizeof *r);
    *r = (struct rehash){.objects = objects_ref(o), .pieces = *pieces, .piece.fd = -1, .left = length};
    digest_init(&r->md5, DIGEST_MD5);
    digest_init(&r->digest, kind);
    r->fn = fn;
    r->ctx = ctx;
    loop_work(o->loop, step, stepped, r);
}
