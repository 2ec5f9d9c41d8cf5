#include "catalog/names.h"

#include "base/encode.h"
#include "base/glob.h"
#include "base/utf8.h"
#include "catalog/catalog.h"

#include <stdio.h>

enum { PARTITION_NAME_MAX = 16 * 1024 };

int catalog_name(struct arena *a, struct str given, const char *what, struct str *ret, struct err *err)
{
    if (given.n == 0)
        return err_set(err, ERR_CATALOG_INVALID, "The %s has no name.", what);
    if (given.n > CATALOG_NAME_MAX)
        return err_set(err, ERR_CATALOG_INVALID, "The name of the %s has %zu bytes; %d is the most.", what,
                       given.n, CATALOG_NAME_MAX);
    for (size_t i = 0; i < given.n; i++)
        if ((unsigned char)given.p[i] < ' ' || given.p[i] == 0x7F || given.p[i] == '/')
            return err_set(err, ERR_CATALOG_INVALID, "%.*s is not a valid name of a %s.", STR_ARG(given),
                           what);
    if (!utf8_valid(given))
        return err_set(err, ERR_CATALOG_INVALID, "The name of the %s is not UTF-8.", what);
    *ret = arena_lower(a, given);
    return 0;
}

/* --- Patterns --- */

/* ".*" of those who write regular expressions is '*'. */
static struct str without_dots(struct arena *a, struct str pattern)
{
    char *out = arena_alloc(a, pattern.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < pattern.n; i++)
        if (pattern.p[i] != '.' || i + 1 == pattern.n || pattern.p[i + 1] != '*')
            out[n++] = pattern.p[i];
    return str_of(out, n);
}

bool catalog_matches(struct str pattern, struct str name)
{
    CLEANUP_ARENA struct arena *a = arena_new(pattern.n + 4096);
    struct str rest = without_dots(a, pattern);
    while (rest.p)
        if (glob_fits_nocase(str_trim(str_cut(&rest, '|')), name))
            return true;
    return false;
}

/* --- Partitions --- */

static bool is_escaped(unsigned char c)
{
    return c < ' ' || c == 0x7F || (c < 0x80 && strchr("\"#%'*/:=?\\{[]^", c) != NULL);
}

static void add_escaped(struct buf *b, struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (is_escaped((unsigned char)s.p[i]))
            buf_printf(b, "%%%02X", (unsigned char)s.p[i]);
        else
            buf_add_char(b, s.p[i]);
    }
}

int catalog_partition_name(struct arena *a, const struct catalog_columns *keys,
                           const struct catalog_names *values, struct str *ret, struct err *err)
{
    if (keys->count == 0 || values->count != keys->count)
        return err_set(err, ERR_CATALOG_INVALID,
                       "The partition has %zu values; the table has %zu partition keys.", values->count,
                       keys->count);
    CLEANUP_BUF struct buf b;
    buf_init(&b, PARTITION_NAME_MAX);
    for (size_t i = 0; i < keys->count; i++) {
        struct str value = values->items[i];
        if (i)
            buf_add_char(&b, '/');
        add_escaped(&b, arena_lower(a, keys->items[i].name));
        buf_add_char(&b, '=');
        add_escaped(&b, value.n ? value : STR(CATALOG_NULL_VALUE));
    }
    if (b.overflow)
        return err_set(err, ERR_CATALOG_INVALID, "The values of the partition are too long.");
    *ret = arena_str(a, buf_str(&b));
    return 0;
}

/* A '%' that no two digits follow stays, as in Hive. */
static struct str unescape(struct arena *a, struct str s)
{
    char *out = arena_alloc(a, s.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        int high = s.p[i] == '%' && i + 2 < s.n ? hex_value(s.p[i + 1]) : -1;
        int low = high >= 0 ? hex_value(s.p[i + 2]) : -1;
        if (low >= 0) {
            out[n++] = (char)(high * 16 + low);
            i += 2;
        } else {
            out[n++] = s.p[i];
        }
    }
    return str_of(out, n);
}

int catalog_partition_parse(struct arena *a, struct str name, struct catalog_pairs *ret, struct err *err)
{
    size_t parts = 1;
    if (name.n > PARTITION_NAME_MAX)
        return err_set(err, ERR_CATALOG_INVALID, "A partition's name has %d bytes at most.",
                       PARTITION_NAME_MAX);
    for (size_t i = 0; i < name.n; i++)
        parts += name.p[i] == '/';
    *ret = (struct catalog_pairs){arena_array(a, parts, sizeof *ret->items), 0};
    struct str rest = name;
    while (rest.p) {
        struct str value = str_cut(&rest, '/');
        struct str key = str_cut(&value, '=');
        if (!key.n || !value.p)
            return err_set(err, ERR_CATALOG_INVALID, "'%.*s' is not a partition's name.", STR_ARG(name));
        ret->items[ret->count++] = (struct catalog_pair){unescape(a, key), unescape(a, value)};
    }
    return 0;
}

int catalog_partition_values(struct arena *a, const struct catalog_columns *keys, struct str name,
                             struct catalog_names *ret, struct err *err)
{
    struct catalog_pairs pairs = {0};
    if (catalog_partition_parse(a, name, &pairs, err) < 0)
        return -1;
    if (pairs.count != keys->count)
        return err_set(err, ERR_CATALOG_INVALID, "'%.*s' has %zu parts; the table has %zu partition keys.",
                       STR_ARG(name), pairs.count, keys->count);
    *ret = (struct catalog_names){arena_array(a, pairs.count, sizeof *ret->items), pairs.count};
    for (size_t i = 0; i < keys->count; i++) {
        if (!str_eq_nocase(keys->items[i].name, pairs.items[i].key))
            return err_set(err, ERR_CATALOG_INVALID, "'%.*s' does not name the partition key '%.*s'.",
                           STR_ARG(name), STR_ARG(keys->items[i].name));
        ret->items[i] = pairs.items[i].value;
    }
    return 0;
}
