#include "http/output.h"

#include "http/server_private.h"
#include "http/tls.h"
#include "http/transfer.h"

enum {
    NEXT_MAX_BYTES = HTTP_RESPONSE_MAX + 1024 * 1024,          /* a large answer behind small ones */
    INFLIGHT_MAX_BYTES = NEXT_MAX_BYTES + NEXT_MAX_BYTES / 64, /* with the frames of TLS */
    SPARE_OUTPUT_MAX = 64 * 1024,
    TLS_PIECE_BYTES = 64 * 1024,
};

void output_init(struct output *o)
{
    buf_init(&o->next, NEXT_MAX_BYTES);
    buf_init(&o->inflight, INFLIGHT_MAX_BYTES);
}

void output_done(struct http_conn *c)
{
    buf_done(&c->out.next);
    buf_done(&c->out.inflight);
}

static void lend(struct http_server *s, struct buf *b)
{
    b->p = TAKE(s->spare_output.p);
    b->cap = s->spare_output.cap;
    s->spare_output.cap = 0;
}

/* An idle connection holds no memory for output; the server keeps one buffer for the next that has some. */
static void give_back(struct http_server *s, struct buf *b)
{
    buf_clear(b);
    if (s->spare_output.p || b->cap > SPARE_OUTPUT_MAX) {
        buf_done(b);
        return;
    }
    s->spare_output.p = TAKE(b->p);
    s->spare_output.cap = b->cap;
    b->cap = 0;
}

struct buf *output_begin(struct http_conn *c)
{
    struct output *o = &c->out;
    if (!o->next.p)
        lend(c->server, &o->next);
    o->added -= o->next.n; /* output_end adds what is there then */
    return &o->next;
}

void output_end(struct http_conn *c)
{
    REQUIRE(!c->out.next.overflow);
    c->out.added += c->out.next.n;
}

void output_add(struct http_conn *c, struct str bytes)
{
    buf_add_str(output_begin(c), bytes);
    output_end(c);
}

bool output_empty(const struct output *o)
{
    return o->next.n == 0 && !o->writing;
}

bool output_is_full(const struct output *o)
{
    return o->next.n + o->inflight.n >= OUTPUT_HIGH_BYTES;
}

static void on_written(uv_write_t *w, int status)
{
    struct http_conn *c = w->data;
    struct output *o = &c->out;
    o->writing = false;
    give_back(c->server, &o->inflight);
    if (c->state == CONN_CLOSED)
        return;
    if (status < 0) {
        conn_close(c);
        return;
    }
    o->left = o->inflight_end;
    c->progress = true;
    conn_turn(c);
}

/* libuv writes the rest of the bytes from `inflight`, of which the first `taken` have left. */
static void write_rest(struct http_conn *c, size_t taken)
{
    struct output *o = &c->out;
    uv_buf_t rest = {.base = o->inflight.p + taken, .len = o->inflight.n - taken};
    o->write.data = c;
    o->writing = true;
    o->inflight_end = o->added;
    o->queue_before = rest.len;
    if (uv_write(&o->write, (uv_stream_t *)&c->tcp, &rest, 1, on_written) != 0) {
        o->writing = false;
        conn_close(c);
    }
}

/* How much the kernel takes now; -1: the connection is broken, and closed. */
static ssize_t try_write(struct http_conn *c, struct str wire)
{
    uv_buf_t b = {.base = (char *)wire.p, .len = wire.n};
    int n = uv_try_write((uv_stream_t *)&c->tcp, &b, 1);
    if (n == UV_EAGAIN)
        return 0;
    if (n < 0) {
        conn_close(c);
        return -1;
    }
    return n;
}

static void flush_plain(struct http_conn *c)
{
    struct output *o = &c->out;
    if (o->next.n == 0)
        return;
    ssize_t n = try_write(c, buf_str(&o->next));
    if (n < 0)
        return;
    if ((size_t)n == o->next.n) {
        o->left = o->added;
        give_back(c->server, &o->next);
        return;
    }
    struct buf swap = o->inflight;
    o->inflight = o->next;
    o->inflight.max = swap.max;
    o->next = swap;
    o->next.max = NEXT_MAX_BYTES;
    write_rest(c, (size_t)n);
}

/* Piece by piece, so that OpenSSL's own buffer stays small. */
static bool encrypt(struct http_conn *c)
{
    struct output *o = &c->out;
    struct str plain = buf_str(&o->next);
    if (!o->inflight.p)
        lend(c->server, &o->inflight);
    do {
        struct str piece = str_sub(plain, 0, TLS_PIECE_BYTES);
        if (piece.n && !tls_session_write(c->tls, piece))
            return false;
        tls_session_take(c->tls, &o->inflight);
        plain = str_sub(plain, piece.n, plain.n);
    } while (plain.n);
    give_back(c->server, &o->next);
    return !o->inflight.overflow;
}

static void flush_tls(struct http_conn *c)
{
    struct output *o = &c->out;
    if (!encrypt(c)) {
        conn_close(c);
        return;
    }
    ssize_t n = o->inflight.n ? try_write(c, buf_str(&o->inflight)) : 0;
    if (n < 0)
        return;
    if ((size_t)n < o->inflight.n) {
        write_rest(c, (size_t)n);
        return;
    }
    o->left = o->added;
    give_back(c->server, &o->inflight);
}

void output_flush(struct http_conn *c)
{
    if (c->out.writing || c->state == CONN_CLOSED)
        return;
    if (c->tls)
        flush_tls(c);
    else
        flush_plain(c);
}

bool output_progress(struct http_conn *c)
{
    if (c->transfer) {
        uint64_t sent = http_transfer_sent(c->transfer);
        bool sending = sent != c->transfer_sent_before;
        c->transfer_sent_before = sent;
        return sending;
    }
    size_t queue = uv_stream_get_write_queue_size((uv_stream_t *)&c->tcp);
    bool moved = queue != c->out.queue_before;
    c->out.queue_before = queue;
    return moved;
}
