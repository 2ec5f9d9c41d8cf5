/* The shim's event loop: epoll and timers, no threads. One event is taken at a time, so a callback may close
 * any watch. */
#pragma once

#include "loop/timers.h"

struct watch;
typedef void watch_fn(struct watch *w, uint32_t events);

/* Lies in its owner. */
struct watch {
    int fd; /* -1: none */
    bool paused;
    uint32_t events;
    watch_fn *fn;
    void *ctx;
};

struct reactor {
    int epoll;
    bool ended;
    struct timers timers;
};

void reactor_init(struct reactor *r);
/* Until reactor_end. */
void reactor_run(struct reactor *r);
void reactor_end(struct reactor *r);

/* Takes the descriptor over. */
void watch_open(struct reactor *r, struct watch *w, int fd, uint32_t events, watch_fn *fn, void *ctx);
void watch_events(struct reactor *r, struct watch *w, uint32_t events);
/* No event comes, not even of the other end's closing, until the watch is resumed or moved. A closed or
 * paused watch is allowed. */
void watch_pause(struct reactor *r, struct watch *w);
void watch_resume(struct reactor *r, struct watch *w);
/* Closes the descriptor; a closed watch is allowed. */
void watch_close(struct watch *w);
/* Hands an open watch's descriptor over to another, closed one, which is not paused. */
void watch_move(struct reactor *r, struct watch *to, struct watch *from, watch_fn *fn, void *ctx);
