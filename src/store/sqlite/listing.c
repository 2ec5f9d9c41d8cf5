#include "store/sqlite/listing.h"

struct str str_with_byte(struct arena *a, struct str s, unsigned char byte)
{
    char *p = arena_alloc(a, s.n + 1);
    if (s.n)
        memcpy(p, s.p, s.n);
    p[s.n] = (char)byte;
    return str_of(p, s.n + 1);
}

/* The least key above all that begin with `prefix`; absent if there is none. */
static struct str key_after_prefix(struct arena *a, struct str prefix)
{
    while (prefix.n && (unsigned char)prefix.p[prefix.n - 1] == 0xFF)
        prefix.n--;
    if (prefix.n == 0)
        return STR_NULL;
    char *p = arena_cstr(a, prefix);
    p[prefix.n - 1] = (char)((unsigned char)p[prefix.n - 1] + 1);
    return str_of(p, prefix.n);
}

/* The part of the key up to the first delimiter behind the asked prefix; absent if there is none. */
static struct str key_common_prefix(struct str prefix, struct str delimiter, struct str key)
{
    struct str rest = str_sub(key, prefix.n, key.n);
    const char *hit = delimiter.n && rest.n ? memmem(rest.p, rest.n, delimiter.p, delimiter.n) : NULL;
    return hit ? str_of(key.p, (size_t)(hit - key.p) + delimiter.n) : STR_NULL;
}

/* 1: go on; 0: no key lies behind the prefix. */
static int take_prefix(struct listing *l, struct str prefix, struct err *err)
{
    struct arena *a = l->read->arena;
    struct str *p = rows_add(&l->prefixes, err);
    if (!p)
        return -1;
    *p = arena_str(a, prefix);
    l->add_prefix(l, str_with_byte(a, *p, 0xFF));
    struct str next = key_after_prefix(a, *p);
    if (next.p)
        l->seek(l, next);
    return next.p != NULL;
}

/* Takes the row into the page. 1: go on; 0: the page is complete. */
static int take_row(struct listing *l, struct err *err)
{
    struct str key = row_str(l->stmt, 0);
    if (!str_starts(key, l->prefix))
        return 0;
    if (l->rows.count + l->prefixes.count == l->limit) {
        l->truncated = true;
        return 0;
    }
    struct str prefix = key_common_prefix(l->prefix, l->delimiter, key);
    if (prefix.p)
        return take_prefix(l, prefix, err);
    return l->add_row(l, err) < 0 ? -1 : 1;
}

int listing_scan(struct listing *l, struct err *err)
{
    int rc;
    do
        rc = db_step(l->db, l->stmt, err);
    while (rc == 1 && (rc = take_row(l, err)) == 1);
    sqlite3_reset(l->stmt);
    return rc;
}
