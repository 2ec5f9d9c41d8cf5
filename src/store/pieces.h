/* The content of an object as a list of pieces, each a blob or a part of one:
 *
 *     "<blob id> <offset> <length>\n" for each piece
 *
 * An empty list is an empty object. A list is data of the server's own, never a client's. Any thread. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"

struct object_piece {
    struct str blob_id;
    uint64_t offset;
    uint64_t length;
};

/* Takes the first piece off the list; false at its end, or where it is damaged. */
bool pieces_next(struct str *rest, struct object_piece *ret);
void pieces_add(struct buf *out, const struct object_piece *piece);
/* How many there are; each has a line. */
size_t pieces_count(struct str pieces);
/* All of them, in the arena; views of `pieces`. */
struct object_piece *pieces_all(struct arena *a, struct str pieces, size_t *ret_count);
/* The pieces of the bytes [offset, offset + length) of the content. */
void pieces_add_range(struct buf *out, struct str pieces, uint64_t offset, uint64_t length);
