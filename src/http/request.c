#include "http/request.h"

#include "base/clock.h"
#include "base/random.h"
#include "http/file_source.h"
#include "http/flow.h"
#include "http/reply.h"
#include "http/server_private.h"

#include <stdio.h>

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
enum { SPARES_MAX = 0 }; /* every request is freed, so that late uses show */
#else
enum { SPARES_MAX = 64 };
#endif

enum {
    SPARE_BUFFER_MAX = 16 * 1024, /* larger buffers are not kept */
    ANSWER_MAX = HTTP_RESPONSE_MAX + 64 * 1024,
};

static void clear_buffer(struct buf *b)
{
    if (b->cap > SPARE_BUFFER_MAX)
        buf_done(b);
    else
        buf_clear(b);
}

static struct request *request_make(void)
{
    struct request *r = mem_new(sizeof *r);
    r->pub.arena = arena_new(HTTP_ARENA_MAX);
    buf_init(&r->answer, ANSWER_MAX);
    list_init(&r->link);
    return r;
}

static struct request *take_spare(struct http_server *s)
{
    struct list *first = list_first(&s->spares);
    if (!first)
        return request_make();
    list_remove(first);
    s->spare_count--;
    return request_at(first);
}

struct request *request_new(struct http_server *s, struct http_conn *c)
{
    struct request *r = take_spare(s);
    s->request_count++;
    r->server = s;
    r->pub.conn = c;
    r->pub.tls = c->tls != NULL;
    r->pub.started_ns = clock_nanos();
    random_uuid(r->pub.id);
    memcpy(r->pub.peer, c->peer, sizeof r->pub.peer);
    return r;
}

static void request_destroy(struct request *r)
{
    arena_free(r->pub.arena);
    buf_done(&r->body);
    buf_done(&r->answer);
    free(r);
}

void request_release(struct request *r)
{
    struct http_server *s = r->server;
    s->request_count--;
    if (s->freed || s->spare_count + 1 > SPARES_MAX) {
        request_destroy(r);
        server_request_released(s);
        return;
    }
    arena_reset(r->pub.arena);
    clear_buffer(&r->body);
    clear_buffer(&r->answer);
    *r = (struct request){.pub = {.arena = r->pub.arena}, .body = r->body, .answer = r->answer};
    list_prepend(&s->spares, &r->link);
    s->spare_count++;
}

void request_spares_free(struct http_server *s)
{
    LIST_EACH_SAFE(link, &s->spares) {
        list_remove(link);
        request_destroy(request_at(link));
    }
    s->spare_count = 0;
}

void request_detach(struct request *r)
{
    list_remove(&r->link);
    r->pub.conn->request_count--;
    r->pub.conn = NULL;
    if (r->file)
        file_source_abandon(TAKE(r->file));
    if (r->flow)
        flow_abandon(TAKE(r->flow));
    if (r->stage != REQUEST_OPEN || !r->owed)
        server_mark_gone(r->server, r);
}

/* The body. */

void http_body_buffer(struct http_request *req, size_t max_bytes,
                      void (*too_large)(void *ctx, struct http_request *req))
{
    struct request *r = request_of(req);
    REQUIRE(r->in_head && r->stage == REQUEST_OPEN);
    r->mode = BODY_BUFFER;
    r->body_max = max_bytes;
    r->body.max = max_bytes;
    r->too_large = too_large;
}

void http_body_stream(struct http_request *req, const struct http_sink *sink)
{
    struct request *r = request_of(req);
    REQUIRE(r->in_head && r->stage == REQUEST_OPEN);
    r->mode = BODY_STREAM;
    r->sink = *sink;
}

void http_body_resume(struct http_request *req)
{
    struct request *r = request_of(req);
    r->paused = false;
    r->resumed = true;
    r->sink.hold_continue = false;
    if (req->conn)
        server_mark_ready(r->server, req->conn);
}

/* The answer. */

/* A client that was not told to go on may send the body or not: the next bytes could be either. */
static bool body_ends_connection(const struct request *r)
{
    if (r->pub.conn->receiving != r || !r->pub.has_body)
        return false;
    return (r->framing.expects_continue && r->wants_continue) || r->pub.content_length > UNWANTED_BODY_MAX;
}

static bool ends_connection(const struct request *r, const struct http_response *res)
{
    const struct http_conn *c = r->pub.conn;
    bool last = r->link.next == &c->requests && (c->state != CONN_READING || r->server->draining);
    return res->close || !r->framing.keep_alive || last || body_ends_connection(r);
}

/* Everything before it is on the way: the answer goes straight to the output, if that is not full. */
static bool is_next(const struct request *r)
{
    if (output_is_full(&r->pub.conn->out))
        return false;
    const struct list *before = r->link.prev;
    return before == &r->pub.conn->requests || request_at((struct list *)before)->stage == REQUEST_SENT;
}

/* False: the client is gone, and the request with it. */
static bool begin_answer(struct request *r, const struct http_response *res)
{
    REQUIRE(r->stage == REQUEST_OPEN);
    r->stage = REQUEST_ANSWERED;
    r->mode = BODY_DROP;
    r->paused = false;
    if (!r->pub.conn) {
        server_mark_gone(r->server, r);
        return false;
    }
    r->pub.status = res->status;
    r->close = ends_connection(r, res);
    if (r->close && r->pub.conn->state == CONN_READING)
        r->pub.conn->state = CONN_ENDING;
    server_mark_ready(r->server, r->pub.conn);
    return true;
}

static void write_answer(struct buf *b, struct request *r, const struct http_response *res)
{
    size_t before = b->n;
    reply_head(b, r, res, res->body.n);
    if (!reply_is_bare(&r->pub, res->status))
        buf_add_str(b, res->body);
    r->pub.sent_bytes = b->n - before;
}

void http_respond(struct http_request *req, const struct http_response *res)
{
    struct request *r = request_of(req);
    REQUIRE(res->body.n <= HTTP_RESPONSE_MAX);
    if (!begin_answer(r, res))
        return;
    if (!is_next(r)) {
        write_answer(&r->answer, r, res);
        return;
    }
    write_answer(output_begin(req->conn), r, res);
    output_end(req->conn);
    r->end = req->conn->out.added;
    r->stage = REQUEST_SENT;
}

void http_respond_pieces(struct http_request *req, const struct http_response *res, uint64_t length,
                         const struct http_pieces *pieces)
{
    struct request *r = request_of(req);
    bool wanted = begin_answer(r, res);
    if (wanted) {
        reply_head(&r->answer, r, res, length);
        r->pub.sent_bytes = r->answer.n;
    }
    if (wanted && length > 0 && !reply_is_bare(req, res->status))
        r->file = file_source_new(r, length, pieces);
    else
        pieces->done(pieces->ctx);
}

struct http_flow *http_respond_flow(struct http_request *req, const struct http_response *res,
                                    uint64_t length, const struct http_flow_events *events, void *ctx)
{
    struct request *r = request_of(req);
    if (!begin_answer(r, res))
        return NULL;
    reply_head(&r->answer, r, res, length);
    r->pub.sent_bytes = r->answer.n;
    if (length > 0 && !reply_is_bare(req, res->status))
        r->flow = flow_new(r, length, events, ctx);
    return r->flow;
}
