#include "loop/listener.h"

#include "base/mem.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TURN_MAX = 64, REST_MS = 50 };

struct listener {
    uv_poll_t poll;
    struct loop *loop;
    int fd;
    struct timer rest; /* until there may be descriptors again */
    listener_fn *fn;
    void *ctx;
    bool closing;
    loop_fn *closed;
    void *closed_ctx;
};

/* --- Accepting --- */

static void watch(struct listener *l);

static void on_rested(struct timer *t)
{
    watch(t->ctx);
}

static void take_rest(struct listener *l)
{
    uv_poll_stop(&l->poll);
    timer_start(loop_timers(l->loop), &l->rest, REST_MS, on_rested, l);
}

/* False: nobody else waits. */
static bool accept_one(struct listener *l)
{
    int fd = accept4(l->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
        l->fn(l->ctx, fd);
        return true;
    }
    if (errno == EINTR || errno == ECONNABORTED || errno == EPROTO)
        return true; /* it has gone already */
    if (errno != EAGAIN)
        take_rest(l);
    return false;
}

/* Others of the loop have their turn in between. */
static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct listener *l = poll->data;
    (void)events;
    if (status < 0) {
        take_rest(l);
        return;
    }
    for (int i = 0; i < TURN_MAX && !l->closing && accept_one(l); i++)
        ;
}

static void watch(struct listener *l)
{
    if (uv_poll_start(&l->poll, UV_READABLE, on_readable) != 0)
        take_rest(l);
}

/* --- Life --- */

static int open_socket(const struct sockaddr *address, int backlog)
{
    static const int on = 1, off = 0;
    bool v6 = address->sa_family == AF_INET6;
    socklen_t size = v6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        (!v6 || setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) == 0) &&
        bind(fd, address, size) == 0 && listen(fd, backlog) == 0)
        return fd;
    int error = errno;
    close(fd);
    return -error;
}

struct listener *listener_open(struct loop *loop, const struct sockaddr *address, int backlog,
                               listener_fn *fn, void *ctx, int *ret_error)
{
    int fd = open_socket(address, backlog);
    struct listener *l = mem_new(sizeof *l);
    *l = (struct listener){.loop = loop, .fd = fd, .fn = fn, .ctx = ctx};
    int rc = fd < 0 ? fd : uv_poll_init_socket(loop_uv(loop), &l->poll, fd);
    if (rc < 0) {
        if (fd >= 0)
            close(fd);
        free(l);
        *ret_error = rc;
        return NULL;
    }
    l->poll.data = l;
    watch(l);
    return l;
}

uint16_t listener_port(const struct listener *l)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } a;
    socklen_t n = sizeof a;
    memset(&a, 0, sizeof a);
    if (getsockname(l->fd, &a.any, &n) != 0)
        return 0;
    return ntohs(a.any.sa_family == AF_INET6 ? a.v6.sin6_port : a.v4.sin_port);
}

static void on_closed(uv_handle_t *h)
{
    struct listener *l = h->data;
    loop_fn *closed = l->closed;
    void *ctx = l->closed_ctx;
    close(l->fd);
    free(l);
    closed(ctx);
}

void listener_close(struct listener *l, loop_fn *closed, void *ctx)
{
    l->closing = true;
    l->closed = closed;
    l->closed_ctx = ctx;
    timer_stop(loop_timers(l->loop), &l->rest);
    uv_close((uv_handle_t *)&l->poll, on_closed);
}
