/* The body of a request on its way through: what comes from the client, without its framing, waits here until
 * the remote takes it. aws-chunked is taken off and verified on the pool. The last byte is held back until
 * all that was promised about the body is known to hold, so that nothing becomes an object that should not.
 */
#pragma once

#include "objects/s3/framing.h"

struct proxy_body;

/* More may be read, or the body has failed (proxy_body_error). */
typedef void proxy_body_fn(void *ctx);

/* At the request's head, before anything else takes the body: lets the bytes come. NULL with the reason if
 * the head promises nonsense. */
struct proxy_body *proxy_body_new(struct loop *loop, struct s3_call *call, proxy_body_fn *changed, void *ctx,
                                  struct err *err) MUST_CHECK;
/* Nothing is called after it. */
void proxy_body_free(struct proxy_body *b);
/* The request's body is whole. */
void proxy_body_whole(struct proxy_body *b);
/* The request is gone, or answered: it is not to be touched any more. */
void proxy_body_forget_request(struct proxy_body *b);

/* Bytes of the content; -1: only its end tells. */
int64_t proxy_body_length(const struct proxy_body *b);
/* The checksum that comes behind the content; `header` NULL: none does. `value` is absent until all is
 * verified. */
struct s3_checksum proxy_body_trailer(const struct proxy_body *b);
/* Up to `max` bytes; 0: none now. */
size_t proxy_body_read(struct proxy_body *b, char *to, size_t max);
/* All has been read. */
bool proxy_body_ended(const struct proxy_body *b);
/* Why nothing will come of it; NULL: nothing has failed yet. */
const struct err *proxy_body_error(const struct proxy_body *b);
