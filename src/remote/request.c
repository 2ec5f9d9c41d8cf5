#include "remote/request.h"

#include "base/buf.h"
#include "base/random.h"
#include "remote/backoff.h"
#include "remote/refusal.h"
#include "remote/stream.h"

enum { FIRST_WAIT_MS = 100, MOST_WAIT_MS = 20000, NO_BODY_HASHED_MAX = 64 * 1024 };

struct remote_call {
    struct remote *remote;
    struct remote_work work;
    struct remote_request req;
    char hash[SHA256_HEX_LEN + 1];
    remote_fn *fn;
    void *ctx;
    unsigned attempts; /* sent */
    bool skew_learned; /* each of these once */
    bool keys_renewed;
    struct timer retry;
    struct stream *stream;
    size_t sent; /* of the body */
    int status;
    struct arena *arena; /* of the answer's headers */
    struct http_headers headers;
    struct buf answer;
};

static void attempt(struct remote_call *c);

static void forget_answer(struct remote_call *c)
{
    buf_clear(&c->answer);
    arena_reset(c->arena);
    c->headers = (struct http_headers){0};
    c->status = 0;
    c->sent = 0;
}

static void destroy(struct remote_call *c)
{
    timer_stop(loop_timers(c->remote->loop), &c->retry);
    stream_cancel(c->stream);
    list_remove(&c->work.link);
    buf_done(&c->answer);
    arena_free(c->arena);
    remote_unref(c->remote);
    free(c);
}

void remote_call_cancel(struct remote_call *c)
{
    if (c)
        destroy(c);
}

static void end(struct remote_call *c, const struct err *err)
{
    struct remote_answer answer = {&c->headers, buf_str(&c->answer)};
    remote_fn *fn = c->fn;
    fn(c->ctx, err ? NULL : &answer, err);
    destroy(c);
}

static void on_retry(struct timer *t)
{
    attempt(t->ctx);
}

static void again(struct remote_call *c, int64_t wait_ms)
{
    forget_answer(c);
    timer_start(loop_timers(c->remote->loop), &c->retry, wait_ms, on_retry, c);
}

/* A failure that passes: sent again after a while, or the end. */
static void wait_or_end(struct remote_call *c, const struct err *err)
{
    uint32_t random;
    if (c->req.once || c->attempts > c->remote->config.retries) {
        end(c, err);
        return;
    }
    random_bytes(&random, sizeof random);
    again(c, backoff_ms(FIRST_WAIT_MS, MOST_WAIT_MS, c->attempts - 1, random));
}

static bool learn_skew(struct remote_call *c)
{
    if (c->skew_learned || !remote_learn_clock(c->remote, http_header(&c->headers, "date")))
        return false;
    c->skew_learned = true;
    return true;
}

static bool renew_keys(struct remote_call *c)
{
    if (c->keys_renewed || strcmp(c->remote->config.credentials, "static") == 0)
        return false;
    c->keys_renewed = true;
    credential_source_expire(c->remote->credentials);
    return true;
}

static bool has_succeeded(const struct remote_call *c)
{
    bool deleted = c->status == 204 && str_is(c->req.method, "DELETE");
    return (c->status == 200 || deleted) && !refusal_is_told(buf_str(&c->answer));
}

/* What the answer lacks to be believed; NULL: nothing. An entity tag is not compared: that of an object
 * encrypted by a key is no MD5. The remote has compared the content with the hash that was signed. */
static const char *missing(const struct remote_call *c)
{
    if (c->req.body.p && c->sent < c->req.body.n)
        return "having taken all that was sent";
    if (c->req.header && !http_header(&c->headers, c->req.header).n)
        return c->req.header;
    return c->req.element && !refusal_element(buf_str(&c->answer), c->req.element).n ? c->req.element : NULL;
}

static void judge_success(struct remote_call *c)
{
    struct err err;
    const char *what = missing(c);
    if (!what) {
        end(c, NULL);
        return;
    }
    err_set(&err, ERR_UNAVAILABLE, "status %d, without %s", c->status, what);
    wait_or_end(c, &err);
}

static void judge(struct remote_call *c)
{
    struct err err;
    if (has_succeeded(c)) {
        judge_success(c);
        return;
    }
    switch (refusal_read(c->status, &c->headers, buf_str(&c->answer), c->req.bucket, &err)) {
    case REFUSAL_PASSES: wait_or_end(c, &err); return;
    case REFUSAL_SKEWED:
        if (!learn_skew(c))
            break;
        again(c, 0);
        return;
    case REFUSAL_EXPIRED:
        if (!renew_keys(c))
            break;
        again(c, 0);
        return;
    case REFUSAL_FINAL: break;
    }
    end(c, &err);
}

static size_t on_read(void *ctx, char *to, size_t max)
{
    struct remote_call *c = ctx;
    struct str piece = str_sub(c->req.body, c->sent, c->sent + max);
    if (piece.n)
        memcpy(to, piece.p, piece.n);
    c->sent += piece.n;
    return piece.n;
}

static bool on_rewind(void *ctx)
{
    struct remote_call *c = ctx;
    c->sent = 0;
    return true;
}

static void on_head(void *ctx, int status, const struct http_headers *headers)
{
    struct remote_call *c = ctx;
    struct http_header *items = arena_array(c->arena, headers->count + 1, sizeof *items);
    for (size_t i = 0; i < headers->count; i++)
        items[i] = (struct http_header){arena_str(c->arena, headers->items[i].name),
                                        arena_str(c->arena, headers->items[i].value)};
    c->headers = (struct http_headers){items, headers->count};
    c->status = status;
}

/* What is more than the answer may have is dropped: it is none of S3's. */
static bool on_data(void *ctx, struct str bytes)
{
    struct remote_call *c = ctx;
    buf_add_str(&c->answer, bytes);
    return true;
}

static void on_done(void *ctx, const struct err *err)
{
    struct remote_call *c = ctx;
    c->stream = NULL;
    if (!err)
        judge(c);
    else if (err->code == ERR_UNAVAILABLE)
        wait_or_end(c, err);
    else
        end(c, err);
}

static const struct transfer_events events = {on_read, on_rewind, on_head, on_data, on_done};

static void attempt(struct remote_call *c)
{
    struct stream_request request = {
        .out =
            {
                .method = c->req.method,
                .bucket = c->req.bucket,
                .key = c->req.key,
                .query = c->req.query,
                .headers = c->req.headers,
                .header_count = c->req.header_count,
                .payload_hash = c->req.payload_hash.p ? c->req.payload_hash : str_from(c->hash),
            },
        .body_bytes = c->req.body.p ? (int64_t)c->req.body.n : TRANSFER_NO_BODY,
    };
    c->attempts++;
    c->stream = stream_start(c->remote, &request, &events, c);
}

static void fail(struct remote_work *w, const struct err *err)
{
    end(CONTAINER_OF(w, struct remote_call, work), err);
}

struct remote_call *remote_send(struct remote *r, const struct remote_request *req, remote_fn *fn, void *ctx)
{
    struct remote_call *c = mem_new(sizeof *c);
    *c = (struct remote_call){.remote = remote_ref(r), .req = *req, .fn = fn, .ctx = ctx};
    c->work.fail = fail;
    list_append(&r->work, &c->work.link);
    buf_init(&c->answer, req->answer_max ? req->answer_max : REQUEST_ANSWER_MAX);
    c->arena = arena_new(2 * TRANSFER_HEADS_MAX);
    if (!req->payload_hash.p) {
        REQUIRE(req->body.n <= NO_BODY_HASHED_MAX);
        sha256_hex(req->body, c->hash);
    }
    again(c, 0);
    return c;
}
