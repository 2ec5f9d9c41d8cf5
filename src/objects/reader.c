/* Contents for reading. The first blob is opened at once, the others when their turn comes; until then the
 * sweep leaves their files alone, so that an object which is replaced or deleted meanwhile is read to its
 * end.
 *
 * No file can go between the look into the index and the reader's start: the store's one reader thread
 * answers in order, so the sweep hears that a blob is garbage only after everyone who saw it named. A blob
 * that is garbage stays it: nothing that commits later may name it (ERR_BLOB_GONE). */
#include "objects/private.h"

struct part {
    char blob_id[BLOB_ID_LEN + 1];
    struct http_piece piece; /* fd: -1 until it is opened */
};

struct reader {
    struct objects *objects;
    size_t next;
    size_t count;
    struct part parts[];
};

/* --- Which blobs have to stay --- */

struct pin {
    unsigned readers;
    char blob_id[BLOB_ID_LEN + 1];
};

static void pin(struct objects *o, const char *blob_id)
{
    struct pin *p = map_get(&o->pinned, str_from(blob_id));
    if (!p) {
        p = mem_new(sizeof *p);
        memcpy(p->blob_id, blob_id, sizeof p->blob_id);
        map_put(&o->pinned, str_from(p->blob_id), p);
    }
    p->readers++;
}

static void unpin(struct objects *o, const char *blob_id)
{
    struct pin *p = map_get(&o->pinned, str_from(blob_id));
    if (--p->readers > 0)
        return;
    map_remove(&o->pinned, str_from(blob_id));
    free(p);
}

bool objects_pinned(const struct objects *o, struct str blob_id)
{
    return map_get(&o->pinned, blob_id) != NULL;
}

/* --- Life --- */

static bool next_piece(void *ctx, struct http_piece *ret)
{
    struct reader *r = ctx;
    struct err err;
    if (r->next == r->count)
        return false;
    struct part *part = &r->parts[r->next];
    if (part->piece.fd < 0)
        part->piece.fd = blob_open(&r->objects->folder, str_from(part->blob_id), &err);
    if (part->piece.fd < 0)
        return false;
    *ret = part->piece;
    part->piece.fd = -1;
    r->next++;
    return true;
}

static void reader_free(void *ctx)
{
    struct reader *r = ctx;
    struct objects *o = r->objects;
    for (size_t i = 0; i < r->count; i++) {
        fd_close_p(&r->parts[i].piece.fd);
        unpin(o, r->parts[i].blob_id);
    }
    if (o->sweep_passed_pins) {
        o->sweep_passed_pins = false;
        objects_sweep(o);
    }
    objects_unref(o);
    free(r);
}

static void add_part(struct reader *r, const struct object_piece *p, uint64_t offset, uint64_t length)
{
    struct part *part = &r->parts[r->count++];
    snprintf(part->blob_id, sizeof part->blob_id, "%.*s", STR_ARG(p->blob_id));
    part->piece = (struct http_piece){-1, p->offset + offset, length};
    pin(r->objects, part->blob_id);
}

/* The parts of the pieces that lie in the range. */
static void add_parts(struct reader *r, const struct object_piece *pieces, size_t n, uint64_t offset,
                      uint64_t length)
{
    for (size_t i = 0; i < n && length; i++) {
        uint64_t skip = offset < pieces[i].length ? offset : pieces[i].length;
        uint64_t take = pieces[i].length - skip < length ? pieces[i].length - skip : length;
        if (take)
            add_part(r, &pieces[i], skip, take);
        offset -= skip;
        length -= take;
    }
}

int objects_read(struct objects *o, const struct object_piece *pieces, size_t n, uint64_t offset,
                 uint64_t length, struct http_pieces *ret, struct err *err)
{
    struct reader *r = mem_new(sizeof *r + n * sizeof r->parts[0]);
    r->objects = objects_ref(o);
    add_parts(r, pieces, n, offset, length);
    if (r->count) {
        struct part *first = &r->parts[0];
        first->piece.fd = blob_open(&o->folder, str_from(first->blob_id), err);
        if (first->piece.fd < 0) {
            reader_free(r);
            return -1;
        }
    }
    *ret = (struct http_pieces){r, next_piece, reader_free};
    return 0;
}
