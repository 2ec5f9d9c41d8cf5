/* What of a request, and of an answer, is passed on. */
#pragma once

#include "objects/s3/call.h"

/* Headers of the request that belong to the object or the operation, not to the connection, the signature or
 * the framing. The result lies in the request's arena. */
struct http_headers proxy_request_headers(const struct s3_call *call, bool framed);
/* The same for a body in `frames`, with this trailer and so many bytes of content. */
struct http_headers proxy_trailer_headers(const struct s3_call *call, const char *name, int64_t length);
/* The query without a presigned signature; absent if nothing is left. */
struct str proxy_request_query(const struct s3_call *call);
/* Whether a header of the remote's answer is the client's. */
bool proxy_answer_header(struct str name);
