/* How long a connection may do what it does: one coarse timer, set again only when it fires or a deadline
 * comes nearer. */
#include "http/server_private.h"
#include "http/tls.h"

enum { LINGER_MS = 2000 };

static enum conn_wait waits_for(const struct http_conn *c)
{
    if (c->out.writing || c->transfer)
        return WAIT_WRITE;
    if (c->state == CONN_LINGERING)
        return WAIT_LINGER;
    if (c->state != CONN_READING || !c->reading)
        return WAIT_NOTHING;
    if (c->receiving)
        return WAIT_BODY;
    if (http_parser_in_head(&c->parser) || (c->tls && !tls_session_established(c->tls)))
        return WAIT_HEAD;
    return c->request_count ? WAIT_NOTHING : WAIT_IDLE;
}

static int64_t longest_ms(const struct http_conn *c)
{
    const struct http_limits *l = &c->server->limits;
    switch (c->wait) {
    case WAIT_NOTHING: break;
    case WAIT_IDLE: return l->idle_timeout_ms;
    case WAIT_HEAD: return l->head_timeout_ms;
    case WAIT_BODY: return l->body_timeout_ms;
    case WAIT_WRITE: return l->write_timeout_ms;
    case WAIT_LINGER: return LINGER_MS;
    }
    return INT64_MAX;
}

static void waited_too_long(struct http_conn *c)
{
    switch (c->wait) {
    case WAIT_HEAD:
        if (c->tls && !tls_session_established(c->tls))
            conn_close(c);
        else
            conn_refuse(c, 408, "The request's head took too long.");
        break;
    case WAIT_BODY: conn_refuse(c, 408, "The request's body took too long."); break;
    case WAIT_NOTHING: break;
    case WAIT_IDLE:
    case WAIT_WRITE:
    case WAIT_LINGER: conn_close(c); break;
    }
}

static int64_t now_ms(const struct http_conn *c)
{
    return clock_mono_ms(loop_timers(c->server->loop)->clock);
}

static void on_timer(struct timer *t);

static void arm(struct http_conn *c, int64_t due_ms, int64_t at_ms)
{
    if (!timer_active(&c->timer) || c->timer.due_ms > due_ms)
        timer_start(loop_timers(c->server->loop), &c->timer, due_ms - at_ms, on_timer, c);
}

static void on_timer(struct timer *t)
{
    struct http_conn *c = t->ctx;
    int64_t longest = longest_ms(c);
    int64_t now = now_ms(c);
    if (longest == INT64_MAX)
        return;
    if (c->wait == WAIT_WRITE && output_progress(c))
        c->wait_since_ms = now;
    if (now - c->wait_since_ms < longest) {
        arm(c, c->wait_since_ms + longest, now);
        return;
    }
    waited_too_long(c);
    if (c->state != CONN_CLOSED)
        conn_turn(c);
}

void conn_set_deadline(struct http_conn *c)
{
    enum conn_wait wait = waits_for(c);
    if (wait == c->wait && !c->progress)
        return;
    c->wait = wait;
    c->progress = false;
    int64_t longest = longest_ms(c);
    if (longest == INT64_MAX)
        return;
    c->wait_since_ms = now_ms(c);
    arm(c, c->wait_since_ms + longest, c->wait_since_ms);
}
