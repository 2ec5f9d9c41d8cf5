#include "objects/blob.h"

#include "base/encode.h"

#include <errno.h>
#include <fcntl.h>

enum { WRITE_BACK_BYTES = 8 * 1024 * 1024 };

void blob_init(struct blob *b, const struct blob_folder *folder, size_t inline_max)
{
    *b = (struct blob){.folder = folder, .inline_max = inline_max, .fd = -1};
    buf_init(&b->bytes, inline_max);
    blob_add_digest(b, DIGEST_MD5);
}

static bool has_digest(unsigned kinds, size_t kind)
{
    return kinds >> kind & 1;
}

void blob_add_digest(struct blob *b, enum digest_kind kind)
{
    if (has_digest(b->kinds, kind))
        return;
    digest_init(&b->digests[kind], kind);
    b->kinds |= 1u << kind;
}

void blob_done(struct blob *b)
{
    for (size_t kind = 0; kind < DIGEST_KIND_MAX; kind++)
        if (has_digest(b->kinds, kind))
            digest_done(&b->digests[kind]);
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
    for (size_t kind = 0; kind < DIGEST_KIND_MAX; kind++)
        if (has_digest(b->kinds, kind))
            digest_update(&b->digests[kind], bytes);
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

/* The disk works while more bytes come, so that little is left to wait for at the end. A mere hint. */
static void begin_writing(struct blob *b)
{
    if (b->size - b->begun < WRITE_BACK_BYTES)
        return;
    sync_file_range(b->fd, b->begun, b->size - b->begun, SYNC_FILE_RANGE_WRITE);
    b->begun = b->size;
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
    if (write_all(b, bytes, err) < 0)
        return -1;
    begin_writing(b);
    return 0;
}

/* --- The end --- */

static void fill_info(struct blob *b, struct object_body *body)
{
    body->kinds = b->kinds;
    for (size_t kind = 0; kind < DIGEST_KIND_MAX; kind++)
        if (has_digest(b->kinds, kind))
            digest_final(&b->digests[kind], body->digests[kind]);
    hex_encode(body->digests[DIGEST_MD5], digest_size(DIGEST_MD5), body->etag);
    body->info = (struct object_body_info){.size = b->size, .etag = body->etag};
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

const unsigned char *object_body_digest(const struct object_body *b, enum digest_kind kind)
{
    return has_digest(b->kinds, kind) ? b->digests[kind] : NULL;
}
