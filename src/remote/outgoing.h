/* A request to a remote, addressed and signed. */
#pragma once

#include "aws/sign.h"
#include "remote/remote_private.h"

struct outgoing {
    struct str method;
    struct str bucket;                 /* absent: the service itself */
    struct str key;                    /* decoded; absent: the bucket itself */
    struct str query;                  /* raw; absent: none */
    const struct http_header *headers; /* further ones; all are signed */
    size_t header_count;
    struct str payload_hash; /* of x-amz-content-sha256 */
};

struct outgoing_signed {
    char *url;
    struct http_header *headers; /* with Host and Authorization */
    size_t header_count;
};

enum { OUTGOING_ARENA_MAX = 1024 * 1024 };

/* The SHA-256 of nothing. */
#define NO_BODY_HASH "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

/* Its date is the present, by the remote's clock. The result lies in the arena. */
int outgoing_sign(const struct remote *r, const struct outgoing *o, const struct credentials *c,
                  struct arena *arena, struct outgoing_signed *ret, struct err *err) MUST_CHECK;
