#include "main/settings/grants.h"

#include "base/s3_uri.h"

static size_t count_entries(struct str text)
{
    size_t n = 0;
    while (text.p) {
        str_cut(&text, ',');
        n++;
    }
    return n;
}

/* A prefix ends in the only star, so that "b/data*" cannot be taken for the folder. */
static bool parse_prefix(struct str pattern, struct str *ret)
{
    if (!str_ends(pattern, STR("/*")))
        return false;
    *ret = str_sub(pattern, 0, pattern.n - 1);
    return str_find(*ret, '*') == SIZE_MAX && ret->n > 1;
}

static int parse_entry(struct str entry, struct s3_grant *ret, struct err *err)
{
    struct str rest = entry;
    *ret = (struct s3_grant){.prefix = STR(""), .read_only = str_ends(entry, STR(":ro"))};
    if (ret->read_only)
        rest = str_trim(str_sub(entry, 0, entry.n - 3));
    ret->bucket = str_cut(&rest, '/');
    bool all = str_is(ret->bucket, "*") && !rest.p;
    if (!all && !bucket_name_valid(ret->bucket))
        return err_set(err, ERR_INVALID_ARGUMENT, "'%.*s' names no valid bucket",
                       STR_ARG(str_sub(entry, 0, 200)));
    if (rest.p && !str_is(rest, "*") && !parse_prefix(rest, &ret->prefix))
        return err_set(err, ERR_INVALID_ARGUMENT,
                       "'%.*s' is none of bucket, bucket/prefix/*, and these with :ro at the end",
                       STR_ARG(str_sub(entry, 0, 200)));
    return 0;
}

int grants_parse(struct arena *a, struct str text, struct s3_grants *ret, struct err *err)
{
    struct s3_grant *items = arena_array(a, count_entries(text), sizeof *items);
    size_t count = 0;
    while (text.p) {
        struct str entry = str_trim(str_cut(&text, ','));
        if (!entry.n)
            continue;
        if (parse_entry(entry, &items[count], err) < 0)
            return -1;
        count++;
    }
    *ret = (struct s3_grants){items, count};
    return 0;
}

struct s3_grants grants_with_location(struct arena *a, const struct s3_grants *g, struct str location)
{
    struct s3_grant *items = arena_array(a, g->count + 1, sizeof *items);
    struct str bucket, key;
    (void)s3_uri_split(location, &bucket, &key);
    if (g->count)
        memcpy(items, g->items, g->count * sizeof *items);
    items[g->count] = (struct s3_grant){.bucket = bucket, .prefix = STR("")};
    if (key.n && key.p[key.n - 1] != '/')
        items[g->count].prefix = arena_printf(a, "%.*s/", STR_ARG(key));
    else if (key.n)
        items[g->count].prefix = key;
    return (struct s3_grants){items, g->count + 1};
}
