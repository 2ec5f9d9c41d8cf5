#include "store/sqlite/listing.h"

struct str str_with_byte(struct arena *a, struct str s, unsigned char byte)
{
    char *p = arena_alloc(a, s.n + 1);
    if (s.n)
        memcpy(p, s.p, s.n);
    p[s.n] = (char)byte;
    return str_of(p, s.n + 1);
}

struct str key_after_prefix(struct arena *a, struct str prefix)
{
    while (prefix.n && (unsigned char)prefix.p[prefix.n - 1] == 0xFF)
        prefix.n--;
    if (prefix.n == 0)
        return STR_NULL;
    char *p = arena_cstr(a, prefix);
    p[prefix.n - 1] = (char)((unsigned char)p[prefix.n - 1] + 1);
    return str_of(p, prefix.n);
}

struct str key_common_prefix(struct str prefix, struct str delimiter, struct str key)
{
    struct str rest = str_sub(key, prefix.n, key.n);
    const char *hit = delimiter.n && rest.n ? memmem(rest.p, rest.n, delimiter.p, delimiter.n) : NULL;
    return hit ? str_of(key.p, (size_t)(hit - key.p) + delimiter.n) : STR_NULL;
}
