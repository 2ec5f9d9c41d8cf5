/* Hashes: SHA-256 of bodies, HMAC of signatures, and the checksums that S3 clients send. OpenSSL's algorithms
 * are fetched once a process; a fetch for every hash costs more than the hash. Any thread; an object belongs
 * to one. */
#pragma once

#include "base/str.h"

#include <openssl/evp.h>

enum digest_kind {
    DIGEST_SHA256,
    DIGEST_SHA1,
    DIGEST_MD5,
    DIGEST_CRC32,
    DIGEST_CRC32C,
    DIGEST_CRC64NVME,
    DIGEST_KIND_MAX
};

enum { DIGEST_SIZE_MAX = 32, SHA256_SIZE = 32, SHA256_HEX_LEN = 64 };

/* Bytes of a digest of this kind. */
size_t digest_size(enum digest_kind kind);

/* A hash in progress. */
struct digest {
    enum digest_kind kind;
    EVP_MD_CTX *md; /* NULL for the CRCs */
    uint64_t crc;
};

void digest_init(struct digest *d, enum digest_kind kind);
void digest_update(struct digest *d, struct str bytes);
/* Writes digest_size() bytes, CRCs with the highest byte first as S3's headers have them, and begins anew:
 * the object may hash the next message. */
void digest_final(struct digest *d, unsigned char ret[DIGEST_SIZE_MAX]);
void digest_done(struct digest *d);
#define CLEANUP_DIGEST CLEANUP(digest_done)

/* All at once. */
void digest_of(enum digest_kind kind, struct str bytes, unsigned char ret[DIGEST_SIZE_MAX]);
/* Whether digests of this kind combine: the CRCs do. */
bool digest_combines(enum digest_kind kind);
/* `first` becomes the digest of its text with the text of `second`, of `second_len` bytes, behind it. */
void digest_combine(enum digest_kind kind, unsigned char *first, const unsigned char *second,
                    uint64_t second_len);
/* SHA-256 in lower-case hexadecimal, terminated by NUL. */
void sha256_hex(struct str bytes, char ret[SHA256_HEX_LEN + 1]);

/* HMAC-SHA256 with a context that is used again and again. */
struct hmac {
    EVP_MAC_CTX *ctx;
};

void hmac_init(struct hmac *h);
void hmac_sha256(struct hmac *h, struct str key, struct str bytes, unsigned char ret[SHA256_SIZE]);
void hmac_done(struct hmac *h);
