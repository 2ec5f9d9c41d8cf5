/* An object on its way to a remote: in one request, or in parts where it is large. Each part is read and
 * hashed off the loop and sent from memory, a few at a time. Loop thread. */
#pragma once

#include "http/message.h"
#include "remote/delivery/ledger.h"

/* The content: bytes in memory, or a file. */
struct upload_source {
    struct str bytes; /* copied, at most OBJECT_BYTES_MAX; absent: the file */
    int fd;           /* the upload's from now on, on failure too; -1: none */
    int64_t offset;   /* in the file */
    int64_t size;
};

struct upload_target {
    struct str bucket; /* copied, as all strings here */
    struct str key;
    const struct http_header *headers; /* of the object; conditions (If-Match, ...) among them */
    size_t header_count;
};

/* `etag` is as the remote told it, valid during the call. */
typedef void upload_fn(void *ctx, struct str etag, const struct err *err);

struct upload;
struct upload *upload_start(struct remote *r, struct ledger *ledger, const struct upload_target *target,
                            const struct upload_source *source, upload_fn *fn, void *ctx);
/* `fn` is not called. What was sent may have arrived; parts are aborted. */
void upload_cancel(struct upload *u);
