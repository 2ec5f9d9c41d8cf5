#include "aws/signing_key.h"

#include "base/list.h"
#include "base/map.h"

#include <openssl/crypto.h>
#include <stdio.h>

enum { NAME_MAX_BYTES = 256 };

struct entry {
    struct list by_use;        /* the most recently used first */
    char name[NAME_MAX_BYTES]; /* access key id and scope */
    size_t name_n;
    char secret[SIGNING_SECRET_MAX]; /* that the key was derived from */
    size_t secret_n;
    unsigned char key[SHA256_SIZE];
};

struct signing_keys {
    struct map by_name;
    struct list by_use;
    size_t max;
    struct entry spare; /* for names that are too long to be kept */
};

struct signing_keys *signing_keys_new(size_t max_keys)
{
    struct signing_keys *k = mem_new(sizeof *k);
    map_init(&k->by_name);
    list_init(&k->by_use);
    k->max = max_keys ? max_keys : 1;
    return k;
}

static void drop(struct signing_keys *k, struct entry *e)
{
    list_remove(&e->by_use);
    map_remove(&k->by_name, str_of(e->name, e->name_n));
    explicit_bzero(e, sizeof *e);
    free(e);
}

void signing_keys_free(struct signing_keys *k)
{
    if (!k)
        return;
    while (!list_empty(&k->by_use))
        drop(k, CONTAINER_OF(list_first(&k->by_use), struct entry, by_use));
    map_done(&k->by_name);
    explicit_bzero(k, sizeof *k);
    free(k);
}

void signing_key_derive(struct hmac *hmac, struct str secret, struct str date, struct str region,
                        struct str service, unsigned char ret[SHA256_SIZE])
{
    char start[4 + SIGNING_SECRET_MAX] = "AWS4";
    REQUIRE(secret.n <= SIGNING_SECRET_MAX);
    memcpy(start + 4, secret.p, secret.n);
    struct str key = str_of(ret, SHA256_SIZE);
    hmac_sha256(hmac, str_of(start, 4 + secret.n), date, ret);
    hmac_sha256(hmac, key, region, ret);
    hmac_sha256(hmac, key, service, ret);
    hmac_sha256(hmac, key, STR("aws4_request"), ret);
    explicit_bzero(start, sizeof start);
}

/* A new entry, or the least recently used one when there are enough. */
static struct entry *add(struct signing_keys *k, const char *name, size_t name_n)
{
    if (k->by_name.count >= k->max)
        drop(k, CONTAINER_OF(k->by_use.prev, struct entry, by_use));
    struct entry *e = mem_new(sizeof *e);
    memcpy(e->name, name, name_n);
    e->name_n = name_n;
    list_init(&e->by_use);
    map_put(&k->by_name, str_of(e->name, e->name_n), e);
    return e;
}

static bool derived_from(const struct entry *e, struct str secret)
{
    return e->secret_n == secret.n && CRYPTO_memcmp(e->secret, secret.p, secret.n) == 0;
}

static struct entry *entry_of(struct signing_keys *k, const struct sigv4_auth *auth)
{
    char name[NAME_MAX_BYTES];
    int n = snprintf(name, sizeof name, "%.*s/%.*s", STR_ARG(auth->access_key_id), STR_ARG(auth->scope));
    if (n < 0 || (size_t)n >= sizeof name)
        return &k->spare;
    struct entry *e = map_get(&k->by_name, str_of(name, (size_t)n));
    if (!e)
        e = add(k, name, (size_t)n);
    list_remove(&e->by_use);
    list_prepend(&k->by_use, &e->by_use);
    return e;
}

struct str signing_keys_get(struct signing_keys *k, struct hmac *hmac, const struct sigv4_auth *auth,
                            struct str secret)
{
    struct entry *e = entry_of(k, auth);
    if (e == &k->spare || !derived_from(e, secret)) {
        signing_key_derive(hmac, secret, auth->date, auth->region, auth->service, e->key);
        memcpy(e->secret, secret.p, secret.n);
        e->secret_n = secret.n;
    }
    return str_of(e->key, sizeof e->key);
}
