/* Threads that send files on plain connections, so that large bodies do not pass through the loop: the kernel
 * moves the bytes (sendfile), at flat memory, and the loop hears of the end. */
#pragma once

#include "http/server.h"

struct http_transfers;

/* Threads start with the first transfer. `ended` is called on the loop when one is over, also an abandoned
 * one. */
struct http_transfers *http_transfers_new(struct loop *l, loop_fn *ended, void *ctx);
/* No transfer may be under way. NULL is allowed. */
void http_transfers_free(struct http_transfers *ts);
/* Under way, abandoned ones included. */
size_t http_transfers_count(const struct http_transfers *ts);

struct http_transfer;
/* `error` is 0 when all is sent, else errno of the connection or of the files; ENODATA for files that are too
 * short. On the loop. */
typedef void http_transfer_fn(void *ctx, int error);

/* Sends `length` bytes of the pieces, which are copied. Nobody else may write to `socket` until `done`; it is
 * not closed. NULL: the process has no descriptor or thread left. */
struct http_transfer *http_transfer_start(struct http_transfers *ts, int socket, uint64_t length,
                                          const struct http_pieces *pieces, http_transfer_fn *done,
                                          void *ctx);
/* Bytes so far. */
uint64_t http_transfer_sent(const struct http_transfer *t);
/* The connection is at its end, and is shut down; `done` is not called. */
void http_transfer_abandon(struct http_transfer *t);
