/* The S3 endpoint of the built-in object store, path style only: /bucket/key. Whoever routes a request here
 * has verified its signature. Loop thread. */
#pragma once

#include "aws/sigv4_chain.h"
#include "base/clock.h"
#include "http/server.h"
#include "objects/objects.h"

struct s3_call;

enum s3_way { S3_HERE, S3_ELSEWHERE };

/* Buckets that live elsewhere, and who passes requests for them on. */
struct s3_elsewhere {
    void *ctx;
    bool (*has)(void *ctx, struct str bucket);
    /* At the head of a request for such a bucket, or of one that copies from it. S3_ELSEWHERE: it is taken
     * over, and answered; S3_HERE: it is served here after all. */
    enum s3_way (*take)(void *ctx, struct s3_call *call);
    /* The body of a request that was taken over is whole. */
    void (*done)(void *ctx, struct s3_call *call);
    /* Gives the names that are known. */
    void (*each_bucket)(void *ctx, void (*fn)(void *to, struct str bucket), void *to);
};

struct s3_config {
    struct str region;
    struct str account;                   /* owner of all buckets, twelve digits */
    struct str owner_name;                /* as ListBuckets shows it */
    int64_t max_object_bytes;             /* of one upload */
    const struct clock *clock;            /* for Last-Modified */
    const struct s3_elsewhere *elsewhere; /* NULL: every bucket is here */
};

struct s3_endpoint;

/* Copies the settings. `objects` must outlive the endpoint. */
struct s3_endpoint *s3_endpoint_new(struct objects *objects, const struct s3_config *config);
/* No request may be under way. */
void s3_endpoint_free(struct s3_endpoint *e);

/* A part of the store that a caller may reach. */
struct s3_grant {
    struct str bucket; /* "*": every one */
    struct str prefix; /* of keys; empty: the whole bucket */
    bool read_only;
};
struct s3_grants {
    const struct s3_grant *items;
    size_t count;
};

/* What the signature says about the body that is to come. */
struct s3_auth {
    enum sigv4_payload payload;
    struct str payload_hash; /* of SIGV4_PAYLOAD_HASH: lower-case hexadecimal; lives as long as the request */
    const struct sigv4_chain *chain; /* of signed chunks, else NULL; lives as long as the request */
};

/* The head is complete: takes the request over and answers it, at once or after s3_done. The call lives in
 * the request's arena; the caller keeps the pointer for s3_done. Never NULL. `grants` live as long as the
 * request; NULL: the caller may do everything. */
struct s3_call *s3_head(struct s3_endpoint *e, struct http_request *req, const struct s3_auth *auth,
                        const struct s3_grants *grants);
/* The body is whole, or there is none. Not after the request was answered. */
void s3_done(struct s3_call *call);
/* S3's name of the operation ("GetObject"), for logs and metrics; "Unknown" if the request is none. */
const char *s3_operation_name(const struct s3_call *call);
