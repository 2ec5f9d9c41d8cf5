#include "http/file_source.h"

#include "base/log.h"
#include "http/server_private.h"
#include "http/transfer.h"

#include <errno.h>

enum { BUFFER_BYTES = 256 * 1024, TRANSFER_MIN_BYTES = BUFFER_BYTES };

struct file_source {
    struct loop *loop;
    struct request *request; /* NULL: abandoned */
    struct http_pieces pieces;
    uint64_t left;                  /* not yet in the output */
    bool direct;                    /* past the output, by a transfer */
    bool sent;                      /* the transfer has ended */
    struct http_transfer *transfer; /* owns the pieces; NULL: not begun, or ended */
    char *buffer;
    size_t buffer_size;
    size_t got; /* bytes in the buffer */
    bool reading;
    bool full;

    struct http_piece piece; /* under way; the pool's while `reading` */
    int error;               /* errno of a read that failed; 0: the file ended too early */
    bool failed;
};

static void destroy(struct file_source *f)
{
    fd_close_p(&f->piece.fd);
    if (f->pieces.done)
        f->pieces.done(f->pieces.ctx);
    free(f->buffer);
    free(f);
}

void file_source_abandon(struct file_source *f)
{
    if (f->transfer) {
        f->request->pub.sent_bytes += http_transfer_sent(f->transfer);
        http_transfer_abandon(f->transfer);
    }
    f->request = NULL;
    if (!f->reading)
        destroy(f);
}

/* --- Reading, on the pool --- */

static bool open_next(struct file_source *f)
{
    fd_close_p(&f->piece.fd);
    f->piece.fd = -1;
    return f->pieces.next(f->pieces.ctx, &f->piece);
}

static ssize_t read_some(struct file_source *f, size_t max)
{
    size_t n = f->piece.length < max ? (size_t)f->piece.length : max;
    ssize_t got;
    do
        got = pread(f->piece.fd, f->buffer + f->got, n, (off_t)f->piece.offset);
    while (got < 0 && errno == EINTR);
    return got;
}

/* Takes a few bytes, at least one; false: the file is at fault, or there is none. */
static bool read_step(struct file_source *f, size_t max)
{
    errno = 0;
    while (f->piece.length == 0)
        if (!open_next(f))
            return false;
    ssize_t n = read_some(f, max);
    if (n <= 0)
        return false;
    f->got += (size_t)n;
    f->piece.offset += (uint64_t)n;
    f->piece.length -= (uint64_t)n;
    return true;
}

static void fill(void *ctx)
{
    struct file_source *f = ctx;
    size_t want = f->left < f->buffer_size ? (size_t)f->left : f->buffer_size;
    while (f->got < want) {
        if (read_step(f, want - f->got))
            continue;
        f->error = errno;
        f->failed = true;
        return;
    }
}

/* --- On the loop --- */

static void filled(void *ctx)
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
    f->got = 0;
    loop_work(f->loop, fill, filled, f);
}

static void start_reading(struct file_source *f)
{
    f->buffer_size = f->left < BUFFER_BYTES ? (size_t)f->left : BUFFER_BYTES;
    f->buffer = mem_grow(NULL, f->buffer_size, 1);
    read_on(f);
}

struct file_source *file_source_new(struct request *r, uint64_t length, const struct http_pieces *pieces)
{
    struct file_source *f = mem_new(sizeof *f);
    f->loop = r->server->loop;
    f->request = r;
    f->pieces = *pieces;
    f->piece.fd = -1;
    f->left = length;
    f->direct = !r->pub.tls && length >= TRANSFER_MIN_BYTES;
    if (!f->direct)
        start_reading(f);
    return f;
}

bool file_source_ready(const struct file_source *f)
{
    return f->full || f->direct;
}

bool file_source_due(const struct file_source *f)
{
    return f->direct && !f->transfer && !f->sent;
}

/* The head with its length is out: only the connection's end can tell the client. */
static void give_up(struct file_source *f, struct http_conn *c)
{
    log_error("http", "a file that is being sent cannot be read to its end",
              F_CSTR("request_id", f->request->pub.id),
              F_CSTR("error", f->error ? strerror(f->error) : "it is shorter than it was"));
    conn_close(c);
}

static void add_bytes(struct file_source *f, struct http_conn *c)
{
    output_add(c, str_of(f->buffer, f->got));
    f->request->pub.sent_bytes += f->got;
    f->left -= f->got;
    f->full = false;
}

static void on_sent(void *ctx, int error)
{
    struct file_source *f = ctx;
    struct http_conn *c = f->request->pub.conn;
    f->request->pub.sent_bytes += http_transfer_sent(f->transfer);
    f->transfer = c->transfer = NULL;
    f->sent = true;
    f->failed = error != 0;
    f->error = error == ENODATA ? 0 : error;
    server_mark_ready(f->request->server, c);
}

static void start_transfer(struct file_source *f, struct http_conn *c)
{
    uv_os_fd_t socket;
    if (uv_fileno((uv_handle_t *)&c->tcp, &socket) == 0)
        f->transfer = http_transfer_start(c->server->transfers, socket, f->left, &f->pieces, on_sent, f);
    if (!f->transfer) { /* no descriptor is left for it */
        f->direct = false;
        start_reading(f);
        return;
    }
    f->pieces.done = NULL;
    c->transfer = f->transfer;
    c->transfer_sent_before = 0;
}

static bool is_client_gone(int error)
{
    return error == EPIPE || error == ECONNRESET;
}

static bool step_direct(struct file_source *f, struct http_conn *c)
{
    if (file_source_due(f) && output_empty(&c->out))
        start_transfer(f, c);
    if (!f->sent)
        return false;
    if (!f->failed)
        return true;
    if (is_client_gone(f->error))
        conn_close(c);
    else
        give_up(f, c);
    return false;
}

static bool step_read(struct file_source *f, struct http_conn *c)
{
    if (f->full && f->failed) {
        give_up(f, c);
        return false;
    }
    if (f->full && !c->out.writing)
        add_bytes(f, c);
    if (f->left == 0)
        return true;
    if (!f->full && !f->reading)
        read_on(f);
    return false;
}

bool file_source_step(struct file_source *f, struct http_conn *c)
{
    return f->direct ? step_direct(f, c) : step_read(f, c);
}
