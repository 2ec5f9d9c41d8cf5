/* One signed request to a remote, whose bodies stream as those of a transfer do: keys are waited for, then it
 * is signed and sent, once. Loop thread. */
#pragma once

#include "remote/outgoing.h"

struct stream_request {
    struct outgoing out; /* borrowed until the end, with all that it points to */
    int64_t body_bytes;  /* as transfer_request's */
};

struct stream;
/* Everything comes by the transfer's events, never before this returns. */
struct stream *stream_start(struct remote *r, const struct stream_request *request,
                            const struct transfer_events *events, void *ctx);
/* The body has more bytes, or the receiver takes more; too early and too often is allowed. */
void stream_go_on(struct stream *s);
/* Not from inside its events. Nothing is called after it. NULL is allowed. */
void stream_cancel(struct stream *s);
