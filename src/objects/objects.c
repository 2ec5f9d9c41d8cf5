#include "base/encode.h"
#include "objects/private.h"
#include "store/pieces.h"

/* --- Life --- */

struct objects *objects_ref(struct objects *o)
{
    o->refs++;
    return o;
}

void objects_unref(struct objects *o)
{
    if (--o->refs > 0)
        return;
    blob_folder_close(&o->folder);
    map_done(&o->pinned);
    free(o);
}

struct objects *objects_open(struct loop *loop, struct store *store, const char *dir, struct err *err)
{
    struct objects *o = mem_new(sizeof *o);
    *o = (struct objects){.loop = loop, .store = store, .refs = 1};
    map_init(&o->pinned);
    if (blob_folder_open(&o->folder, dir, err) < 0) {
        objects_unref(o);
        return NULL;
    }
    leftovers_start(o);
    return o;
}

void objects_close(struct objects *o)
{
    if (!o)
        return;
    o->closed = true;
    objects_unref(o);
}

struct store *objects_store(struct objects *o)
{
    return o->store;
}

/* --- Bodies --- */

const struct object_body_info *object_body_info(const struct object_body *b)
{
    return &b->info;
}

int object_body_source(const struct object_body *b, struct str *ret_bytes, int *ret_fd, struct err *err)
{
    *ret_bytes = b->blob_id[0] ? STR_NULL : buf_str(&b->bytes);
    *ret_fd = b->blob_id[0] ? blob_open(&b->objects->folder, str_from(b->blob_id), err) : -1;
    return b->blob_id[0] && *ret_fd < 0 ? -1 : 0;
}

struct removal {
    struct objects *objects;
    char blob_id[BLOB_ID_LEN + 1];
};

static void remove_file(void *ctx)
{
    struct removal *r = ctx;
    blob_remove(&r->objects->folder, str_from(r->blob_id));
}

static void removed(void *ctx)
{
    struct removal *r = ctx;
    objects_unref(r->objects);
    free(r);
}

static void remove_later(struct objects *o, const char *blob_id)
{
    struct removal *r = mem_new(sizeof *r);
    r->objects = objects_ref(o);
    memcpy(r->blob_id, blob_id, sizeof r->blob_id);
    loop_work(o->loop, remove_file, removed, r);
}

void object_body_free(struct object_body *b)
{
    if (!b)
        return;
    if (b->blob_id[0])
        remove_later(b->objects, b->blob_id);
    objects_unref(b->objects);
    buf_done(&b->bytes);
    free(b);
}

struct object_body *objects_body_from_bytes(struct objects *o, struct str bytes, struct err *err)
{
    if (bytes.n > OBJECT_BYTES_MAX) {
        err_set(err, ERR_TOO_LARGE, "A body of %zu bytes is too large to be kept as a row (at most %d).",
                bytes.n, OBJECT_BYTES_MAX);
        return NULL;
    }
    CLEANUP_BLOB struct blob blob;
    blob_init(&blob, &o->folder, OBJECT_BYTES_MAX);
    blob_add_digest(&blob, DIGEST_CRC32);
    struct object_body *body = blob_write(&blob, bytes, err) == 0 ? blob_end(&blob, err) : NULL;
    if (body)
        body->objects = objects_ref(o);
    return body;
}

/* --- Into the index --- */

static void batch_ended(void *ctx, bool committed)
{
    struct object_body *body = ctx;
    if (committed)
        body->blob_id[0] = '\0'; /* the object's now */
    object_body_free(body);
}

/* The body's file, if it has one. */
static void add_pieces(struct buf *pieces, const struct object_body *body)
{
    enum { PIECE_TEXT_MAX = 128 };
    buf_init(pieces, PIECE_TEXT_MAX);
    if (body->blob_id[0])
        pieces_add(pieces, &(struct object_piece){str_from(body->blob_id), 0, (uint64_t)body->info.size});
}

static void add_checksum(struct buf *meta, const struct object_body *body)
{
    const unsigned char *crc32 = object_body_digest(body, DIGEST_CRC32);
    if (!crc32)
        return;
    buf_add_cstr(meta, "{\"checksum\":{\"CRC32\":\"");
    base64_add(meta, crc32, digest_size(DIGEST_CRC32));
    buf_add_cstr(meta, "\"}}");
}

void objects_add(struct objects *o, struct store_batch *batch, const struct object_put *put,
                 struct object_body *body)
{
    REQUIRE(body->objects == o);
    bool in_file = body->blob_id[0] != '\0';
    CLEANUP_BUF struct buf pieces;
    add_pieces(&pieces, body);
    CLEANUP_BUF struct buf checksum;
    buf_init(&checksum, 64);
    if (!put->meta.p)
        add_checksum(&checksum, body);
    struct object_record r = {
        .bucket = put->bucket,
        .key = put->key,
        .size = body->info.size,
        .etag = str_from(body->etag),
        .content_type = put->content_type,
        .meta = put->meta.p ? put->meta : buf_str(&checksum),
        .tags = put->tags,
        .pieces = in_file ? buf_str(&pieces) : STR_NULL,
        .body = in_file ? STR_NULL : buf_str(&body->bytes),
        .modified_ms = put->modified_ms,
    };
    store_put_object(batch, &r, &put->condition);
    store_batch_on_end(batch, batch_ended, body);
}

int objects_open_blob(struct objects *o, struct str blob_id, struct err *err)
{
    return blob_open(&o->folder, blob_id, err);
}

void objects_add_part(struct objects *o, struct store_batch *batch, const struct part_record *part,
                      struct object_body *body)
{
    REQUIRE(body->objects == o && body->bytes.n == 0);
    CLEANUP_BUF struct buf pieces;
    add_pieces(&pieces, body);
    struct part_record r = *part;
    r.size = body->info.size;
    r.etag = str_from(body->etag);
    r.pieces = buf_str(&pieces);
    store_put_part(batch, &r);
    store_batch_on_end(batch, batch_ended, body);
}
