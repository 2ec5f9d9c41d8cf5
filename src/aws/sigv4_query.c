#include "aws/sigv4_parse.h"

#include "base/encode.h"
#include "base/timefmt.h"

enum { EXPIRES_MAX_S = 7 * 24 * 3600 };

struct str sigv4_query_raw(struct str query, const char *name)
{
    while (query.p) {
        struct str value = str_cut(&query, '&');
        if (str_is(str_cut(&value, '='), name))
            return value.p ? value : STR("");
    }
    return STR_NULL;
}

bool sigv4_query_has(struct str query, const char *name)
{
    return sigv4_query_raw(query, name).p != NULL;
}

static size_t occurrences(struct str query, const char *name)
{
    size_t n = 0;
    while (query.p) {
        struct str value = str_cut(&query, '&');
        n += str_is(str_cut(&value, '='), name);
    }
    return n;
}

/* The parameters of a presigned request, decoded. */
struct presigned {
    struct str algorithm;
    struct str credential;
    struct str date;
    struct str expires;
    struct str signed_headers;
    struct str signature;
    struct str token; /* optional */
};

static int missing(const struct sigv4_request *req, const char *name, struct err *err)
{
    if (req->style == SIGV4_S3)
        return err_set(
            err, ERR_INCOMPLETE_QUERY,
            "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, "
            "X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.");
    return err_set(err, ERR_INCOMPLETE_QUERY, "AWS query-string parameters must include '%s'.", name);
}

static int decode(const struct sigv4_request *req, struct arena *arena, struct presigned *ret,
                  struct err *err)
{
    struct {
        const char *name;
        struct str *value;
    } wanted[] = {
        {"X-Amz-Algorithm", &ret->algorithm},          {"X-Amz-Credential", &ret->credential},
        {"X-Amz-Signature", &ret->signature},          {"X-Amz-Date", &ret->date},
        {"X-Amz-SignedHeaders", &ret->signed_headers}, {"X-Amz-Expires", &ret->expires},
        {"X-Amz-Security-Token", &ret->token},
    };
    for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
        size_t count = occurrences(req->query, wanted[i].name);
        if (count == 0 && wanted[i].value != &ret->token)
            return missing(req, wanted[i].name, err);
        if (count > 1)
            return err_set(err, ERR_INCOMPLETE_QUERY, "The query parameter %s may be given only once.",
                           wanted[i].name);
        struct str raw = sigv4_query_raw(req->query, wanted[i].name);
        if (raw.p && !uri_decode(arena, raw, true, wanted[i].value))
            return err_set(err, ERR_INVALID_URI, "Couldn't parse the specified URI.");
    }
    return 0;
}

static int check_algorithm(struct str algorithm, struct err *err)
{
    if (str_is(algorithm, "AWS4-HMAC-SHA256"))
        return 0;
    return err_set(err, ERR_INCOMPLETE_QUERY,
                   "X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\"; '%.*s' is not supported.",
                   STR_ARG(algorithm));
}

static int parse_expires(struct str text, int64_t *ret_s, struct err *err)
{
    int64_t s;
    if (!str_to_i64(text, &s))
        return err_set(err, ERR_INCOMPLETE_QUERY, "X-Amz-Expires should be a number");
    if (s < 0)
        return err_set(err, ERR_INCOMPLETE_QUERY, "X-Amz-Expires must be non-negative");
    if (s == 0 || s > EXPIRES_MAX_S)
        return err_set(
            err, ERR_INCOMPLETE_QUERY,
            s ? "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires "
                "must be less than %d seconds"
              : "X-Amz-Expires must be between 1 and %d seconds",
            EXPIRES_MAX_S);
    *ret_s = s;
    return 0;
}

int sigv4_parse_query(const struct sigv4_request *req, struct arena *arena, struct sigv4_auth *auth,
                      struct err *err)
{
    struct presigned p = {0};
    if (decode(req, arena, &p, err) < 0 || check_algorithm(p.algorithm, err) < 0 ||
        sigv4_parse_credential(req, p.credential, auth, err) < 0 ||
        parse_expires(p.expires, &auth->expires_s, err) < 0)
        return -1;
    if (!time_parse_amz(p.date, &auth->time_ms) || auth->time_ms < 0)
        return err_set(err, ERR_INCOMPLETE_QUERY,
                       "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"");
    auth->time_text = p.date;
    auth->signed_headers = p.signed_headers;
    auth->signature = p.signature;
    auth->session_token = p.token;
    return 0;
}
