#include "http/file_source.h"

#include "base/log.h"
#include "http/server_private.h"

#include <errno.h>

enum { PIECE_BYTES = 256 * 1024 };

struct file_source {
    struct loop *loop;
    struct request *request; /* NULL: abandoned */
    int fd;
    uint64_t offset;
    uint64_t left; /* not yet in the output */
    char *piece;
    size_t piece_size;
    ssize_t got; /* bytes in the piece; negative: errno */
    bool reading;
    bool full;
};

static void destroy(struct file_source *f)
{
    close(f->fd);
    free(f->piece);
    free(f);
}

void file_source_abandon(struct file_source *f)
{
    f->request = NULL;
    if (!f->reading)
        destroy(f);
}

/* Pool thread. */
static void read_piece(void *ctx)
{
    struct file_source *f = ctx;
    size_t n = f->left < f->piece_size ? (size_t)f->left : f->piece_size;
    do
        f->got = pread(f->fd, f->piece, n, (off_t)f->offset);
    while (f->got < 0 && errno == EINTR);
    if (f->got < 0)
        f->got = -errno;
}

static void piece_read(void *ctx)
{
    struct file_source *f = ctx;
    f->reading = false;
    if (!f->request) {
        destroy(f);
        return;
    }
    f->full = true;
    server_mark_ready(f->request->server, f->request->pub.conn);
}

static void read_on(struct file_source *f)
{
    f->reading = true;
    loop_work(f->loop, read_piece, piece_read, f);
}

struct file_source *file_source_new(struct request *r, int fd, uint64_t offset, uint64_t length)
{
    struct file_source *f = mem_new(sizeof *f);
    f->loop = r->server->loop;
    f->request = r;
    f->fd = fd;
    f->offset = offset;
    f->left = length;
    f->piece_size = length < PIECE_BYTES ? (size_t)length : PIECE_BYTES;
    f->piece = mem_grow(NULL, f->piece_size, 1);
    read_on(f);
    return f;
}

bool file_source_ready(const struct file_source *f)
{
    return f->full;
}

/* The head with its length is out: only the connection's end can tell the client. */
static void give_up(struct file_source *f, struct http_conn *c)
{
    log_error("http", "a file that is being sent cannot be read to its end",
              F_CSTR("request_id", f->request->pub.id),
              F_CSTR("error", f->got < 0 ? strerror((int)-f->got) : "it is shorter than it was"));
    conn_close(c);
}

static void add_piece(struct file_source *f, struct http_conn *c)
{
    size_t n = (size_t)f->got;
    output_add(c, str_of(f->piece, n));
    f->request->pub.sent_bytes += n;
    f->offset += n;
    f->left -= n;
    f->full = false;
}

bool file_source_step(struct file_source *f, struct http_conn *c)
{
    if (f->full && f->got <= 0) {
        give_up(f, c);
        return false;
    }
    if (f->full && !c->out.writing)
        add_piece(f, c);
    if (f->left == 0)
        return true;
    if (!f->full && !f->reading)
        read_on(f);
    return false;
}
