#include "remote/proxy/pass_private.h"

#include "remote/proxy/proxy_head.h"

enum { COLLECTED_MAX = 16 * 1024 * 1024 };

/* --- The end --- */

static void destroy(struct pass *p)
{
    timer_stop(loop_timers(p->remote->loop), &p->later);
    list_remove(&p->work.link);
    stream_cancel(p->stream);
    if (p->body)
        proxy_body_free(p->body);
    if (p->overtaken)
        deliveries_unhold(p->overtaken);
    buf_done(&p->collected);
    remote_unref(p->remote);
    free(p);
}

void pass_end_failed(struct pass *p, const struct err *err)
{
    struct s3_call *call = TAKE(p->call);
    if (p->flow)
        http_flow_break(TAKE(p->flow));
    if (call) {
        call->state = NULL;
        s3_fail(call, err);
    }
    destroy(p);
}

void pass_end_well(struct pass *p)
{
    struct s3_call *call = TAKE(p->call);
    if (call)
        call->state = NULL;
    destroy(p);
}

static void on_work_failed(struct remote_work *w, const struct err *err)
{
    pass_end_failed(CONTAINER_OF(w, struct pass, work), err);
}

static void on_later_gone(struct timer *t)
{
    destroy(t->ctx);
}

void pass_end_soon(struct pass *p)
{
    timer_start(loop_timers(p->remote->loop), &p->later, 0, on_later_gone, p);
}

void pass_forget_request(struct pass *p)
{
    if (p->call)
        p->call->state = NULL;
    p->call = NULL;
    if (p->body)
        proxy_body_forget_request(p->body);
}

/* --- The body --- */

static void on_body_failed(struct timer *t)
{
    struct pass *p = t->ctx;
    struct err own = *proxy_body_error(p->body);
    pass_end_failed(p, &own);
}

static void on_body_changed(void *ctx)
{
    struct pass *p = ctx;
    if (proxy_body_error(p->body))
        timer_start(loop_timers(p->remote->loop), &p->later, 0, on_body_failed, p);
    else if (p->held && proxy_body_ended(p->body))
        pass_send(p);
    else if (p->stream)
        stream_go_on(p->stream);
}

static size_t read_content(void *ctx, char *to, size_t max)
{
    struct pass *p = ctx;
    return proxy_body_read(p->body, to, max);
}

static size_t on_read(void *ctx, char *to, size_t max)
{
    struct pass *p = ctx;
    if (p->with_trailer) {
        struct s3_checksum trailer = proxy_body_trailer(p->body);
        size_t n = frames_read(&p->frames, to, max, trailer.value, read_content, p);
        return n || frames_ended(&p->frames) ? n : TRANSFER_WAIT;
    }
    size_t n = read_content(p, to, max);
    return n || proxy_body_ended(p->body) ? n : TRANSFER_WAIT;
}

static bool cannot_rewind(void *ctx)
{
    (void)ctx;
    return false;
}

void pass_body_whole(struct pass *p)
{
    if (p->body)
        proxy_body_whole(p->body);
}

/* --- The request --- */

static const struct transfer_events events = {on_read, cannot_rewind, pass_on_head, pass_on_data,
                                              pass_on_done};

/* The client's promise about its body becomes ours: the remote compares. */
static struct str payload_hash(const struct pass *p)
{
    const struct s3_auth *auth = &p->call->auth;
    if (!p->body)
        return STR(NO_BODY_HASH);
    if (p->with_trailer)
        return STR("STREAMING-UNSIGNED-PAYLOAD-TRAILER");
    return auth->payload == SIGV4_PAYLOAD_HASH ? auth->payload_hash : STR("UNSIGNED-PAYLOAD");
}

static int64_t body_bytes(const struct pass *p)
{
    if (!p->body)
        return str_is(p->call->req->method, "PUT") || str_is(p->call->req->method, "POST") ? 0
                                                                                           : TRANSFER_NO_BODY;
    int64_t length = proxy_body_length(p->body);
    if (p->with_trailer) {
        struct s3_checksum trailer = proxy_body_trailer(p->body);
        return frames_length(length, trailer.header, s3_checksum_value_bytes(&trailer));
    }
    return length >= 0 ? length : TRANSFER_UNKNOWN_LENGTH;
}

/* A checksum behind the content is the object's, or the part's: the remote wants to know it, too. */
static struct http_headers headers_of(struct pass *p)
{
    struct s3_checksum trailer = p->body ? proxy_body_trailer(p->body) : (struct s3_checksum){0};
    p->with_trailer = trailer.header && p->remote->config.trailers;
    if (!p->with_trailer)
        return proxy_request_headers(p->call, p->framed);
    frames_begin(&p->frames, proxy_body_length(p->body), trailer.header);
    return proxy_trailer_headers(p->call, trailer.header, proxy_body_length(p->body));
}

void pass_send(struct pass *p)
{
    const struct s3_call *call = p->call;
    p->held = false;
    struct http_headers headers = headers_of(p);
    struct stream_request request = {
        .out =
            {
                .method = call->req->method,
                .bucket = call->target.bucket,
                .key = call->target.key,
                .query = proxy_request_query(call),
                .headers = headers.items,
                .header_count = headers.count,
                .payload_hash = payload_hash(p),
            },
        .body_bytes = body_bytes(p),
    };
    p->stream = stream_start(p->remote, &request, &events, p);
}

struct pass *pass_start(struct remote *r, struct s3_call *call, struct waiting *overtaken, struct err *err)
{
    struct pass *p = mem_new(sizeof *p);
    *p = (struct pass){.remote = remote_ref(r), .call = call, .bucket = call->target.bucket};
    p->overtaken = overtaken;
    p->work.fail = on_work_failed;
    list_append(&r->work, &p->work.link);
    buf_init(&p->collected, COLLECTED_MAX);
    p->is_head = str_is(call->req->method, "HEAD");
    p->framed = s3_is_framed(call);
    bool has_body = call->req->has_body && !p->is_head; /* a HEAD's is of no use */
    if (has_body && !(p->body = proxy_body_new(r->loop, call, on_body_changed, p, err))) {
        p->call = NULL;
        destroy(p);
        return NULL;
    }
    /* An empty content has no last byte that could be held back. */
    p->held = p->framed && p->body && proxy_body_length(p->body) == 0;
    if (!p->held)
        pass_send(p);
    return p;
}
