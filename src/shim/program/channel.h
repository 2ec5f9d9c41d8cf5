/* A socket that carries frames, non-blocking, with bounded queues: the link to the driver and the connection
 * of the server. */
#pragma once

#include "shim/frame.h"
#include "shim/program/reactor.h"

struct channel;

struct channel_events {
    /* The channel may be closed in it. */
    void (*frame)(struct channel *c, const json_t *frame);
    /* The peer has gone or broke the protocol (then `reason` says how; NULL else); the channel is closed. */
    void (*ended)(struct channel *c, const char *reason);
};

enum { CHANNEL_FDS = 3 };

struct channel {
    struct watch watch;
    struct reactor *reactor;
    const struct channel_events *events;
    void *ctx;
    struct buf in;
    struct buf out; /* write frames here, then channel_flush */
    /* Descriptors that go with the byte at `fds_at` of `out`; -1: none. */
    int fds[CHANNEL_FDS];
    size_t fds_at;
};

void channel_init(struct channel *c, struct reactor *r, const struct channel_events *events, void *ctx);
/* Takes the socket over. */
void channel_open(struct channel *c, int fd);
bool channel_is_open(const struct channel *c);
/* The frame that is written next carries the descriptors. True: they are taken over; false: others still
 * wait. */
bool channel_attach(struct channel *c, const int fds[CHANNEL_FDS]);
/* That frame was not written: the descriptors are the caller's again. */
void channel_detach(struct channel *c);
/* Sends what it can now, the rest when the peer reads. */
void channel_flush(struct channel *c);
/* Takes in all that the peer has sent up to now. */
void channel_drain(struct channel *c);
void channel_close(struct channel *c);
