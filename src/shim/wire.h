/* The server's connection to one shim: frames over a Unix socket. */
#pragma once

#include "loop/loop.h"
#include "shim/frame.h"

struct wire;

struct wire_events {
    /* The wire may be closed in it. */
    void (*frame)(void *ctx, const json_t *frame);
    /* The peer has gone or sent what is no frame; `reason` is a sentence. Close the wire in it. */
    void (*ended)(void *ctx, const char *reason);
};

/* Takes a connected socket over. */
struct wire *wire_new(struct loop *l, int fd, const struct wire_events *events, void *ctx);
/* No event follows; the memory goes when libuv has let go of it. NULL is allowed. */
void wire_close(struct wire *w);

/* Frames are written so: frame_open(&f, wire_out(w), kind), members, then wire_send(w, &f). False when the
 * frame does not fit or the peer has not read for too long; then nothing was sent. Never calls back. */
struct buf *wire_out(struct wire *w);
bool wire_send(struct wire *w, struct frame *f);
