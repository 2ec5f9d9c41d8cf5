#include "aws/digest.h"

#include "aws/crc.h"
#include "base/encode.h"
#include "base/mem.h"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <pthread.h>

static const char *const md_names[DIGEST_KIND_MAX] = {
    [DIGEST_SHA256] = "SHA256", [DIGEST_SHA1] = "SHA1", [DIGEST_MD5] = "MD5"};
static const size_t sizes[DIGEST_KIND_MAX] = {
    [DIGEST_SHA256] = 32, [DIGEST_SHA1] = 20,  [DIGEST_MD5] = 16,
    [DIGEST_CRC32] = 4,   [DIGEST_CRC32C] = 4, [DIGEST_CRC64NVME] = 8};

/* Fetched once, never freed: they live as long as the process. */
static EVP_MD *mds[DIGEST_KIND_MAX];
static EVP_MAC *hmac_mac;
static pthread_once_t fetch_once = PTHREAD_ONCE_INIT;

static void fetch(void)
{
    for (size_t i = 0; i < DIGEST_KIND_MAX; i++)
        if (md_names[i])
            mds[i] = EVP_MD_fetch(NULL, md_names[i], NULL);
    hmac_mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
}

static const EVP_MD *md_of(enum digest_kind kind)
{
    pthread_once(&fetch_once, fetch);
    return mds[kind];
}

size_t digest_size(enum digest_kind kind)
{
    return sizes[kind];
}

void digest_init(struct digest *d, enum digest_kind kind)
{
    *d = (struct digest){.kind = kind};
    if (!md_names[kind])
        return;
    d->md = EVP_MD_CTX_new();
    REQUIRE(d->md && EVP_DigestInit_ex2(d->md, md_of(kind), NULL));
}

void digest_update(struct digest *d, struct str bytes)
{
    switch (d->kind) {
    case DIGEST_CRC32: d->crc = crc32_ieee((uint32_t)d->crc, bytes); break;
    case DIGEST_CRC32C: d->crc = crc32_castagnoli((uint32_t)d->crc, bytes); break;
    case DIGEST_CRC64NVME: d->crc = crc64_nvme(d->crc, bytes); break;
    case DIGEST_SHA256:
    case DIGEST_SHA1:
    case DIGEST_MD5:
    case DIGEST_KIND_MAX: REQUIRE(EVP_DigestUpdate(d->md, bytes.p, bytes.n)); break;
    }
}

static void write_crc(enum digest_kind kind, uint64_t crc, unsigned char *ret)
{
    for (size_t i = 0; i < sizes[kind]; i++)
        ret[i] = (unsigned char)(crc >> (8 * (sizes[kind] - 1 - i)));
}

static uint64_t read_crc(enum digest_kind kind, const unsigned char *p)
{
    uint64_t crc = 0;
    for (size_t i = 0; i < sizes[kind]; i++)
        crc = crc << 8 | p[i];
    return crc;
}

bool digest_combines(enum digest_kind kind)
{
    return kind == DIGEST_CRC32 || kind == DIGEST_CRC32C || kind == DIGEST_CRC64NVME;
}

void digest_combine(enum digest_kind kind, unsigned char *first, const unsigned char *second,
                    uint64_t second_len)
{
    REQUIRE(digest_combines(kind));
    uint64_t a = read_crc(kind, first), b = read_crc(kind, second);
    if (kind == DIGEST_CRC32)
        a = crc32_ieee_combine((uint32_t)a, (uint32_t)b, second_len);
    else if (kind == DIGEST_CRC32C)
        a = crc32_castagnoli_combine((uint32_t)a, (uint32_t)b, second_len);
    else
        a = crc64_nvme_combine(a, b, second_len);
    write_crc(kind, a, first);
}

void digest_final(struct digest *d, unsigned char ret[DIGEST_SIZE_MAX])
{
    if (d->md) {
        REQUIRE(EVP_DigestFinal_ex(d->md, ret, NULL) && EVP_DigestInit_ex2(d->md, NULL, NULL));
        return;
    }
    write_crc(d->kind, d->crc, ret);
    d->crc = 0;
}

void digest_done(struct digest *d)
{
    EVP_MD_CTX_free(d->md);
    d->md = NULL;
}

void digest_of(enum digest_kind kind, struct str bytes, unsigned char ret[DIGEST_SIZE_MAX])
{
    CLEANUP_DIGEST struct digest d;
    digest_init(&d, kind);
    digest_update(&d, bytes);
    digest_final(&d, ret);
}

void sha256_hex(struct str bytes, char ret[SHA256_HEX_LEN + 1])
{
    unsigned char hash[DIGEST_SIZE_MAX];
    digest_of(DIGEST_SHA256, bytes, hash);
    hex_encode(hash, SHA256_SIZE, ret);
}

void hmac_init(struct hmac *h)
{
    pthread_once(&fetch_once, fetch);
    char name[] = "SHA256";
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
                           OSSL_PARAM_construct_end()};
    h->ctx = EVP_MAC_CTX_new(hmac_mac);
    REQUIRE(h->ctx && EVP_MAC_CTX_set_params(h->ctx, params));
}

void hmac_sha256(struct hmac *h, struct str key, struct str bytes, unsigned char ret[SHA256_SIZE])
{
    size_t n;
    REQUIRE(EVP_MAC_init(h->ctx, (const unsigned char *)(key.n ? key.p : ""), key.n, NULL));
    REQUIRE(EVP_MAC_update(h->ctx, (const unsigned char *)bytes.p, bytes.n));
    REQUIRE(EVP_MAC_final(h->ctx, ret, &n, SHA256_SIZE) && n == SHA256_SIZE);
}

void hmac_done(struct hmac *h)
{
    EVP_MAC_CTX_free(h->ctx);
    h->ctx = NULL;
}
