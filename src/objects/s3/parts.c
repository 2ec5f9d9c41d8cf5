#include "objects/s3/parts.h"

bool s3_parts_next(struct str *rest, struct s3_part *ret)
{
    if (!rest->n)
        return false;
    struct str line = str_cut(rest, '\n');
    bool good = str_to_i64(str_cut(&line, ' '), &ret->number) && str_to_u64(str_cut(&line, ' '), &ret->size);
    ret->checksum = line;
    return good && line.p;
}

void s3_parts_add(struct buf *out, const struct s3_part *part)
{
    buf_printf(out, "%lld %llu %.*s\n", (long long)part->number, (unsigned long long)part->size,
               STR_ARG(part->checksum));
}

size_t s3_parts_count(struct str parts)
{
    size_t n = 0;
    for (size_t i = 0; i < parts.n; i++)
        n += parts.p[i] == '\n';
    return n;
}

bool s3_parts_find(struct str parts, int64_t number, struct s3_part *ret, uint64_t *ret_offset)
{
    *ret_offset = 0;
    while (s3_parts_next(&parts, ret)) {
        if (ret->number == number)
            return true;
        *ret_offset += ret->size;
    }
    return false;
}
