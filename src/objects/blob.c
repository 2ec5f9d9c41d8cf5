#include "objects/blob.h"

#include "base/encode.h"

#include <errno.h>

void blob_init(struct blob *b, const struct blob_folder *folder, size_t inline_max)
{
    *b = (struct blob){.folder = folder, .inline_max = inline_max, .fd = -1};
    digest_init(&b->md5, DIGEST_MD5);
    digest_init(&b->sha256, DIGEST_SHA256);
    digest_init(&b->crc32, DIGEST_CRC32);
    buf_init(&b->bytes, inline_max);
}

void blob_add_digest(struct blob *b, enum digest_kind kind)
{
    if (b->has_extra)
        digest_done(&b->extra);
    digest_init(&b->extra, kind);
    b->has_extra = true;
}

void blob_done(struct blob *b)
{
    digest_done(&b->md5);
    digest_done(&b->sha256);
    digest_done(&b->crc32);
    if (b->has_extra)
        digest_done(&b->extra);
    buf_done(&b->bytes);
    fd_close_p(&b->fd);
    b->fd = -1;
    if (b->id[0])
        blob_discard(b->folder, b->id);
    b->id[0] = '\0';
}

/* --- Bytes --- */

static void hash(struct blob *b, struct str bytes)
{
    digest_update(&b->md5, bytes);
    digest_update(&b->sha256, bytes);
    digest_update(&b->crc32, bytes);
    if (b->has_extra)
        digest_update(&b->extra, bytes);
}

static int write_all(struct blob *b, struct str bytes, struct err *err)
{
    while (bytes.n) {
        ssize_t n = write(b->fd, bytes.p, bytes.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_set_errno(err, errno, "cannot store an object's body in %s", b->folder->path);
        bytes = str_sub(bytes, (size_t)n, bytes.n);
    }
    return 0;
}

/* From memory to a file. */
static int spill(struct blob *b, struct err *err)
{
    char id[BLOB_ID_LEN + 1];
    blob_id_new(b->folder, id);
    if ((b->fd = blob_create(b->folder, id, err)) < 0)
        return -1;
    memcpy(b->id, id, sizeof id);
    int rc = write_all(b, buf_str(&b->bytes), err);
    buf_done(&b->bytes);
    return rc;
}

int blob_write(struct blob *b, struct str bytes, struct err *err)
{
    if (bytes.n == 0)
        return 0;
    hash(b, bytes);
    b->size += (int64_t)bytes.n;
    if (b->fd < 0 && b->size <= (int64_t)b->inline_max) {
        buf_add_str(&b->bytes, bytes);
        return 0;
    }
    if (b->fd < 0 && spill(b, err) < 0)
        return -1;
    return write_all(b, bytes, err);
}

/* --- The end --- */

static void final_hex(struct digest *d, char *ret)
{
    unsigned char sum[DIGEST_SIZE_MAX];
    digest_final(d, sum);
    hex_encode(sum, digest_size(d->kind), ret);
}

static void final_base64(struct digest *d, char *ret, size_t room)
{
    unsigned char sum[DIGEST_SIZE_MAX];
    digest_final(d, sum);
    CLEANUP_BUF struct buf b;
    buf_init(&b, room - 1);
    base64_add(&b, sum, digest_size(d->kind));
    REQUIRE(!b.overflow);
    memcpy(ret, b.p, b.n);
    ret[b.n] = '\0';
}

static void fill_info(struct blob *b, struct object_body *body)
{
    final_hex(&b->md5, body->etag);
    final_hex(&b->sha256, body->sha256);
    final_base64(&b->crc32, body->crc32, sizeof body->crc32);
    if (b->has_extra)
        final_base64(&b->extra, body->digest, sizeof body->digest);
    body->info = (struct object_body_info){
        .size = b->size,
        .etag = body->etag,
        .sha256 = body->sha256,
        .crc32 = body->crc32,
        .digest = b->has_extra ? body->digest : NULL,
    };
}

struct object_body *blob_end(struct blob *b, struct err *err)
{
    if (b->fd >= 0 && blob_publish(b->folder, b->id, b->fd, err) < 0)
        return NULL;
    struct object_body *body = mem_new(sizeof *body);
    fill_info(b, body);
    memcpy(body->blob_id, b->id, sizeof body->blob_id);
    b->id[0] = '\0';
    body->bytes = b->bytes;
    buf_init(&b->bytes, b->inline_max);
    return body;
}
