#include "shim/program/channel.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>

enum {
    READ_STEP_BYTES = 32 * 1024,
    IN_MAX_BYTES = FRAME_HEADER_BYTES + FRAME_BODY_MAX + READ_STEP_BYTES,
    OUT_MAX_BYTES = 4 * 1024 * 1024,
    DRAIN_READS_MAX = 128, /* more than a socket holds: the peer may go on writing */
    /* A buffer that grew beyond this is given back when it is empty. */
    KEEP_BYTES = 64 * 1024,
};

void channel_init(struct channel *c, struct reactor *r, const struct channel_events *events, void *ctx)
{
    *c = (struct channel){.watch.fd = -1, .reactor = r, .events = events, .ctx = ctx, .fds = {-1, -1, -1}};
    buf_init(&c->in, IN_MAX_BYTES);
    buf_init(&c->out, OUT_MAX_BYTES);
}

bool channel_is_open(const struct channel *c)
{
    return c->watch.fd >= 0;
}

static void drop_fds(struct channel *c)
{
    for (int i = 0; i < CHANNEL_FDS; i++) {
        if (c->fds[i] >= 0)
            close(c->fds[i]);
        c->fds[i] = -1;
    }
}

void channel_close(struct channel *c)
{
    watch_close(&c->watch);
    drop_fds(c);
    buf_done(&c->in);
    buf_done(&c->out);
}

static void end(struct channel *c, const char *reason)
{
    channel_close(c);
    c->events->ended(c, reason);
}

static void trim(struct buf *b)
{
    if (b->n == 0 && b->cap > KEEP_BYTES)
        buf_done(b);
}

static void take_frames(struct channel *c)
{
    size_t at = 0;
    while (channel_is_open(c)) {
        struct str body;
        enum frame_state state = frame_first(str_sub(buf_str(&c->in), at, c->in.n), &body);
        if (state == FRAME_PART)
            break;
        struct err err = {.text = "A frame's length is out of bounds."};
        json_auto_t *frame = state == FRAME_WHOLE ? frame_parse(body, &err) : NULL;
        if (!frame) {
            end(c, err.text);
            return;
        }
        at += FRAME_HEADER_BYTES + body.n;
        c->events->frame(c, frame);
    }
    if (channel_is_open(c)) {
        buf_consume(&c->in, at);
        trim(&c->in);
    }
}

/* 1: bytes came, 0: none are there yet, -1: the peer has gone and the channel is closed. */
static int receive(struct channel *c)
{
    char *to = buf_reserve(&c->in, READ_STEP_BYTES);
    REQUIRE(to);
    ssize_t n = recv(c->watch.fd, to, READ_STEP_BYTES, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (n <= 0) {
        end(c, NULL);
        return -1;
    }
    c->in.n += (size_t)n;
    take_frames(c);
    return channel_is_open(c) ? 1 : -1;
}

void channel_drain(struct channel *c)
{
    for (int reads = 0; reads < DRAIN_READS_MAX && channel_is_open(c) && receive(c) > 0; reads++)
        ;
}

static void on_event(struct watch *w, uint32_t events)
{
    struct channel *c = w->ctx;
    if (events & EPOLLOUT)
        channel_flush(c);
    if (channel_is_open(c) && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
        receive(c);
}

void channel_open(struct channel *c, int fd)
{
    watch_open(c->reactor, &c->watch, fd, EPOLLIN, on_event, c);
}

bool channel_attach(struct channel *c, const int fds[CHANNEL_FDS])
{
    if (c->fds[0] >= 0)
        return false;
    memcpy(c->fds, fds, sizeof c->fds);
    c->fds_at = c->out.n;
    return true;
}

void channel_detach(struct channel *c)
{
    for (int i = 0; i < CHANNEL_FDS; i++)
        c->fds[i] = -1;
}

static ssize_t send_with_fds(struct channel *c)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof c->fds)];
    } control = {0};
    struct iovec part = {c->out.p, c->out.n};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof c->fds);
    memcpy(CMSG_DATA(header), c->fds, sizeof c->fds);
    ssize_t n = sendmsg(c->watch.fd, &message, MSG_NOSIGNAL);
    if (n > 0)
        drop_fds(c);
    return n;
}

static ssize_t send_some(struct channel *c)
{
    bool waiting = c->fds[0] >= 0;
    if (waiting && c->fds_at == 0)
        return send_with_fds(c);
    ssize_t n = send(c->watch.fd, c->out.p, waiting ? c->fds_at : c->out.n, MSG_NOSIGNAL);
    if (n > 0 && waiting)
        c->fds_at -= (size_t)n;
    return n;
}

void channel_flush(struct channel *c)
{
    while (channel_is_open(c) && c->out.n > 0) {
        ssize_t n = send_some(c);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            break;
        if (n < 0) {
            /* What the peer sent before it went is still to be read: the end is found there. */
            buf_clear(&c->out);
            drop_fds(c);
            break;
        }
        buf_consume(&c->out, (size_t)n);
    }
    if (!channel_is_open(c))
        return;
    trim(&c->out);
    watch_events(c->reactor, &c->watch, c->out.n > 0 ? EPOLLIN | EPOLLOUT : EPOLLIN);
}
