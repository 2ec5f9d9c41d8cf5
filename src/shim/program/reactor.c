#include "shim/program/reactor.h"

#include "base/mem.h"

#include <errno.h>
#include <limits.h>
#include <sys/epoll.h>

void reactor_init(struct reactor *r)
{
    *r = (struct reactor){.epoll = epoll_create1(EPOLL_CLOEXEC)};
    REQUIRE(r->epoll >= 0);
    timers_init(&r->timers, &clock_system);
}

void reactor_end(struct reactor *r)
{
    r->ended = true;
}

void reactor_run(struct reactor *r)
{
    while (!r->ended) {
        int64_t wait_ms = timers_next_ms(&r->timers);
        struct epoll_event event;
        int n = epoll_wait(r->epoll, &event, 1, wait_ms > INT_MAX ? INT_MAX : (int)wait_ms);
        REQUIRE(n >= 0 || errno == EINTR);
        if (n > 0) {
            struct watch *w = event.data.ptr;
            w->fn(w, event.events);
        }
        if (!r->ended)
            timers_run_due(&r->timers);
    }
}

void watch_open(struct reactor *r, struct watch *w, int fd, uint32_t events, watch_fn *fn, void *ctx)
{
    *w = (struct watch){.fd = fd, .events = events, .fn = fn, .ctx = ctx};
    REQUIRE(epoll_ctl(r->epoll, EPOLL_CTL_ADD, fd, &(struct epoll_event){.events = events, .data.ptr = w}) ==
            0);
}

void watch_events(struct reactor *r, struct watch *w, uint32_t events)
{
    if (w->events == events)
        return;
    w->events = events;
    REQUIRE(epoll_ctl(r->epoll, EPOLL_CTL_MOD, w->fd,
                      &(struct epoll_event){.events = events, .data.ptr = w}) == 0);
}

void watch_pause(struct reactor *r, struct watch *w)
{
    if (w->fd < 0 || w->paused)
        return;
    w->paused = true;
    REQUIRE(epoll_ctl(r->epoll, EPOLL_CTL_DEL, w->fd, NULL) == 0);
}

void watch_resume(struct reactor *r, struct watch *w)
{
    if (w->fd < 0 || !w->paused)
        return;
    w->paused = false;
    struct epoll_event event = {.events = w->events, .data.ptr = w};
    REQUIRE(epoll_ctl(r->epoll, EPOLL_CTL_ADD, w->fd, &event) == 0);
}

void watch_close(struct watch *w)
{
    if (w->fd >= 0)
        close(w->fd);
    w->fd = -1;
}

void watch_move(struct reactor *r, struct watch *to, struct watch *from, watch_fn *fn, void *ctx)
{
    watch_resume(r, from);
    *to = (struct watch){.fd = from->fd, .events = from->events, .fn = fn, .ctx = ctx};
    from->fd = -1;
    struct epoll_event event = {.events = to->events, .data.ptr = to};
    REQUIRE(epoll_ctl(r->epoll, EPOLL_CTL_MOD, to->fd, &event) == 0);
}
