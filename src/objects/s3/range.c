#include "objects/s3/range.h"

static struct byte_range whole(uint64_t size)
{
    return (struct byte_range){RANGE_WHOLE, 0, size};
}

static struct byte_range part(uint64_t first, uint64_t last, uint64_t size)
{
    if (first >= size)
        return (struct byte_range){.kind = RANGE_UNSATISFIABLE};
    if (last >= size)
        last = size - 1;
    return (struct byte_range){RANGE_PART, first, last - first + 1};
}

/* "-n": the last n bytes. */
static struct byte_range suffix(uint64_t n, uint64_t size)
{
    if (n == 0 || size == 0)
        return (struct byte_range){.kind = RANGE_UNSATISFIABLE};
    return part(n < size ? size - n : 0, size - 1, size);
}

struct byte_range range_parse(struct str value, uint64_t size)
{
    struct str last_text = value;
    struct str unit = str_cut(&last_text, '=');
    if (!value.p || !str_eq_nocase(str_trim(unit), STR("bytes")) || !last_text.p)
        return whole(size);
    struct str first_text = str_trim(str_cut(&last_text, '-'));
    last_text = str_trim(last_text);

    uint64_t first, last = UINT64_MAX;
    if (!last_text.p || (last_text.n && !str_to_u64(last_text, &last)))
        return whole(size);
    if (!first_text.n)
        return last_text.n ? suffix(last, size) : whole(size);
    if (!str_to_u64(first_text, &first) || last < first)
        return whole(size);
    return part(first, last, size);
}
