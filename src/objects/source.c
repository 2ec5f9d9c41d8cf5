/* Bodies made of files, on the pool. */
#include "base/utf8.h"
#include "objects/private.h"

#include <errno.h>
#include <fcntl.h>

enum { PIECE_BYTES = 64 * 1024, CARRY_BYTES = 4, TEXT_BYTES_MAX = 3 * (PIECE_BYTES + CARRY_BYTES) };

struct copy {
    struct objects *objects;
    struct object_source source;
    char *path;
    char *write_error; /* NULL: none */
    char *note;
    object_body_fn *fn;
    void *ctx;
    struct blob blob;
    struct buf text; /* valid UTF-8, on its way to the blob */
    struct buf raw;  /* read and not yet passed on */
    bool line_open;  /* the last byte was no line feed */
    bool cut;        /* the file is longer than what was read */
    struct object_body *body;
    struct err err;
};

static int pass_on(struct copy *c, struct str bytes)
{
    if (bytes.n)
        c->line_open = bytes.p[bytes.n - 1] != '\n';
    return blob_write(&c->blob, bytes, &c->err);
}

/* Passes on the whole characters of `raw`, invalid bytes replaced. */
static int pass_on_text(struct copy *c)
{
    size_t whole = utf8_floor(buf_str(&c->raw));
    buf_clear(&c->text);
    utf8_add_valid(&c->text, str_sub(buf_str(&c->raw), 0, whole));
    buf_consume(&c->raw, whole);
    return pass_on(c, buf_str(&c->text));
}

static int pass_on_raw(struct copy *c)
{
    int rc = pass_on(c, buf_str(&c->raw));
    buf_clear(&c->raw);
    return rc;
}

/* 1: some; 0: the end of the file; -1: failed. */
static int read_piece(struct copy *c, int fd, int64_t left)
{
    size_t want = left < PIECE_BYTES ? (size_t)left : PIECE_BYTES;
    ssize_t n;
    do
        n = read(fd, buf_reserve(&c->raw, want), want);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return err_set_errno(&c->err, errno, "cannot read %s", c->path);
    c->raw.n += (size_t)n;
    return n > 0;
}

static int copy_bytes(struct copy *c, int fd)
{
    int64_t left = c->source.max_bytes;
    while (left > 0) {
        size_t before = c->raw.n;
        int rc = read_piece(c, fd, left);
        if (rc <= 0)
            return rc;
        left -= (int64_t)(c->raw.n - before);
        if ((c->source.as_text ? pass_on_text(c) : pass_on_raw(c)) < 0)
            return -1;
    }
    char more;
    c->cut = read(fd, &more, 1) == 1;
    return 0;
}

/* A character that the end of the file cuts is invalid; one that a limit cuts was not, and goes. */
static int end_text(struct copy *c)
{
    if (!c->source.truncated && !c->cut) {
        buf_clear(&c->text);
        utf8_add_valid(&c->text, buf_str(&c->raw));
        return pass_on(c, buf_str(&c->text));
    }
    buf_clear(&c->text);
    buf_printf(&c->text, "%s[Glaux: the output is longer; it was cut here, ", c->line_open ? "\n" : "");
    if (c->write_error)
        buf_printf(&c->text, "as the disk of the server's data folder did not take it: %s]\n",
                   c->write_error);
    else
        buf_add_cstr(&c->text, "at its limit]\n");
    return pass_on(c, buf_str(&c->text));
}

static int add_note(struct copy *c)
{
    struct str note = str_from(c->note);
    if (note.n && c->line_open && pass_on(c, STR("\n")) < 0)
        return -1;
    return pass_on(c, note);
}

static int copy_file(struct copy *c)
{
    CLEANUP_FD int fd = open(c->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 && (errno != ENOENT || c->source.required))
        return err_set_errno(&c->err, errno, "cannot read %s", c->path);
    if (fd >= 0 && copy_bytes(c, fd) < 0)
        return -1;
    if (!c->source.as_text)
        return 0;
    return end_text(c) == 0 ? add_note(c) : -1;
}

static void copy_on_pool(void *ctx)
{
    struct copy *c = ctx;
    blob_init(&c->blob, &c->objects->folder, OBJECT_INLINE_MAX);
    blob_add_digest(&c->blob, DIGEST_CRC32);
    buf_init(&c->raw, PIECE_BYTES + CARRY_BYTES);
    buf_init(&c->text, TEXT_BYTES_MAX);
    if (copy_file(c) == 0)
        c->body = blob_end(&c->blob, &c->err);
    blob_done(&c->blob);
    buf_done(&c->raw);
    buf_done(&c->text);
}

static void copied(void *ctx)
{
    struct copy *c = ctx;
    if (c->body)
        c->body->objects = objects_ref(c->objects);
    c->fn(c->ctx, c->body, c->body ? NULL : &c->err);
    objects_unref(c->objects);
    free(c->path);
    free(c->write_error);
    free(c->note);
    free(c);
}

static char *copy_of(struct str s)
{
    char *p = mem_new(s.n + 1);
    if (s.n)
        memcpy(p, s.p, s.n);
    return p;
}

void objects_body_from_file(struct objects *o, const struct object_source *src, object_body_fn *fn, void *ctx)
{
    struct copy *c = mem_new(sizeof *c);
    c->objects = objects_ref(o);
    c->source = *src;
    c->path = mem_strdup(src->path);
    c->write_error = src->write_error.n ? copy_of(src->write_error) : NULL;
    c->note = copy_of(src->note);
    c->fn = fn;
    c->ctx = ctx;
    loop_work(o->loop, copy_on_pool, copied, c);
}
