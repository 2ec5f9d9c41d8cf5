/* A listening TCP socket on the loop. libuv's own never comes out of accept where no descriptor is free and
 * another thread was faster at its spare one; this one rests for a moment, and who connects waits. Loop
 * thread. */
#pragma once

#include "loop/loop.h"

struct listener;

/* An accepted socket, which is the callee's now: non-blocking, closed in programs that are started. */
typedef void listener_fn(void *ctx, int fd);

/* NULL on failure; *ret_error is libuv's code of the reason. */
struct listener *listener_open(struct loop *loop, const struct sockaddr *address, int backlog,
                               listener_fn *fn, void *ctx, int *ret_error);
uint16_t listener_port(const struct listener *l);
/* Accepts no more. `closed` runs at a later turn, when the port is free. */
void listener_close(struct listener *l, loop_fn *closed, void *ctx);
