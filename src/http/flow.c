#include "http/flow.h"

#include "base/log.h"
#include "http/server_private.h"

enum { FULL_BYTES = 512 * 1024, FLOW_MAX_BYTES = 4 * FULL_BYTES };

struct http_flow {
    struct request *request;
    const struct http_flow_events *events;
    void *ctx;
    struct buf bytes; /* given, not yet in the output */
    uint64_t to_come; /* not yet given */
    bool full;        /* the handler was told to wait */
    bool broken;
};

struct http_flow *flow_new(struct request *r, uint64_t length, const struct http_flow_events *events,
                           void *ctx)
{
    struct http_flow *f = mem_new(sizeof *f);
    *f = (struct http_flow){.request = r, .events = events, .ctx = ctx, .to_come = length};
    buf_init(&f->bytes, FLOW_MAX_BYTES);
    return f;
}

void flow_free(struct http_flow *f)
{
    buf_done(&f->bytes);
    free(f);
}

void flow_abandon(struct http_flow *f)
{
    bool owned = f->to_come > 0 && !f->broken;
    const struct http_flow_events *events = f->events;
    void *ctx = f->ctx;
    flow_free(f);
    if (owned)
        events->gone(ctx);
}

static void wake(struct http_flow *f)
{
    server_mark_ready(f->request->server, f->request->pub.conn);
}

bool http_flow_ready(struct http_flow *f)
{
    f->full = f->bytes.n >= FULL_BYTES;
    return !f->full;
}

void http_flow_add(struct http_flow *f, struct str bytes)
{
    REQUIRE(bytes.n <= f->to_come && f->bytes.n + bytes.n <= FLOW_MAX_BYTES);
    buf_add_str(&f->bytes, bytes);
    f->to_come -= bytes.n;
    wake(f);
}

void http_flow_break(struct http_flow *f)
{
    f->broken = true;
    wake(f);
}

/* The head with its length is out: only the connection's end can tell the client. */
static void give_up(const struct http_flow *f, struct http_conn *c)
{
    log_warn("http", "an answer was broken off, as its source was", F_CSTR("request_id", f->request->pub.id));
    conn_close(c);
}

bool flow_step(struct http_flow *f, struct http_conn *c)
{
    if (output_is_full(&c->out))
        return false;
    if (f->bytes.n) {
        output_add(c, buf_str(&f->bytes));
        f->request->pub.sent_bytes += f->bytes.n;
        buf_clear(&f->bytes);
    }
    if (f->to_come == 0)
        return true;
    if (f->broken) {
        give_up(f, c);
        return false;
    }
    if (f->full) {
        f->full = false;
        f->events->drained(f->ctx);
    }
    return false;
}
