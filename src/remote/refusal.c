#include "remote/refusal.h"

#include "base/buf.h"

#include <stdio.h>

struct str refusal_element(struct str xml, const char *name)
{
    char open[64], close[64];
    snprintf(open, sizeof open, "<%s>", name);
    snprintf(close, sizeof close, "</%s>", name);
    const char *from = xml.n ? memmem(xml.p, xml.n, open, strlen(open)) : NULL;
    if (!from)
        return STR_NULL;
    from += strlen(open);
    size_t left = xml.n - (size_t)(from - xml.p);
    const char *to = memmem(from, left, close, strlen(close));
    return to ? str_of(from, (size_t)(to - from)) : STR_NULL;
}

bool refusal_is_told(struct str body)
{
    struct str rest = str_trim(body);
    if (str_starts(rest, STR("<?xml"))) {
        (void)str_cut(&rest, '>');
        rest = rest.p ? str_trim(rest) : STR("");
    }
    return str_starts(rest, STR("<Error>")) || str_starts(rest, STR("<Error "));
}

static bool among(struct str s, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_is(s, names[i]))
            return true;
    return false;
}

static bool is_expired(struct str code)
{
    static const char *const codes[] = {"ExpiredToken", "InvalidToken", "TokenRefreshRequired",
                                        "ExpiredTokenException"};
    return among(code, codes, ARRAY_SIZE(codes));
}

bool refusal_is_of_keys(struct str code)
{
    static const char *const codes[] = {"InvalidAccessKeyId", "SignatureDoesNotMatch", "RequestTimeTooSkewed",
                                        "AuthorizationHeaderMalformed"};
    return is_expired(code) || among(code, codes, ARRAY_SIZE(codes));
}

static enum refusal_kind kind_of(int status, struct str code)
{
    static const char *const passing[] = {
        "RequestTimeout",         "SlowDown",      "OperationAborted",    "InternalError",
        "ServiceUnavailable",     "Throttling",    "ThrottlingException", "RequestLimitExceeded",
        "BandwidthLimitExceeded", "IncompleteBody"};
    if (str_is(code, "RequestTimeTooSkewed"))
        return REFUSAL_SKEWED;
    if (is_expired(code))
        return REFUSAL_EXPIRED;
    if (among(code, passing, ARRAY_SIZE(passing)) || status == 429 || status == 408)
        return REFUSAL_PASSES;
    bool passes = status < 300 || (status >= 500 && status != 501);
    return passes ? REFUSAL_PASSES : REFUSAL_FINAL;
}

static enum err_code code_of(int status, struct str code)
{
    if (str_is(code, "NoSuchBucket"))
        return ERR_NO_SUCH_BUCKET;
    if (str_is(code, "NoSuchKey"))
        return ERR_NO_SUCH_KEY;
    if (str_is(code, "NoSuchUpload"))
        return ERR_NO_SUCH_UPLOAD;
    if (str_is(code, "InvalidRange") || status == 416)
        return ERR_INVALID_RANGE;
    if (str_is(code, "EntityTooLarge"))
        return ERR_TOO_LARGE;
    if (status == 412)
        return ERR_PRECONDITION;
    if (status == 403)
        return ERR_ACCESS_DENIED;
    if (status == 404)
        return ERR_NO_SUCH_KEY;
    return status < 300 || status >= 500 ? ERR_UNAVAILABLE : ERR_INVALID_REQUEST;
}

struct str refusal_region(int status, const struct http_headers *headers, struct str body)
{
    struct str code = refusal_element(body, "Code");
    struct str region = http_header(headers, "x-amz-bucket-region");
    bool elsewhere = status == 301 || status == 307 || str_is(code, "AuthorizationHeaderMalformed") ||
                     str_is(code, "IllegalLocationConstraintException") || str_is(code, "PermanentRedirect");
    if (!elsewhere)
        return STR_NULL;
    return region.n ? region : refusal_element(body, "Region");
}

enum refusal_kind refusal_read(int status, const struct http_headers *headers, struct str body,
                               struct str bucket, struct err *ret)
{
    struct str code = refusal_element(body, "Code");
    struct str message = refusal_element(body, "Message");
    struct str region = refusal_region(status, headers, body);
    if (region.n) {
        err_set(ret, ERR_INVALID_REQUEST,
                "The bucket %.*s lies in the region %.*s: set the remote's region to it.",
                STR_ARG(str_sub(bucket, 0, 63)), STR_ARG(str_sub(region, 0, 63)));
        return REFUSAL_FINAL;
    }
    if (!code.n && status < 400)
        err_set(ret, code_of(status, code), "status %d, which is no answer of S3's", status);
    else
        err_set(ret, code_of(status, code), "status %d%s%.*s%s%.*s", status, code.n ? ", " : "",
                STR_ARG(str_sub(code, 0, 64)), message.n ? ": " : "", STR_ARG(str_sub(message, 0, 400)));
    return kind_of(status, code);
}
