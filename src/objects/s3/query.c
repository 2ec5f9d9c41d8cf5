#include "objects/s3/query.h"

#include "base/encode.h"
#include "base/utf8.h"

static bool decode(struct arena *arena, struct str raw, struct str *ret)
{
    return uri_decode(arena, raw, true, ret) && utf8_valid(*ret);
}

int s3_query_parse(struct arena *arena, struct str raw, struct s3_query *ret, struct err *err)
{
    struct s3_query q = {0};
    q.items = arena_array(arena, S3_QUERY_PARAMS_MAX, sizeof *q.items);
    while (raw.p) {
        struct str part = str_cut(&raw, '&');
        if (!part.n)
            continue;
        if (q.count == S3_QUERY_PARAMS_MAX)
            return err_set(err, ERR_INVALID_URI, "The query has more than %d parameters.",
                           S3_QUERY_PARAMS_MAX);
        struct s3_param *param = &q.items[q.count++];
        struct str name = str_cut(&part, '=');
        if (!decode(arena, name, &param->name) || !decode(arena, part.p ? part : STR(""), &param->value))
            return err_set(err, ERR_INVALID_URI, "The query is not percent-encoded UTF-8.");
    }
    *ret = q;
    return 0;
}

struct str s3_query_get(const struct s3_query *q, const char *name)
{
    for (size_t i = 0; i < q->count; i++)
        if (str_is(q->items[i].name, name))
            return q->items[i].value;
    return STR_NULL;
}

int s3_query_int(const struct s3_query *q, const char *name, int64_t max, int64_t fallback, int64_t *ret,
                 struct err *err)
{
    struct str text = s3_query_get(q, name);
    uint64_t value;
    if (!text.n)
        value = (uint64_t)fallback;
    else if (!str_to_u64(text, &value) || value > (uint64_t)max)
        return err_set(err, ERR_INVALID_ARGUMENT, "Provided %s not an integer or within integer range", name);
    *ret = (int64_t)value;
    return 0;
}
