#include "objects/s3/conditional.h"

#include "base/timefmt.h"
#include "store/missing.h"

struct str etag_unquote(struct str tag)
{
    tag = str_trim(tag);
    if (str_starts(tag, STR("W/")))
        tag = str_sub(tag, 2, tag.n);
    if (tag.n >= 2 && tag.p[0] == '"' && tag.p[tag.n - 1] == '"')
        tag = str_sub(tag, 1, tag.n - 1);
    return tag;
}

static bool is_listed(struct str list, struct str etag)
{
    while (list.p) {
        struct str tag = etag_unquote(str_cut(&list, ','));
        if (str_is(tag, "*") || str_eq(tag, etag))
            return true;
    }
    return false;
}

/* Headers have whole seconds. */
static bool modified_after(struct str date, int64_t modified_ms, bool *ret)
{
    int64_t date_ms;
    if (!date.p || !time_parse_http(date, &date_ms))
        return false;
    *ret = modified_ms / 1000 > date_ms / 1000;
    return true;
}

struct condition_outcome condition_check(const struct http_headers *headers, struct str etag,
                                         int64_t modified_ms)
{
    struct str match = http_header(headers, "if-match");
    struct str none_match = http_header(headers, "if-none-match");
    bool modified;

    if (match.p) {
        if (!is_listed(match, etag))
            return (struct condition_outcome){CONDITION_FAILED, "If-Match"};
    } else if (modified_after(http_header(headers, "if-unmodified-since"), modified_ms, &modified) &&
               modified) {
        return (struct condition_outcome){CONDITION_FAILED, "If-Unmodified-Since"};
    }
    if (none_match.p) {
        if (is_listed(none_match, etag))
            return (struct condition_outcome){CONDITION_NOT_MODIFIED, "If-None-Match"};
    } else if (modified_after(http_header(headers, "if-modified-since"), modified_ms, &modified) &&
               !modified) {
        return (struct condition_outcome){CONDITION_NOT_MODIFIED, "If-Modified-Since"};
    }
    return (struct condition_outcome){.result = CONDITION_HOLDS};
}

bool condition_range_allowed(const struct http_headers *headers, struct str etag, int64_t modified_ms)
{
    struct str value = http_header(headers, "if-range");
    bool modified;
    if (!value.p)
        return true;
    if (modified_after(value, modified_ms, &modified))
        return !modified;
    return is_listed(value, etag);
}

int condition_for_write(const struct http_headers *headers, struct object_condition *ret, struct err *err)
{
    struct str none_match = http_header(headers, "if-none-match");
    struct str match = http_header(headers, "if-match");
    bool any = str_is(match, "*");
    if ((none_match.p && !str_is(none_match, "*")) || (match.p && none_match.p))
        return err_set(err, ERR_NOT_IMPLEMENTED,
                       "A write takes either If-None-Match with * or If-Match with one entity tag.");
    *ret = (struct object_condition){
        .must_be_absent = none_match.p != NULL,
        .must_exist = any,
        .must_have_etag = match.p && !any ? etag_unquote(match) : STR_NULL,
    };
    return 0;
}

bool condition_is_any(const struct object_condition *c)
{
    return c->must_be_absent || c->must_exist || c->must_have_etag.p;
}

int condition_check_write(const struct object_condition *c, const struct object_record *r, struct err *err)
{
    if (c->must_be_absent && r)
        return err_set(err, ERR_PRECONDITION,
                       "At least one of the pre-conditions you specified did not hold (If-None-Match)");
    if ((c->must_exist || c->must_have_etag.p) && !r)
        return no_such_key(err);
    if (c->must_have_etag.p && !str_eq(c->must_have_etag, r->etag))
        return err_set(err, ERR_PRECONDITION,
                       "At least one of the pre-conditions you specified did not hold (If-Match)");
    return 0;
}
