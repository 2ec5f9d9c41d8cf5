/* A string slice: a view of bytes that somebody else owns. Not terminated by NUL; `p == NULL` means "absent",
 * which differs from the empty string. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
    const char *p;
    size_t n;
};

#define STR_NULL ((struct str){NULL, 0})
/* For string literals only. */
#define STR(literal) ((struct str){"" literal, sizeof(literal) - 1})
/* For printf's "%.*s". */
#define STR_ARG(s) (int)(s).n, (s).p ? (s).p : ""

/* A view of a C string; NULL gives STR_NULL. */
static inline struct str str_from(const char *c)
{
    return c ? (struct str){c, strlen(c)} : STR_NULL;
}

static inline struct str str_of(const void *p, size_t n)
{
    return (struct str){(const char *)p, n};
}

static inline bool str_eq(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool str_is(struct str a, const char *literal)
{
    return str_eq(a, str_from(literal));
}

/* Equality that ignores ASCII case, as header names want it. */
bool str_eq_nocase(struct str a, struct str b);
/* Other characters than A to Z stay as they are, whatever the locale. */
char ascii_lower(char c);
/* Byte order, as memcmp; a prefix sorts first. */
int str_cmp(struct str a, struct str b);
bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
/* Index of the first `c`, or SIZE_MAX. */
size_t str_find(struct str s, char c);
bool str_contains(struct str s, struct str part);
/* The slice [from, to), clamped to the string. */
struct str str_sub(struct str s, size_t from, size_t to);
/* Without ASCII white space at both ends. */
struct str str_trim(struct str s);
/* Cuts the part before `sep` off `*rest` and returns it; the last part leaves `*rest` absent. */
struct str str_cut(struct str *rest, char sep);

/* Decimal numbers: only digits (a leading '-' for the signed form), no overflow. False leaves `*ret` as it
 * was. */
bool str_to_u64(struct str s, uint64_t *ret);
bool str_to_i64(struct str s, int64_t *ret);
