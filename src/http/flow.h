/* A body that its handler gives piece by piece, on its way into a connection. */
#pragma once

#include "http/request.h"

struct http_flow *flow_new(struct request *r, uint64_t length, const struct http_flow_events *events,
                           void *ctx);
/* Moves what there is into the output, unless that is full. True when the last byte is in it. A body that was
 * broken off closes the connection, and the flow with it. */
bool flow_step(struct http_flow *f, struct http_conn *c);
void flow_free(struct http_flow *f);
/* The client is gone: tells the handler, unless that has given everything, and frees the flow. */
void flow_abandon(struct http_flow *f);
