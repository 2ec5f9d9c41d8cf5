#include "http/conn.h"

#include "http/server_private.h"
#include "http/tls.h"

enum { STASH_MAX_BYTES = 2 * READ_BYTES };

/* Parsing has to wait: for a sink, for answers, or for the client to take what there is. */
static bool is_blocked(const struct http_conn *c)
{
    if (output_is_full(&c->out))
        return true;
    return c->receiving ? c->receiving->paused : c->request_count >= c->server->limits.pipeline;
}

static void take_bytes(struct http_conn *c, struct str bytes)
{
    while (c->state == CONN_READING) {
        if (is_blocked(c)) {
            c->held = true;
            buf_add_str(&c->stash, bytes);
            if (c->stash.overflow)
                conn_close(c);
            return;
        }
        if (!conn_take_event(c, &bytes))
            return;
    }
}

/* The client will send no more; a body under way stays incomplete. */
static void take_eof(struct http_conn *c)
{
    c->eof = true;
    if (c->state == CONN_LINGERING) {
        conn_close(c);
        return;
    }
    conn_abort_body(c, 0);
    c->state = CONN_ENDING;
}

static void take_tls(struct http_conn *c)
{
    struct http_server *s = c->server;
    while (c->state == CONN_READING && !c->held) {
        size_t n;
        switch (tls_session_read(c->tls, s->plain, sizeof s->plain, &n)) {
        case TLS_MORE: return;
        case TLS_BYTES: take_bytes(c, str_of(s->plain, n)); break;
        case TLS_EOF: take_eof(c); return;
        case TLS_BROKEN:
            output_flush(c); /* the alert */
            conn_close(c);
            return;
        }
    }
}

/* Goes on where parsing had to wait. True if it did. */
static bool resume(struct http_conn *c)
{
    if (!c->held || c->state != CONN_READING || is_blocked(c))
        return false;
    CLEANUP_BUF struct buf waiting = c->stash;
    buf_init(&c->stash, STASH_MAX_BYTES);
    c->held = false;
    take_bytes(c, buf_str(&waiting));
    if (c->tls)
        take_tls(c);
    return true;
}

/* The oldest request without an answer, if its client has sent something behind it. */
static void press(struct http_conn *c)
{
    const struct http_handler *h = &c->server->handler;
    if (!h->pressed || c->state == CONN_CLOSED)
        return;
    bool more = c->stash.n || http_parser_in_head(&c->parser);
    LIST_EACH(link, &c->requests) {
        struct request *r = request_at(link);
        if (r->stage != REQUEST_OPEN)
            continue;
        if (r->owed && r != c->receiving && (more || link->next != &c->requests))
            h->pressed(h->ctx, &r->pub);
        return;
    }
}

/* Reading and closing. */

static void on_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *ret)
{
    struct http_conn *c = h->data;
    (void)suggested;
    *ret = uv_buf_init(c->server->wire, sizeof c->server->wire);
}

static void take_wire(struct http_conn *c, struct str wire)
{
    if (c->state == CONN_LINGERING)
        return;
    if (c->tls) {
        tls_session_put(c->tls, wire);
        take_tls(c);
    } else {
        take_bytes(c, wire);
    }
    press(c);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *b)
{
    struct http_conn *c = stream->data;
    if (n == 0)
        return;
    if (n == UV_EOF)
        take_eof(c);
    else if (n < 0)
        conn_close(c);
    else
        take_wire(c, str_of(b->base, (size_t)n));
    if (c->state != CONN_CLOSED)
        conn_turn(c);
}

static void set_reading(struct http_conn *c)
{
    bool want = !c->eof && (c->state == CONN_LINGERING || (c->state == CONN_READING && !c->held));
    if (want == c->reading)
        return;
    c->reading = want;
    if (want && uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read) != 0)
        conn_close(c);
    if (!want)
        uv_read_stop((uv_stream_t *)&c->tcp);
}

static void on_shutdown(uv_shutdown_t *req, int status)
{
    (void)req;
    (void)status;
}

/* Everything is said. */
static void linger(struct http_conn *c)
{
    if (c->tls) {
        tls_session_close(c->tls);
        output_flush(c);
    }
    if (c->state == CONN_CLOSED)
        return;
    c->state = CONN_LINGERING;
    if (c->eof || uv_shutdown(&c->shutdown, (uv_stream_t *)&c->tcp, on_shutdown) != 0)
        conn_close(c);
}

static bool is_idle(const struct http_conn *c)
{
    return list_empty(&c->requests) && output_empty(&c->out) && !http_parser_in_head(&c->parser);
}

/* Settles what the turn led to. */
static void settle(struct http_conn *c)
{
    if (c->state == CONN_READING && c->server->draining && is_idle(c)) {
        c->state = CONN_ENDING;
        c->eof |= c->idle_at_drain; /* no answer is on its way that a close could overtake */
    }
    if (c->state == CONN_ENDING && list_empty(&c->requests) && output_empty(&c->out))
        linger(c);
    if (c->state != CONN_CLOSED)
        set_reading(c);
    if (c->state != CONN_CLOSED)
        conn_set_deadline(c);
}

/* False: the output was full, and has room again, as the kernel took it at once: nothing else would bring the
 * answers on that were kept out. */
static bool answer_all(struct http_conn *c)
{
    conn_answer(c);
    bool full = output_is_full(&c->out);
    output_flush(c);
    conn_finish(c);
    return !full || c->state == CONN_CLOSED || output_is_full(&c->out);
}

void conn_turn(struct http_conn *c)
{
    while (!answer_all(c) || resume(c) || conn_file_is_due(c))
        ;
    if (c->state == CONN_CLOSED)
        return;
    settle(c);
}

void conn_drain(struct http_conn *c)
{
    c->idle_at_drain = is_idle(c);
    server_mark_ready(c->server, c);
}

static void on_closed(uv_handle_t *h)
{
    struct http_conn *c = h->data;
    struct http_server *s = c->server;
    output_done(c);
    buf_done(&c->stash);
    http_parser_done(&c->parser);
    tls_session_free(c->tls);
    free(c);
    server_conn_closed(s);
}

void conn_close(struct http_conn *c)
{
    if (c->state == CONN_CLOSED)
        return;
    conn_abort_body(c, 0);
    c->state = CONN_CLOSED;
    c->receiving = NULL;
    c->transfer = NULL;
    for (struct list *first; (first = list_first(&c->requests));)
        request_detach(request_at(first));
    list_remove(&c->link);
    list_remove(&c->ready);
    timer_stop(loop_timers(c->server->loop), &c->timer);
    uv_close((uv_handle_t *)&c->tcp, on_closed);
}

struct http_conn *conn_new(struct http_server *s)
{
    struct http_conn *c = mem_new(sizeof *c);
    c->server = s;
    c->tcp.data = c;
    REQUIRE(uv_tcp_init(loop_uv(s->loop), &c->tcp) == 0);
    list_init(&c->ready);
    list_init(&c->requests);
    list_append(&s->conns, &c->link);
    http_parser_init(&c->parser, &s->limits);
    buf_init(&c->stash, STASH_MAX_BYTES);
    output_init(&c->out);
    if (s->tls)
        c->tls = tls_session_new(s->tls);
    return c;
}

static void read_peer(struct http_conn *c)
{
    struct sockaddr_storage a;
    int n = sizeof a;
    if (uv_tcp_getpeername(&c->tcp, (struct sockaddr *)&a, &n) == 0)
        uv_ip_name((struct sockaddr *)&a, c->peer, sizeof c->peer);
}

void conn_start(struct http_conn *c)
{
    read_peer(c);
    uv_tcp_nodelay(&c->tcp, 1);
    settle(c);
}
