#include "rig.h"

#include "http/server_private.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { GUARD_MS = 20000 };

static void respond(struct http_request *req, int status, struct str body)
{
    struct http_response res = {.status = status, .body = body};
    http_add_header(&res, STR("Content-Type"), STR("text/plain"));
    http_respond(req, &res);
}

static void too_large(void *ctx, struct http_request *req)
{
    (void)ctx;
    respond(req, 413, STR("too large"));
}

static bool sink_data(void *ctx, struct str bytes)
{
    struct rig *r = ctx;
    r->pieces++;
    buf_add_str(&r->streamed, bytes);
    if (r->streaming && str_is(r->streaming->path, "/stream/deny"))
        respond(r->streaming, 403, STR("denied"));
    return !r->pausing;
}

static void sink_aborted(void *ctx)
{
    struct rig *r = ctx;
    r->aborted++;
}

static void begin_stream(struct rig *r, struct http_request *req)
{
    const struct http_sink sink = {.ctx = r, .data = sink_data, .aborted = sink_aborted};
    r->streaming = req;
    r->pausing = str_is(req->path, "/stream/hold");
    http_body_stream(req, &sink);
}

/* The file in pieces of 0, 1, 2, ... bytes, or in one. */
struct cut {
    int fd;
    uint64_t at;
    uint64_t end;
    uint64_t step;
};

static bool next_cut(void *ctx, struct http_piece *ret)
{
    struct cut *cut = ctx;
    uint64_t n = cut->step++ % 1000;
    if (n > cut->end - cut->at)
        n = cut->end - cut->at;
    *ret = (struct http_piece){dup(cut->fd), cut->at, n};
    cut->at += n;
    return ret->fd >= 0;
}

static void free_cut(void *ctx)
{
    free(ctx);
}

static bool next_whole(void *ctx, struct http_piece *ret)
{
    struct cut *cut = ctx;
    *ret = (struct http_piece){dup(cut->fd), 0, cut->end};
    return ret->fd >= 0;
}

static void send_pieces(struct rig *r, struct http_request *req,
                        bool (*next)(void *ctx, struct http_piece *ret))
{
    struct http_response res = {.status = 200};
    struct cut *cut = mem_new(sizeof *cut);
    *cut = (struct cut){r->file_fd, 0, r->file_length, 0};
    http_respond_pieces(req, &res, r->file_length, &(struct http_pieces){cut, next, free_cut});
}

static void send_big(struct rig *r, struct http_request *req)
{
    char *body = mem_new(r->big_bytes);
    memset(body, 'b', r->big_bytes);
    respond(req, 200, str_of(body, r->big_bytes));
    free(body);
}

static void send_value(struct rig *r, struct http_request *req)
{
    struct http_response res = {.status = 200};
    http_add_header(&res, STR("X-Value"), r->value);
    http_respond(req, &res);
}

static void on_head(void *ctx, struct http_request *req)
{
    struct rig *r = ctx;
    r->heads++;
    r->seen_headers = req->headers.count;
    snprintf(r->seen_target, sizeof r->seen_target, "%.*s", STR_ARG(req->target));
    snprintf(r->seen_host, sizeof r->seen_host, "%.*s", STR_ARG(req->host));
    if (str_is(req->path, "/hello"))
        respond(req, 200, STR("hello"));
    else if (str_is(req->path, "/echo"))
        http_body_buffer(req, 1000, too_large);
    else if (str_starts(req->path, STR("/stream")))
        begin_stream(r, req);
    else if (str_is(req->path, "/file"))
        send_pieces(r, req, next_whole);
    else if (str_is(req->path, "/pieces"))
        send_pieces(r, req, next_cut);
    else if (str_is(req->path, "/big"))
        send_big(r, req);
    else if (str_is(req->path, "/head"))
        send_value(r, req);
    else if (str_is(req->path, "/close"))
        http_respond(req, &(struct http_response){.status = 200, .body = STR("bye"), .close = true});
}

static void on_done(void *ctx, struct http_request *req)
{
    struct rig *r = ctx;
    r->dones++;
    if (str_is(req->path, "/echo")) {
        respond(req, 200, req->body);
    } else if (str_starts(req->path, STR("/stream"))) {
        r->streaming = NULL;
        respond(req, 200, arena_printf(req->arena, "length %zu", r->streamed.n));
    } else if (str_starts(req->path, STR("/hold"))) {
        REQUIRE(r->held_count < HELD_MAX);
        r->held[r->held_count++] = req;
    } else {
        respond(req, 200, STR("ignored"));
    }
}

static void on_finished(void *ctx, struct http_request *req)
{
    struct rig *r = ctx;
    r->finished++;
    r->finished_in_vain += req->status == 0;
    r->last_status = req->status;
    r->last_sent_bytes = req->sent_bytes;
    if (r->streaming == req)
        r->streaming = NULL;
}

static void on_pressed(void *ctx, struct http_request *req)
{
    struct rig *r = ctx;
    assert_ptr_equal(req, r->held[0]);
    r->pressed++;
}

static void on_refused(void *ctx, int status, const char *reason, const char *peer, const char *id)
{
    struct rig *r = ctx;
    assert_non_null(reason);
    assert_non_null(peer);
    assert_int_equal(strlen(id), 36);
    r->refused++;
    r->last_status = status;
}

void rig_init(struct rig *r)
{
    *r = (struct rig){
        .limits = {.target_bytes = 2048,
                   .head_bytes = 8192,
                   .header_count = 50,
                   .connections = 100,
                   .head_timeout_ms = 60000,
                   .body_timeout_ms = 60000,
                   .idle_timeout_ms = 60000,
                   .write_timeout_ms = 60000,
                   .pipeline = 4},
        .handler = {.ctx = r,
                    .head = on_head,
                    .done = on_done,
                    .finished = on_finished,
                    .pressed = on_pressed,
                    .refused = on_refused},
        .file_fd = -1,
    };
    buf_init(&r->streamed, 64 << 20);
}

void rig_start(struct rig *r)
{
    struct err err;
    r->loop = loop_new();
    r->server = http_server_start(r->loop, "127.0.0.1", 0, r->tls, &r->limits, &r->handler, &err);
    assert_non_null(r->server);
}

static void on_drained(void *ctx)
{
    struct rig *r = ctx;
    r->drained = true;
}

void rig_drain(struct rig *r, int64_t grace_ms)
{
    http_server_drain(r->server, grace_ms, on_drained, r);
}

void rig_stop(struct rig *r)
{
    if (!r->server->draining)
        rig_drain(r, 0);
    rig_wait(r, r->drained);
    while (r->held_count)
        rig_answer(r);
    rig_settle(r);
    assert_int_equal(r->heads, r->finished);
    http_server_free(r->server);
    loop_free(r->loop);
    buf_done(&r->streamed);
    if (r->file_fd >= 0)
        close(r->file_fd);
}

struct rig rig;

int rig_set_up(void **state)
{
    (void)state;
    rig_init(&rig);
    rig_start(&rig);
    return 0;
}

int rig_tear_down(void **state)
{
    (void)state;
    rig_stop(&rig);
    return 0;
}

void rig_answer_at(struct rig *r, size_t i)
{
    REQUIRE(i < r->held_count);
    struct http_request *req = r->held[i];
    memmove(r->held + i, r->held + i + 1, (--r->held_count - i) * sizeof *r->held);
    if (str_is(req->path, "/hold/big"))
        send_big(r, req);
    else if (str_is(req->path, "/hold/close"))
        http_respond(req, &(struct http_response){.status = 200, .close = true});
    else
        respond(req, 200, req->target);
}

void rig_answer(struct rig *r)
{
    rig_answer_at(r, 0);
}

void rig_resume(struct rig *r)
{
    r->pausing = false;
    http_body_resume(r->streaming);
}

/* Guard: a timer of the loop's own ends a wait that would last for ever. */

static uv_timer_t guard;
static bool guard_over;

static void on_guard(uv_timer_t *t)
{
    (void)t;
    guard_over = true;
}

void rig_guard(struct rig *r)
{
    guard_over = false;
    uv_timer_init(loop_uv(r->loop), &guard);
    uv_timer_start(&guard, on_guard, GUARD_MS, 0);
}

static void ignore(uv_handle_t *h)
{
    *(bool *)h->data = true;
}

void rig_unguard(struct rig *r)
{
    bool closed = false;
    guard.data = &closed;
    uv_close((uv_handle_t *)&guard, ignore);
    while (!closed)
        uv_run(loop_uv(r->loop), UV_RUN_NOWAIT);
}

void rig_turn(struct rig *r, const char *waiting_for)
{
    uv_run(loop_uv(r->loop), UV_RUN_ONCE);
    if (guard_over)
        fail_msg("waited in vain for: %s", waiting_for);
}

void rig_settle(struct rig *r)
{
    for (int i = 0; i < 10; i++)
        uv_run(loop_uv(r->loop), UV_RUN_NOWAIT);
}

static void on_passed(struct timer *t)
{
    *(bool *)t->ctx = true;
}

void rig_pass(struct rig *r, int64_t ms)
{
    struct timer t = {0};
    bool passed = false;
    timer_start(loop_timers(r->loop), &t, ms, on_passed, &passed);
    rig_wait(r, passed);
}

/* Clients. */

static void on_readable(uv_poll_t *p, int status, int events)
{
    struct client *c = p->data;
    char bytes[16 * 1024];
    (void)status;
    (void)events;
    ssize_t n = recv(c->fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (n > 0) {
        buf_add(&c->in, bytes, (size_t)n);
        return;
    }
    if (n < 0 && errno == EAGAIN)
        return;
    c->eof = true;
    c->reset = n < 0;
    uv_poll_stop(&c->poll);
}

struct client *client_new(struct rig *r)
{
    struct client *c = mem_new(sizeof *c);
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_port = htons(http_server_port(r->server)),
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    c->rig = r;
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(c->fd >= 0);
    assert_int_equal(connect(c->fd, (struct sockaddr *)&a, sizeof a), 0);
    buf_init(&c->in, 256 << 20);
    c->poll.data = c;
    uv_poll_init(loop_uv(r->loop), &c->poll, c->fd);
    uv_poll_start(&c->poll, UV_READABLE, on_readable);
    return c;
}

void client_set_deaf(struct client *c, bool deaf)
{
    if (deaf)
        uv_poll_stop(&c->poll);
    else
        uv_poll_start(&c->poll, UV_READABLE, on_readable);
}

void client_send_bytes(struct client *c, const void *p, size_t n)
{
    for (const char *at = p; n;) {
        ssize_t sent = send(c->fd, at, n, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno == EAGAIN) {
            uv_run(loop_uv(c->rig->loop), UV_RUN_NOWAIT);
            continue;
        }
        if (sent <= 0)
            return; /* the server has closed: the test looks at what it said */
        at += sent;
        n -= (size_t)sent;
    }
}

void client_send(struct client *c, const char *text)
{
    client_send_bytes(c, text, strlen(text));
}

void client_drip(struct client *c, const char *text)
{
    for (; *text; text++) {
        client_send_bytes(c, text, 1);
        for (int i = 0; i < 3; i++)
            uv_run(loop_uv(c->rig->loop), UV_RUN_NOWAIT);
    }
}

void client_wait(struct client *c, const char *text)
{
    rig_guard(c->rig);
    while (!c->eof && !str_contains(buf_str(&c->in), str_from(text)))
        rig_turn(c->rig, text);
    rig_unguard(c->rig);
    if (!str_contains(buf_str(&c->in), str_from(text)))
        fail_msg("the server closed without '%s', after: %.*s", text, STR_ARG(buf_str(&c->in)));
}

void client_expect(struct client *c, const char *text)
{
    client_wait(c, text);
    buf_clear(&c->in);
}

void client_wait_eof(struct client *c)
{
    rig_wait(c->rig, c->eof);
}

size_t client_count(const struct client *c, const char *text)
{
    size_t count = 0;
    size_t n = strlen(text);
    struct str all = buf_str(&c->in);
    for (size_t i = 0; i + n <= all.n; i++)
        count += memcmp(all.p + i, text, n) == 0;
    return count;
}

void client_half_close(struct client *c)
{
    shutdown(c->fd, SHUT_WR);
}

static void on_client_closed(uv_handle_t *h)
{
    struct client *c = h->data;
    c->closed = true;
}

void client_free(struct client *c)
{
    struct rig *r = c->rig;
    uv_close((uv_handle_t *)&c->poll, on_client_closed);
    while (!c->closed)
        uv_run(loop_uv(r->loop), UV_RUN_NOWAIT);
    close(c->fd);
    buf_done(&c->in);
    free(c);
}
