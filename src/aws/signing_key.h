/* Signing keys: derived from a secret for a day, a region and a service, and kept. Loop thread. */
#pragma once

#include "aws/sigv4.h"

struct signing_keys;

struct signing_keys *signing_keys_new(size_t max_keys);
void signing_keys_free(struct signing_keys *k); /* zeroes the keys; NULL is allowed */

/* The key (SHA256_SIZE bytes) for this secret and the scope of `auth`; valid until the next call. */
struct str signing_keys_get(struct signing_keys *k, struct hmac *hmac, const struct sigv4_auth *auth,
                            struct str secret);

/* The derivation itself. A secret has at most SIGNING_SECRET_MAX bytes. */
enum { SIGNING_SECRET_MAX = 128 };
void signing_key_derive(struct hmac *hmac, struct str secret, struct str date, struct str region,
                        struct str service, unsigned char ret[SHA256_SIZE]);
