/* DeleteObjects at a remote: the document, and what its answer is. Loop thread. */
#pragma once

#include "aws/digest.h"
#include "base/arena.h"
#include "objects/s3/xml_read.h"
#include "remote/request.h"

enum {
    DELETE_DOCUMENT_MAX = 8 * 1024 * 1024,
    DELETE_ANSWER_MAX = 4 * 1024 * 1024,
    DELETE_MD5_MAX = 32,
};

struct delete_request {
    struct buf document;
    char hash[SHA256_HEX_LEN + 1];
    struct buf md5;
    struct http_header headers[2];
};

void delete_request_init(struct delete_request *d);
void delete_request_done(struct delete_request *d);
/* At most 1,000; `version_id` and `etag` may be absent. */
void delete_request_add(struct delete_request *d, struct str key, struct str version_id, struct str etag);
/* Stays as it is until `fn`. `once`: without a second attempt. */
void delete_request_send(struct delete_request *d, struct remote *r, struct str bucket, bool once,
                         remote_fn *fn, void *ctx);
/* The DeleteResult in the arena; NULL if the answer is none. */
const struct xml_node *delete_request_read(const struct remote_answer *answer, struct arena *a);
