/* The two listeners: one for clients, at server.listen, and one for the code of sessions, on loopback in
 * plain HTTP. Sessions keep the address of theirs for life, so its port stays the same over restarts. Loop
 * thread.
 */
#pragma once

#include "main/server.h"

/* Opens both. */
int listeners_start(struct server *s, struct err *err) MUST_CHECK;
/* Lets requests under way end, at most server.drain_timeout, then calls `done`. */
void listeners_drain(struct server *s, loop_fn *done, void *ctx);
/* After the drain, or a start that failed. */
void listeners_free(struct server *s);
/* SIGHUP: the certificate. */
void listeners_reload(struct server *s);
