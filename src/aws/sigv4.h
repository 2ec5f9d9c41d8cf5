/* AWS Signature Version 4, the server's side. A request is checked in two steps: sigv4_parse reads what the
 * client claims (the access key can then be looked up), sigv4_verify computes the signature over the raw
 * request. Everything is canonicalised from the SignedHeaders list and the bytes as sent. Loop thread. */
#pragma once

#include "aws/digest.h"
#include "base/arena.h"
#include "base/err.h"
#include "http/message.h"

enum sigv4_style {
    SIGV4_STANDARD, /* Athena, Glue, STS: the path is normalised and encoded once more; bodies are always
                       hashed */
    SIGV4_S3,       /* the path is encoded once; x-amz-content-sha256 is required; bodies may be unsigned */
};

/* Raw parts of a request; the strings are borrowed and must outlive the struct sigv4_auth that is made from
 * it. */
struct sigv4_request {
    enum sigv4_style style;
    struct str service; /* that the request was routed to: "athena", "s3", "sts", "glue" */
    struct str method;
    struct str path;  /* as in the request line, before '?' */
    struct str query; /* after '?'; absent if there is none */
    const struct http_headers *headers;
};

enum sigv4_form { SIGV4_HEADER, SIGV4_QUERY, SIGV2_QUERY };

enum sigv4_payload {
    SIGV4_PAYLOAD_HASH,                      /* the body's SHA-256 is part of the signature */
    SIGV4_PAYLOAD_UNSIGNED,                  /* UNSIGNED-PAYLOAD */
    SIGV4_PAYLOAD_STREAMING,                 /* STREAMING-AWS4-HMAC-SHA256-PAYLOAD: signed chunks */
    SIGV4_PAYLOAD_STREAMING_TRAILER,         /* the same with a signed trailer */
    SIGV4_PAYLOAD_STREAMING_UNSIGNED_TRAILER /* chunks and a trailer, both unsigned */
};

/* What the client claims. Strings lie in the request or in the arena. */
struct sigv4_auth {
    enum sigv4_form form;
    struct str access_key_id;
    struct str scope; /* date/region/service/aws4_request */
    struct str date;  /* YYYYMMDD of the scope */
    struct str region;
    struct str service;
    struct str terminator;
    struct str signed_headers; /* "a;b;c": lower case, ascending, no name twice */
    struct str signature;      /* 64 lower-case hexadecimal digits */
    struct str session_token;  /* absent: long-lived credentials */
    struct str time_text;      /* YYYYMMDDTHHMMSSZ */
    int64_t time_ms;   /* of SIGV2_QUERY: when the URL expires; scope and what it is made of are absent */
    int64_t expires_s; /* of the query form; 0 in the header form */
    enum sigv4_payload payload;
    struct str
        payload_hash; /* declared value of x-amz-content-sha256; absent: the body has to be hashed first */
};

/* The service of the credential scope ("athena", "s3", ...) wherever the request carries it, for routing
 * before anything is checked; absent if there is none. */
struct str sigv4_peek_service(const struct http_headers *headers, struct str query);

/* Reads the Authorization header or the presigned query. Errors: every ERR_ row of errors.def about
 * signatures that can be known without the key. `*ret` is untouched on failure. */
int sigv4_parse(const struct sigv4_request *req, struct arena *arena, struct sigv4_auth *ret,
                struct err *err) MUST_CHECK;

struct sigv4_verifier;

struct sigv4_settings {
    const char *region; /* the server's; copied */
    int64_t skew_ms;    /* largest distance between the request's time and the server's */
    size_t cached_keys; /* derived signing keys that are kept, the least recently used one goes first */
};

struct sigv4_verifier *sigv4_verifier_new(const struct sigv4_settings *settings);
void sigv4_verifier_free(struct sigv4_verifier *v); /* NULL is allowed */
/* For a reload of the settings. */
void sigv4_verifier_set_skew(struct sigv4_verifier *v, int64_t skew_ms);

/* True if the signature can be checked before the body has come: the client declared a hash or signs no body.
 */
static inline bool sigv4_ready(const struct sigv4_auth *auth)
{
    return auth->payload_hash.p != NULL;
}

/* Checks scope, time and signature. `body_sha256` is the body's hash in lower-case hexadecimal; it may be
 * absent if sigv4_ready(), the body is then compared later by sigv4_check_body. `now_ms` is the wall clock.
 */
int sigv4_verify(struct sigv4_verifier *v, const struct sigv4_request *req, const struct sigv4_auth *auth,
                 struct str body_sha256, struct str secret, int64_t now_ms, struct err *err) MUST_CHECK;

/* The key that signs within the scope of `auth`, for the chunks of a body (sigv4_chain.h). */
void sigv4_verifier_key(struct sigv4_verifier *v, const struct sigv4_auth *auth, struct str secret,
                        unsigned char ret[SHA256_SIZE]);

/* The body that came is the one that was signed. Succeeds for payloads that are not signed as a whole. */
int sigv4_check_body(const struct sigv4_auth *auth, struct str body_sha256, struct err *err) MUST_CHECK;
