/* A body in the making: its digests, and its bytes in memory while they are few, in a file from then on.
 * One thread at a time; calls block. */
#pragma once

#include "base/buf.h"
#include "objects/folder.h"
#include "objects/objects.h"

struct blob {
    const struct blob_folder *folder;
    unsigned kinds; /* a bit for each kind of digest that is computed */
    struct digest digests[DIGEST_KIND_MAX];
    size_t inline_max;
    int64_t size;
    struct buf bytes;         /* all of them, while there is no file */
    char id[BLOB_ID_LEN + 1]; /* empty: no file */
    int fd;
    int64_t begun; /* bytes whose writing to the disk has begun */
};

/* Bodies of more than `inline_max` bytes get a file. MD5 is always computed. */
void blob_init(struct blob *b, const struct blob_folder *folder, size_t inline_max);
/* Computes one more; before the first byte. */
void blob_add_digest(struct blob *b, enum digest_kind kind);
int blob_write(struct blob *b, struct str bytes, struct err *err) MUST_CHECK;
/* The durable body, or NULL. */
struct object_body *blob_end(struct blob *b, struct err *err) MUST_CHECK;
/* Frees what it holds, the file too if it has not ended. May be called again. */
void blob_done(struct blob *b);
#define CLEANUP_BLOB CLEANUP(blob_done)

/* What blob_end gives. */
struct object_body {
    struct objects *objects; /* set by who made it, with a reference */
    struct object_body_info info;
    char etag[2 * 16 + 1];
    unsigned kinds; /* a bit for each row of `digests` that is filled */
    unsigned char digests[DIGEST_KIND_MAX][DIGEST_SIZE_MAX];
    char blob_id[BLOB_ID_LEN + 1]; /* empty: `bytes` has them */
    struct buf bytes;
};
