/* The order of answers: a request's answer leaves when those before it are on the way. */
#include "http/file_source.h"
#include "http/flow.h"
#include "http/reply.h"
#include "http/server_private.h"

#include <stdio.h>

static void tell_finished(struct request *r)
{
    const struct http_handler *h = &r->server->handler;
    if (!r->internal && h->finished && !r->server->freed)
        h->finished(h->ctx, &r->pub);
    request_release(r);
}

void conn_finish(struct http_conn *c)
{
    for (struct list *first; (first = list_first(&c->requests));) {
        struct request *r = request_at(first);
        if (r->stage != REQUEST_SENT || r->end > c->out.left || r == c->receiving)
            return;
        list_remove(first);
        c->request_count--;
        tell_finished(r);
    }
}

void request_finish_gone(struct request *r)
{
    list_remove(&r->link);
    tell_finished(r);
}

/* Requests behind the last answer will get none. */
static void end_after(struct http_conn *c, struct request *last)
{
    if (c->state == CONN_READING)
        c->state = CONN_ENDING;
    if (c->receiving && c->receiving != last)
        conn_abort_body(c, 0);
    c->receiving = NULL;
    while (last->link.next != &c->requests)
        request_detach(request_at(last->link.next));
}

static void say_continue(struct http_conn *c, struct request *r)
{
    if (!r->wants_continue || r->sink.hold_continue)
        return;
    r->wants_continue = false;
    output_add(c, STR("HTTP/1.1 100 Continue\r\n\r\n"));
}

static void add_answer(struct http_conn *c, struct request *r)
{
    if (output_is_full(&c->out) || (r->file && !file_source_ready(r->file)))
        return;
    output_add(c, buf_str(&r->answer));
    r->stage = r->file || r->flow ? REQUEST_SENDING : REQUEST_SENT;
    r->end = c->out.added;
}

static void add_body(struct http_conn *c, struct request *r)
{
    if (!(r->flow ? flow_step(r->flow, c) : file_source_step(r->file, c)))
        return;
    if (r->flow)
        flow_free(TAKE(r->flow));
    else
        file_source_abandon(TAKE(r->file));
    r->stage = REQUEST_SENT;
    r->end = c->out.added;
}

void conn_answer(struct http_conn *c)
{
    LIST_EACH(link, &c->requests) {
        struct request *r = request_at(link);
        if (r->stage == REQUEST_OPEN)
            say_continue(c, r);
        if (r->stage == REQUEST_ANSWERED)
            add_answer(c, r);
        if (r->stage == REQUEST_SENDING)
            add_body(c, r);
        if (c->state == CONN_CLOSED || r->stage != REQUEST_SENT)
            return;
        if (r->close) {
            end_after(c, r);
            return;
        }
    }
}

bool conn_file_is_due(const struct http_conn *c)
{
    if (c->state == CONN_CLOSED || !output_empty(&c->out))
        return false;
    LIST_EACH(link, &c->requests) {
        const struct request *r = request_at(link);
        if (r->stage != REQUEST_SENT)
            return r->stage == REQUEST_SENDING && r->file && file_source_due(r->file);
    }
    return false;
}

bool conn_abort_body(struct http_conn *c, int status)
{
    struct request *r = TAKE(c->receiving);
    if (!r || r->stage != REQUEST_OPEN || r->mode == BODY_DROP)
        return false;
    r->pub.status = status;
    request_detach(r);
    if (r->mode == BODY_STREAM)
        r->sink.aborted(r->sink.ctx);
    return true;
}

/* A refusal of HEAD has no body; before the head's end nobody knows the method. */
static bool is_head(const struct http_parser *p)
{
    return p->event == EVENT_HEAD && p->ll.method == HTTP_HEAD;
}

static struct request *add_refusal(struct http_conn *c, int status, const char *reason)
{
    struct request *r = request_new(c->server, c);
    struct http_response res = {.status = status};
    char body[256];
    int n = snprintf(body, sizeof body, "{\"message\":\"%s\"}", reason);
    r->internal = true;
    r->stage = REQUEST_ANSWERED;
    r->close = true;
    http_add_header(&res, STR("Content-Type"), STR("application/json"));
    reply_head(&r->answer, r, &res, (uint64_t)n);
    if (!is_head(&c->parser))
        buf_add(&r->answer, body, (size_t)n);
    list_append(&c->requests, &r->link);
    c->request_count++;
    return r;
}

void conn_refuse(struct http_conn *c, int status, const char *reason)
{
    const struct http_handler *h = &c->server->handler;
    bool amid_body = c->receiving != NULL;
    c->state = CONN_ENDING;
    if (amid_body && !conn_abort_body(c, status))
        return; /* it has an answer of its own, or will get one */
    const struct request *r = add_refusal(c, status, reason);
    if (!amid_body && h->refused)
        h->refused(h->ctx, status, reason, c->peer, r->pub.id);
}
