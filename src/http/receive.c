/* Requests: what the parser found in the bytes. */
#include "http/server_private.h"

static void begin_body(struct http_conn *c, struct request *r)
{
    const struct http_handler *h = &c->server->handler;
    bool large =
        r->mode == BODY_BUFFER && r->pub.content_length > 0 && (size_t)r->pub.content_length > r->body_max;
    r->wants_continue = r->framing.expects_continue;
    if (r->stage != REQUEST_OPEN)
        return;
    r->owed = large || r->mode != BODY_BUFFER;
    if (r->mode != BODY_DROP && !large)
        return;
    r->mode = BODY_DROP;
    if (large)
        r->too_large(h->ctx, &r->pub);
    else
        h->done(h->ctx, &r->pub);
}

static void take_head(struct http_conn *c)
{
    struct request *r = request_new(c->server, c);
    struct http_refusal no = http_head_take(&c->parser, &r->pub, &r->framing);
    if (no.status) {
        request_release(r);
        conn_refuse(c, no.status, no.reason);
        return;
    }
    list_append(&c->requests, &r->link);
    c->request_count++;
    c->receiving = r;
    c->dropped_bytes = 0;
    c->progress = true;
    r->wants_continue = r->framing.expects_continue;
    r->in_head = true;
    c->server->handler.head(c->server->handler.ctx, &r->pub);
    r->in_head = false;
    begin_body(c, r);
}

static void drop_bytes(struct http_conn *c, size_t n)
{
    c->dropped_bytes += n;
    if (c->dropped_bytes <= UNWANTED_BODY_MAX)
        return;
    c->receiving = NULL;
    c->state = CONN_ENDING;
}

static void buffer_bytes(struct http_conn *c, struct request *r)
{
    buf_add_str(&r->body, c->parser.data);
    if (!r->body.overflow)
        return;
    r->mode = BODY_DROP;
    r->owed = true;
    r->too_large(c->server->handler.ctx, &r->pub);
}

static void stream_bytes(struct http_conn *c, struct request *r)
{
    r->resumed = false;
    bool more = r->sink.data(r->sink.ctx, c->parser.data);
    r->paused = !more && !r->resumed && r->mode == BODY_STREAM;
}

static void take_data(struct http_conn *c)
{
    struct request *r = c->receiving;
    c->progress = true;
    switch (r->mode) {
    case BODY_DROP: drop_bytes(c, c->parser.data.n); break;
    case BODY_BUFFER: buffer_bytes(c, r); break;
    case BODY_STREAM: stream_bytes(c, r); break;
    }
}

static void take_end(struct http_conn *c)
{
    struct request *r = TAKE(c->receiving);
    const struct http_handler *h = &c->server->handler;
    r->wants_continue = false;
    if (!r->framing.keep_alive)
        c->state = CONN_ENDING;
    if (r->stage != REQUEST_OPEN || r->mode == BODY_DROP)
        return;
    r->owed = true;
    if (r->mode == BODY_BUFFER)
        r->pub.body = buf_str(&r->body);
    h->done(h->ctx, &r->pub);
}

bool conn_take_event(struct http_conn *c, struct str *bytes)
{
    switch (http_parser_next(&c->parser, bytes)) {
    case EVENT_MORE: return false;
    case EVENT_HEAD: take_head(c); break;
    case EVENT_DATA: take_data(c); break;
    case EVENT_END: take_end(c); break;
    case EVENT_BAD: conn_refuse(c, c->parser.status, c->parser.reason); break;
    }
    return true;
}
