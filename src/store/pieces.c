#include "store/pieces.h"

bool pieces_next(struct str *rest, struct object_piece *ret)
{
    if (!rest->n)
        return false;
    struct str line = str_cut(rest, '\n');
    ret->blob_id = str_cut(&line, ' ');
    return ret->blob_id.n && str_to_u64(str_cut(&line, ' '), &ret->offset) && str_to_u64(line, &ret->length);
}

void pieces_add(struct buf *out, const struct object_piece *piece)
{
    buf_printf(out, "%.*s %llu %llu\n", STR_ARG(piece->blob_id), (unsigned long long)piece->offset,
               (unsigned long long)piece->length);
}

size_t pieces_count(struct str pieces)
{
    size_t n = 0;
    for (size_t i = 0; i < pieces.n; i++)
        n += pieces.p[i] == '\n';
    return n;
}

struct object_piece *pieces_all(struct arena *a, struct str pieces, size_t *ret_count)
{
    size_t count = pieces_count(pieces), n = 0;
    struct object_piece *all = arena_array(a, count, sizeof *all);
    while (n < count && pieces_next(&pieces, &all[n]))
        n++;
    *ret_count = n;
    return all;
}

void pieces_add_range(struct buf *out, struct str pieces, uint64_t offset, uint64_t length)
{
    struct object_piece piece;
    while (length > 0 && pieces_next(&pieces, &piece)) {
        if (offset >= piece.length) {
            offset -= piece.length;
            continue;
        }
        piece.offset += offset;
        piece.length -= offset;
        offset = 0;
        if (piece.length > length)
            piece.length = length;
        length -= piece.length;
        pieces_add(out, &piece);
    }
}
