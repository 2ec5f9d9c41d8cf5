/* Signatures of bodies that come in chunks: each covers its chunk and the signature before it; the first one
 * follows the request's. Source: the S3 API reference, "Signature calculations: transferring payload in
 * multiple chunks" and "... including trailing headers". A chain is one thread's at a time. */
#pragma once

#include "aws/sigv4.h"

enum { SIGV4_TIME_LEN = 16, SIGV4_SCOPE_MAX = 255 };

struct sigv4_chain {
    unsigned char key[SHA256_SIZE];
    char time_text[SIGV4_TIME_LEN + 1];
    char scope[SIGV4_SCOPE_MAX + 1];
    char before[SHA256_HEX_LEN + 1]; /* the signature that the next one covers */
};

/* Begins at a request whose signature `key` has verified (sigv4_verifier_key). */
void sigv4_chain_begin(const unsigned char key[SHA256_SIZE], const struct sigv4_auth *auth,
                       struct sigv4_chain *ret);
/* The next chunk's signature is right. `hash` is the SHA-256 of its bytes in hexadecimal. */
bool sigv4_chain_chunk(struct sigv4_chain *c, struct hmac *hmac, const char hash[SHA256_HEX_LEN + 1],
                       struct str signature);
/* The same for the trailer behind the last chunk: lines "name:value\n", names in lower case. */
bool sigv4_chain_trailer(struct sigv4_chain *c, struct hmac *hmac, const char hash[SHA256_HEX_LEN + 1],
                         struct str signature);
