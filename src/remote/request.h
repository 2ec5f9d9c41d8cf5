/* One request to a remote whose body is in memory and whose answer is small: signed anew at each attempt,
 * sent again while the failure is of a kind that passes. Loop thread. */
#pragma once

#include "remote/remote.h"

#include "http/message.h"

enum { REQUEST_ANSWER_MAX = 256 * 1024 };

/* Borrowed until the end. */
struct remote_request {
    struct str method;
    struct str bucket;
    struct str key;   /* absent: the bucket itself */
    struct str query; /* raw; absent: none */
    const struct http_header *headers;
    size_t header_count;
    struct str body;         /* absent: none */
    struct str payload_hash; /* its SHA-256 in hexadecimal; absent: computed here, for small bodies */
    size_t answer_max;       /* bytes of the answer; 0: REQUEST_ANSWER_MAX */
    const char *header;      /* that an answer without is no success; NULL: none */
    const char *element;     /* of its document, in the same way */
    bool once;               /* no second attempt */
};

struct remote_answer {
    const struct http_headers *headers;
    struct str body;
};

/* `answer` is a success's: 200, or 204 to a DELETE, that tells no error and has what it needs. `err` names
 * the remote's words; ERR_UNAVAILABLE: it did not answer, or not well, and may do better later. */
typedef void remote_fn(void *ctx, const struct remote_answer *answer, const struct err *err);

struct remote_call;
struct remote_call *remote_send(struct remote *r, const struct remote_request *req, remote_fn *fn, void *ctx);
/* Nothing is called after it. The remote may have carried the request out. NULL is allowed. */
void remote_call_cancel(struct remote_call *c);
