#include "shim/wire.h"

enum {
    READ_STEP_BYTES = 32 * 1024,
    IN_MAX_BYTES = FRAME_HEADER_BYTES + FRAME_BODY_MAX + READ_STEP_BYTES,
    OUT_MAX_BYTES = FRAME_HEADER_BYTES + FRAME_BODY_MAX + 4096,
    QUEUE_MAX_BYTES = 4 * 1024 * 1024, /* frames that the peer has not read yet */
};

struct wire {
    uv_pipe_t pipe;
    const struct wire_events *events;
    void *ctx;
    struct buf in;
    struct buf out;
    bool closed;
};

/* A frame that the socket did not take at once. */
struct sending {
    uv_write_t request;
    char bytes[];
};

static void on_closed(uv_handle_t *h)
{
    struct wire *w = h->data;
    buf_done(&w->in);
    buf_done(&w->out);
    free(w);
}

void wire_close(struct wire *w)
{
    if (!w || w->closed)
        return;
    w->closed = true;
    uv_close((uv_handle_t *)&w->pipe, on_closed);
}

static void on_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *ret)
{
    (void)suggested;
    struct wire *w = h->data;
    char *to = buf_reserve(&w->in, READ_STEP_BYTES);
    REQUIRE(to);
    *ret = uv_buf_init(to, READ_STEP_BYTES);
}

static void end(struct wire *w, const char *reason)
{
    uv_read_stop((uv_stream_t *)&w->pipe);
    w->events->ended(w->ctx, reason);
}

static void take_frames(struct wire *w)
{
    size_t at = 0;
    while (!w->closed) {
        struct str body;
        enum frame_state state = frame_first(str_sub(buf_str(&w->in), at, w->in.n), &body);
        if (state == FRAME_PART)
            break;
        struct err err = {.text = "A frame's length is out of bounds."};
        json_auto_t *frame = state == FRAME_WHOLE ? frame_parse(body, &err) : NULL;
        if (!frame) {
            end(w, err.text);
            return;
        }
        at += FRAME_HEADER_BYTES + body.n;
        w->events->frame(w->ctx, frame);
    }
    buf_consume(&w->in, at);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *into)
{
    (void)into;
    struct wire *w = stream->data;
    if (w->closed)
        return;
    if (n < 0) {
        end(w, "The shim closed the connection.");
        return;
    }
    w->in.n += (size_t)n;
    take_frames(w);
    if (w->in.n == 0)
        buf_done(&w->in);
}

struct wire *wire_new(struct loop *l, int fd, const struct wire_events *events, void *ctx)
{
    struct wire *w = mem_new(sizeof *w);
    w->events = events;
    w->ctx = ctx;
    buf_init(&w->in, IN_MAX_BYTES);
    buf_init(&w->out, OUT_MAX_BYTES);
    REQUIRE(uv_pipe_init(loop_uv(l), &w->pipe, 0) == 0);
    w->pipe.data = w;
    REQUIRE(uv_pipe_open(&w->pipe, fd) == 0);
    REQUIRE(uv_read_start((uv_stream_t *)&w->pipe, on_alloc, on_read) == 0);
    return w;
}

struct buf *wire_out(struct wire *w)
{
    return &w->out;
}

static void on_sent(uv_write_t *request, int status)
{
    (void)status; /* an end of the connection shows when it is read */
    free(CONTAINER_OF(request, struct sending, request));
}

static void queue(struct wire *w, struct str bytes)
{
    struct sending *s = mem_new(sizeof *s + bytes.n);
    memcpy(s->bytes, bytes.p, bytes.n);
    uv_buf_t part = uv_buf_init(s->bytes, (unsigned)bytes.n);
    if (uv_write(&s->request, (uv_stream_t *)&w->pipe, &part, 1, on_sent) != 0)
        free(s);
}

bool wire_send(struct wire *w, struct frame *f)
{
    uv_stream_t *stream = (uv_stream_t *)&w->pipe;
    if (!frame_close(f) || w->closed || uv_stream_get_write_queue_size(stream) > QUEUE_MAX_BYTES) {
        buf_clear(&w->out);
        return false;
    }
    uv_buf_t part = uv_buf_init(w->out.p, (unsigned)w->out.n);
    int n = uv_try_write(stream, &part, 1);
    struct str rest = str_sub(buf_str(&w->out), n > 0 ? (size_t)n : 0, w->out.n);
    if (rest.n > 0)
        queue(w, rest);
    buf_done(&w->out);
    return true;
}
