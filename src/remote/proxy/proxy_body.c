#include "remote/proxy/proxy_body.h"

#include "objects/s3/chunked.h"

enum { ROOM_BYTES = 1024 * 1024, BUFFER_MAX = 4 * ROOM_BYTES };

struct proxy_body {
    struct loop *loop;
    struct s3_call *call; /* NULL: the request is gone or answered */
    struct s3_framing framing;
    proxy_body_fn *changed;
    void *ctx;
    struct http_sink sink;
    struct buf in;  /* from the client, with its framing if it has one */
    struct buf out; /* the content */
    size_t taken;   /* of `out`, by the reader */
    int64_t given;  /* bytes of the content that were read */
    bool paused;    /* the client waits */
    bool whole;     /* all has come from the client */
    bool verified;  /* and it is what was promised */
    bool failed;
    struct err err;

    struct chunked *chunks; /* NULL: no framing */
    struct digest digest;   /* of the content, for the trailer */
    bool working;           /* the pool has `work`, and all of these */
    bool last;              /* `work` ends the body */
    bool freed;
    struct buf work;
    struct buf content;
    bool step_failed;
    struct err step_err;
};

static void destroy(struct proxy_body *b)
{
    if (b->chunks)
        chunked_free(b->chunks);
    digest_done(&b->digest);
    buf_done(&b->in);
    buf_done(&b->out);
    buf_done(&b->work);
    buf_done(&b->content);
    free(b);
}

void proxy_body_free(struct proxy_body *b)
{
    b->freed = true;
    if (!b->working)
        destroy(b);
}

void proxy_body_forget_request(struct proxy_body *b)
{
    b->call = NULL;
}

static void resume_client(struct proxy_body *b)
{
    if (!b->paused || !b->call || b->in.n >= ROOM_BYTES)
        return;
    b->paused = false;
    http_body_resume(b->call->req);
}

/* --- Framing, on the pool --- */

static int keep(void *ctx, struct str content, struct err *err)
{
    struct proxy_body *b = ctx;
    (void)err;
    if (b->framing.trailer.header)
        digest_update(&b->digest, content);
    buf_add_str(&b->content, content);
    return 0;
}

static int check_trailer(struct proxy_body *b)
{
    CLEANUP_ARENA struct arena *a = arena_new(4096);
    unsigned char sum[DIGEST_SIZE_MAX];
    if (chunked_end(b->chunks, &b->step_err) < 0)
        return -1;
    if (!b->framing.trailer.header)
        return 0;
    digest_final(&b->digest, sum);
    if (str_eq(chunked_trailer(b->chunks), s3_checksum_text(&b->framing.trailer, sum, a)))
        return 0;
    return err_set(&b->step_err, ERR_BAD_DIGEST,
                   "The %s you specified did not match the calculated checksum.", b->framing.trailer.name);
}

static void take_framing_off(void *ctx)
{
    struct proxy_body *b = ctx;
    if (chunked_take(b->chunks, buf_str(&b->work), keep, b, &b->step_err) < 0 ||
        (b->last && check_trailer(b) < 0))
        b->step_failed = true;
}

static void pump(struct proxy_body *b);

static void taken_off(void *ctx)
{
    struct proxy_body *b = ctx;
    b->working = false;
    if (b->freed) {
        destroy(b);
        return;
    }
    if (b->step_failed && !b->failed) {
        b->failed = true;
        b->err = b->step_err;
    }
    buf_add_str(&b->out, buf_str(&b->content));
    buf_clear(&b->content);
    buf_clear(&b->work);
    b->verified = b->last && !b->failed;
    pump(b);
    b->changed(b->ctx);
}

static void pump_framed(struct proxy_body *b)
{
    bool end = b->whole && !b->last;
    if (b->working || b->failed || (!b->in.n && !end) || b->out.n - b->taken >= ROOM_BYTES)
        return;
    struct buf swap = b->work;
    b->work = b->in;
    b->in = swap;
    b->last = b->whole;
    b->working = true;
    loop_work(b->loop, take_framing_off, taken_off, b);
}

static void pump_plain(struct proxy_body *b)
{
    if (b->out.n - b->taken >= ROOM_BYTES)
        return;
    buf_add_str(&b->out, buf_str(&b->in));
    buf_clear(&b->in);
    b->verified = b->whole;
}

static void pump(struct proxy_body *b)
{
    if (b->chunks)
        pump_framed(b);
    else
        pump_plain(b);
    resume_client(b);
}

/* --- From the client --- */

static bool take_bytes(void *ctx, struct str bytes)
{
    struct proxy_body *b = ctx;
    buf_add_str(&b->in, bytes);
    pump(b);
    b->paused = b->in.n >= ROOM_BYTES;
    b->changed(b->ctx);
    return !b->paused;
}

static void client_gone(void *ctx)
{
    struct proxy_body *b = ctx;
    if (b->failed)
        return;
    b->failed = true;
    err_set(&b->err, ERR_BAD_HTTP, "The client went away before the end of the body.");
    b->changed(b->ctx);
}

void proxy_body_whole(struct proxy_body *b)
{
    b->whole = true;
    pump(b);
    b->changed(b->ctx);
}

static void begin_framing(struct proxy_body *b)
{
    const struct chunked_form form = {b->call->auth.chain, b->framing.trailer.header, b->framing.length};
    b->chunks = chunked_new(&form);
    if (b->framing.trailer.header)
        digest_init(&b->digest, b->framing.trailer.kind);
}

struct proxy_body *proxy_body_new(struct loop *loop, struct s3_call *call, proxy_body_fn *changed, void *ctx,
                                  struct err *err)
{
    struct proxy_body *b = mem_new(sizeof *b);
    *b = (struct proxy_body){.loop = loop, .call = call, .changed = changed, .ctx = ctx};
    struct buf *const buffers[] = {&b->in, &b->out, &b->work, &b->content};
    for (size_t i = 0; i < ARRAY_SIZE(buffers); i++)
        buf_init(buffers[i], BUFFER_MAX);
    if (s3_framing_read(call, INT64_MAX, &b->framing, err) < 0) {
        destroy(b);
        return NULL;
    }
    if (b->framing.aws_chunked)
        begin_framing(b);
    b->sink = (struct http_sink){.ctx = b, .data = take_bytes, .aborted = client_gone};
    http_body_stream(call->req, &b->sink);
    return b;
}

/* --- To the remote --- */

int64_t proxy_body_length(const struct proxy_body *b)
{
    return b->framing.length;
}

struct s3_checksum proxy_body_trailer(const struct proxy_body *b)
{
    struct s3_checksum trailer = b->framing.trailer;
    trailer.value = b->verified && trailer.header ? chunked_trailer(b->chunks) : STR_NULL;
    return trailer;
}

/* A content whose length the remote was told is complete with its last byte. */
static size_t available(const struct proxy_body *b)
{
    size_t n = b->out.n - b->taken;
    bool would_end = b->framing.length >= 0 && b->given + (int64_t)n >= b->framing.length;
    return would_end && !b->verified && n ? n - 1 : n;
}

size_t proxy_body_read(struct proxy_body *b, char *to, size_t max)
{
    size_t n = b->failed ? 0 : available(b);
    if (n > max)
        n = max;
    if (n)
        memcpy(to, b->out.p + b->taken, n);
    b->taken += n;
    b->given += (int64_t)n;
    if (b->taken == b->out.n || b->taken >= ROOM_BYTES) {
        buf_consume(&b->out, b->taken);
        b->taken = 0;
    }
    pump(b);
    return n;
}

bool proxy_body_ended(const struct proxy_body *b)
{
    return b->verified && b->taken == b->out.n && !b->in.n;
}

const struct err *proxy_body_error(const struct proxy_body *b)
{
    return b->failed ? &b->err : NULL;
}
