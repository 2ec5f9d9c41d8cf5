#include "aws/sigv4_chain.h"

#include "base/encode.h"

#include <openssl/crypto.h>
#include <stdio.h>

static const char empty_hash[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

void sigv4_chain_begin(const unsigned char key[SHA256_SIZE], const struct sigv4_auth *auth,
                       struct sigv4_chain *ret)
{
    memcpy(ret->key, key, SHA256_SIZE);
    snprintf(ret->time_text, sizeof ret->time_text, "%.*s", STR_ARG(auth->time_text));
    snprintf(ret->scope, sizeof ret->scope, "%.*s", STR_ARG(auth->scope));
    snprintf(ret->before, sizeof ret->before, "%.*s", STR_ARG(auth->signature));
}

/* Signatures need not be secret, but whoever guesses one must not learn how far it was right. */
static bool matches(struct sigv4_chain *c, struct hmac *hmac, struct str to_sign, struct str signature)
{
    unsigned char mac[SHA256_SIZE];
    char hex[SHA256_HEX_LEN + 1];
    hmac_sha256(hmac, str_of((const char *)c->key, sizeof c->key), to_sign, mac);
    hex_encode(mac, sizeof mac, hex);
    if (signature.n != SHA256_HEX_LEN || CRYPTO_memcmp(signature.p, hex, SHA256_HEX_LEN) != 0)
        return false;
    memcpy(c->before, hex, sizeof c->before);
    return true;
}

enum { TO_SIGN_MAX = 64 + SIGV4_TIME_LEN + SIGV4_SCOPE_MAX + 3 * SHA256_HEX_LEN };

bool sigv4_chain_chunk(struct sigv4_chain *c, struct hmac *hmac, const char hash[SHA256_HEX_LEN + 1],
                       struct str signature)
{
    char text[TO_SIGN_MAX];
    int n = snprintf(text, sizeof text, "AWS4-HMAC-SHA256-PAYLOAD\n%s\n%s\n%s\n%s\n%s", c->time_text,
                     c->scope, c->before, empty_hash, hash);
    return matches(c, hmac, str_of(text, (size_t)n), signature);
}

bool sigv4_chain_trailer(struct sigv4_chain *c, struct hmac *hmac, const char hash[SHA256_HEX_LEN + 1],
                         struct str signature)
{
    char text[TO_SIGN_MAX];
    int n = snprintf(text, sizeof text, "AWS4-HMAC-SHA256-TRAILER\n%s\n%s\n%s\n%s", c->time_text, c->scope,
                     c->before, hash);
    return matches(c, hmac, str_of(text, (size_t)n), signature);
}
