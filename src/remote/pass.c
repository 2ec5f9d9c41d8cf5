#include "remote/pass.h"

#include "base/log.h"
#include "remote/proxy_body.h"
#include "remote/proxy_head.h"
#include "remote/refusal.h"
#include "remote/stream.h"

#include <stdio.h>

enum { COLLECTED_MAX = 16 * 1024 * 1024 };

struct pass {
    struct remote *remote;
    struct remote_work work;
    struct s3_call *call; /* NULL: answered, or its client is gone */
    struct str bucket;    /* of the request; for sentences while it lives */
    bool is_head;
    struct proxy_body *body; /* NULL: none */
    bool framed;
    bool held;                 /* until the body is verified */
    struct stream *stream;     /* NULL: it has not begun, or has ended */
    struct timer later;        /* what must not happen inside a call of the connection's */
    struct waiting *overtaken; /* by a success; NULL: nothing */
    int status;
    const char *wrong; /* with the answer; NULL: nothing */
    bool repeats;      /* once the answer has come */
    bool repeated;
    struct http_response answer; /* its head; strings in the request's arena */
    int64_t answer_bytes;        /* -1: only its end tells */
    struct buf collected;        /* an answer that is looked at, or whose length is not known */
    bool collects;
    struct http_flow *flow;
    int64_t flow_left;
};

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

/* Answers with an error where there is no answer yet; one under way is broken off. */
static void end_failed(struct pass *p, const struct err *err)
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

static void end_well(struct pass *p)
{
    struct s3_call *call = TAKE(p->call);
    if (call)
        call->state = NULL;
    destroy(p);
}

/* The head of the answer is out, and what follows is not what it promised. */
static void break_off(struct pass *p)
{
    log_warn("remote", "an answer has another length than it said", F_CSTR("remote", p->remote->config.name));
    http_flow_break(TAKE(p->flow));
}

static void on_work_failed(struct remote_work *w, const struct err *err)
{
    end_failed(CONTAINER_OF(w, struct pass, work), err);
}

static void on_body_failed(struct timer *t)
{
    struct pass *p = t->ctx;
    const struct err *err = proxy_body_error(p->body);
    struct err own = *err;
    end_failed(p, &own);
}

static void send_on(struct pass *p);

static void on_body_changed(void *ctx)
{
    struct pass *p = ctx;
    if (proxy_body_error(p->body))
        timer_start(loop_timers(p->remote->loop), &p->later, 0, on_body_failed, p);
    else if (p->held && proxy_body_ended(p->body))
        send_on(p);
    else if (p->stream)
        stream_go_on(p->stream);
}

/* --- The answer --- */

static void forget_request(struct pass *p)
{
    if (p->call)
        p->call->state = NULL;
    p->call = NULL;
    if (p->body)
        proxy_body_forget_request(p->body);
}

static void on_drained(void *ctx)
{
    struct pass *p = ctx;
    if (p->stream)
        stream_go_on(p->stream);
}

static void on_later_gone(struct timer *t)
{
    destroy(t->ctx);
}

static void on_client_gone(void *ctx)
{
    struct pass *p = ctx;
    p->flow = NULL;
    forget_request(p);
    timer_start(loop_timers(p->remote->loop), &p->later, 0, on_later_gone, p);
}

static const struct http_flow_events flow_events = {on_drained, on_client_gone};

/* Others are none of HTTP's, though libcurl passes them on. */
static bool is_status(int status)
{
    return status >= 200 && status <= 599;
}

static void copy_answer_head(struct pass *p, int status, const struct http_headers *headers)
{
    struct arena *a = p->call->req->arena;
    p->answer.status = status;
    if (!is_status(status))
        p->wrong = "its status is none of HTTP's";
    for (size_t i = 0; i < headers->count; i++) {
        struct http_header h = headers->items[i];
        if (!proxy_answer_header(h.name))
            continue;
        if (p->answer.header_count + 2 >= ARRAY_SIZE(p->answer.headers)) {
            p->wrong = "it has too many headers";
            return;
        }
        http_add_header(&p->answer, arena_str(a, h.name), arena_str(a, h.value));
    }
}

static void begin_flow(struct pass *p)
{
    struct http_request *req = p->call->req;
    p->call->answered = true;
    p->flow_left = p->answer_bytes;
    p->flow = http_respond_flow(req, &p->answer, (uint64_t)p->answer_bytes, &flow_events, p);
    forget_request(p);
}

/* The answer to a HEAD never says what is wrong with its keys or its time: where one of both may be, it is
 * sent again. */
static bool wants_repeat(const struct pass *p, const struct http_headers *headers)
{
    struct str date = http_header(headers, "date");
    if (!p->is_head || p->repeated || (p->status != 400 && p->status != 403))
        return false;
    if (remote_clock_is_off(p->remote, date))
        return remote_learn_clock(p->remote, date);
    return credential_source_doubt(p->remote->credentials);
}

static void repeat(struct pass *p)
{
    p->repeats = false;
    p->repeated = true;
    p->answer = (struct http_response){0};
    p->wrong = NULL;
    send_on(p);
}

static void on_head(void *ctx, int status, const struct http_headers *headers)
{
    struct pass *p = ctx;
    if (!p->call)
        return;
    p->status = status;
    p->repeats = wants_repeat(p, headers);
    if (p->repeats)
        return;
    p->answer_bytes = transfer_answer_length(headers);
    copy_answer_head(p, status, headers);
    bool bare = p->is_head || status == 204 || status == 304;
    if (bare && p->answer_bytes < 0)
        p->answer_bytes = 0;
    p->collects = (status >= 300 && !bare) || p->answer_bytes < 0 || p->overtaken || p->wrong;
    if (!p->collects)
        begin_flow(p);
}

static bool collect(struct pass *p, struct str bytes)
{
    buf_add_str(&p->collected, bytes);
    return true;
}

static bool on_data(void *ctx, struct str bytes)
{
    struct pass *p = ctx;
    if (p->collects)
        return collect(p, bytes);
    if (!p->flow)
        return true; /* nobody waits for it */
    if (!http_flow_ready(p->flow))
        return false;
    if ((int64_t)bytes.n > p->flow_left) {
        break_off(p);
        return true;
    }
    p->flow_left -= (int64_t)bytes.n;
    http_flow_add(p->flow, bytes);
    if (p->flow_left == 0)
        p->flow = NULL;
    return true;
}

/* --- What is wrong between this server and the remote is not the client's --- */

/* What the next request does differently for it; false: nothing. */
static bool learn(const struct pass *p, enum refusal_kind kind, const struct http_headers *headers)
{
    if (kind == REFUSAL_SKEWED)
        return remote_learn_clock(p->remote, http_header(headers, "date"));
    if (kind == REFUSAL_EXPIRED)
        credential_source_expire(p->remote->credentials);
    return kind == REFUSAL_EXPIRED;
}

static bool is_ours(const struct pass *p)
{
    return p->status == 301 || p->status == 307 ||
           refusal_is_of_keys(refusal_element(buf_str(&p->collected), "Code"));
}

static void refuse_for_us(struct pass *p)
{
    struct http_headers headers = {p->answer.headers, p->answer.header_count};
    struct err why, err;
    enum refusal_kind kind = refusal_read(p->status, &headers, buf_str(&p->collected), p->bucket, &why);
    bool again = learn(p, kind, &headers);
    err_set(&err, again ? ERR_UNAVAILABLE : ERR_ACCESS_DENIED,
            "The store of the bucket (remote %s) refused this server: %.500s", p->remote->config.name,
            why.text);
    log_warn("remote", "a request was refused for what this server sent with it",
             F_CSTR("remote", p->remote->config.name), F_CSTR("reason", why.text));
    end_failed(p, &err);
}

static void respond(struct pass *p)
{
    struct http_request *req = p->call->req;
    p->answer.body = buf_str(&p->collected);
    p->call->answered = true;
    http_respond(req, &p->answer);
    end_well(p);
}

static void on_overtaken(void *ctx, const struct err *err)
{
    struct pass *p = ctx;
    if (err)
        end_failed(p, err);
    else
        respond(p);
}

/* S3 may answer 200 before it knows, and tell the failure in the body. */
static bool has_succeeded(const struct pass *p)
{
    return p->status < 300 && !refusal_element(buf_str(&p->collected), "Code").p;
}

static void answer_collected(struct pass *p)
{
    struct err err;
    if (p->wrong) {
        err_set(&err, ERR_UNAVAILABLE,
                "The answer of the bucket's store (remote %s, status %d) cannot be passed on: %s.",
                p->remote->config.name, p->status, p->wrong);
        end_failed(p, &err);
    } else if (p->collected.overflow) {
        err_set(&err, ERR_UNAVAILABLE, "The answer of the bucket's store is too long to be passed on.");
        end_failed(p, &err);
    } else if (p->status >= 300 && is_ours(p)) {
        refuse_for_us(p);
    } else if (p->overtaken && has_succeeded(p)) {
        deliveries_overtake(TAKE(p->overtaken), on_overtaken, p);
    } else {
        respond(p);
    }
}

static void on_done(void *ctx, const struct err *err)
{
    struct pass *p = ctx;
    struct err own;
    p->stream = NULL;
    if (timer_active(&p->later))
        return; /* its end is decided already */
    if (err) {
        err_set(&own, ERR_UNAVAILABLE, "The store of the bucket (remote %s) cannot be reached: %.500s",
                p->remote->config.name, err->text);
        end_failed(p, &own);
    } else if (p->repeats) {
        repeat(p);
    } else if (p->collects) {
        answer_collected(p);
    } else {
        if (p->flow)
            break_off(p);
        end_well(p);
    }
}

/* --- The request --- */

static size_t on_read(void *ctx, char *to, size_t max)
{
    struct pass *p = ctx;
    size_t n = proxy_body_read(p->body, to, max);
    return n || proxy_body_ended(p->body) ? n : TRANSFER_WAIT;
}

static bool cannot_rewind(void *ctx)
{
    (void)ctx;
    return false;
}

static const struct transfer_events events = {on_read, cannot_rewind, on_head, on_data, on_done};

/* The client's promise about its body becomes ours: the remote compares. */
static struct str payload_hash(const struct pass *p)
{
    const struct s3_auth *auth = &p->call->auth;
    if (!p->body)
        return STR(NO_BODY_HASH);
    return auth->payload == SIGV4_PAYLOAD_HASH ? auth->payload_hash : STR("UNSIGNED-PAYLOAD");
}

static int64_t body_bytes(const struct pass *p)
{
    if (!p->body)
        return str_is(p->call->req->method, "PUT") || str_is(p->call->req->method, "POST") ? 0
                                                                                           : TRANSFER_NO_BODY;
    return proxy_body_length(p->body) >= 0 ? proxy_body_length(p->body) : TRANSFER_UNKNOWN_LENGTH;
}

static void send_on(struct pass *p)
{
    const struct s3_call *call = p->call;
    p->held = false;
    struct http_headers headers = proxy_request_headers(call, p->framed);
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

void pass_body_whole(struct pass *p)
{
    if (p->body)
        proxy_body_whole(p->body);
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
    p->framed = call->auth.payload != SIGV4_PAYLOAD_HASH && call->auth.payload != SIGV4_PAYLOAD_UNSIGNED;
    bool has_body = call->req->has_body && !p->is_head; /* a HEAD's is of no use */
    if (has_body && !(p->body = proxy_body_new(r->loop, call, on_body_changed, p, err))) {
        p->call = NULL;
        destroy(p);
        return NULL;
    }
    /* An empty content has no last byte that could be held back. */
    p->held = p->framed && p->body && proxy_body_length(p->body) == 0;
    if (!p->held)
        send_on(p);
    return p;
}
