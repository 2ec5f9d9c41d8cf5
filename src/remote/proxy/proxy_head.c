#include "remote/proxy/proxy_head.h"

#include "objects/s3/framing.h"

static bool starts_nocase(struct str name, struct str prefix)
{
    return str_eq_nocase(str_sub(name, 0, prefix.n), prefix);
}

static bool among(struct str name, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq_nocase(name, str_from(names[i])))
            return true;
    return false;
}

static bool of_the_signature(struct str name)
{
    static const char *const names[] = {"x-amz-date", "x-amz-content-sha256", "x-amz-security-token",
                                        "x-amz-expected-bucket-owner", "x-amz-source-expected-bucket-owner"};
    return among(name, names, ARRAY_SIZE(names));
}

static bool of_the_framing(struct str name)
{
    static const char *const names[] = {"x-amz-decoded-content-length", "x-amz-trailer",
                                        "x-amz-sdk-checksum-algorithm"};
    return among(name, names, ARRAY_SIZE(names));
}

static bool passes(struct str name, bool framed)
{
    static const char *const names[] = {"content-type",
                                        "content-md5",
                                        "content-encoding",
                                        "content-language",
                                        "content-disposition",
                                        "cache-control",
                                        "expires",
                                        "range",
                                        "if-match",
                                        "if-none-match",
                                        "if-modified-since",
                                        "if-unmodified-since",
                                        "if-range"};
    if (starts_nocase(name, STR("x-amz-")))
        return !of_the_signature(name) && !(framed && of_the_framing(name));
    return among(name, names, ARRAY_SIZE(names));
}

struct http_headers proxy_request_headers(const struct s3_call *call, bool framed)
{
    const struct http_headers *from = &call->req->headers;
    struct http_header *items = arena_array(call->req->arena, from->count + 1, sizeof *items);
    size_t n = 0;
    for (size_t i = 0; i < from->count; i++) {
        struct http_header h = from->items[i];
        if (!passes(h.name, framed))
            continue;
        if (str_eq_nocase(h.name, STR("content-encoding")))
            h.value = s3_content_encoding(call->req->arena, h.value);
        if (h.value.p)
            items[n++] = h;
    }
    return (struct http_headers){items, n};
}

/* Without aws-chunked in Content-Encoding: AWS knows the framing by x-amz-content-sha256, and asks SDKs to
 * leave it out; many other stores keep it with the object (github.com/fog/fog-aws/pull/147,
 * versity/versitygw/issues/2398). */
struct http_headers proxy_trailer_headers(const struct s3_call *call, const char *name, int64_t length)
{
    struct arena *a = call->req->arena;
    struct http_headers plain = proxy_request_headers(call, true);
    struct http_header *items = arena_array(a, plain.count + 2, sizeof *items);
    size_t n = 0;
    for (; n < plain.count; n++)
        items[n] = plain.items[n];
    items[n++] =
        (struct http_header){STR("x-amz-decoded-content-length"), arena_printf(a, "%lld", (long long)length)};
    items[n++] = (struct http_header){STR("x-amz-trailer"), str_from(name)};
    return (struct http_headers){items, n};
}

static bool of_presigning(struct str parameter)
{
    static const char *const names[] = {"X-Amz-Algorithm",
                                        "X-Amz-Credential",
                                        "X-Amz-Date",
                                        "X-Amz-Expires",
                                        "X-Amz-SignedHeaders",
                                        "X-Amz-Signature",
                                        "X-Amz-Security-Token",
                                        "X-Amz-Content-Sha256",
                                        "AWSAccessKeyId",
                                        "Signature",
                                        "Expires"};
    return among(str_cut(&parameter, '='), names, ARRAY_SIZE(names));
}

struct str proxy_request_query(const struct s3_call *call)
{
    CLEANUP_BUF struct buf kept;
    struct str rest = call->req->query;
    buf_init(&kept, rest.n + 1);
    while (rest.p) {
        struct str parameter = str_cut(&rest, '&');
        if (!parameter.n || of_presigning(parameter))
            continue;
        if (kept.n)
            buf_add_char(&kept, '&');
        buf_add_str(&kept, parameter);
    }
    return kept.n ? arena_str(call->req->arena, buf_str(&kept)) : STR_NULL;
}

bool proxy_answer_header(struct str name)
{
    static const char *const names[] = {"connection", "keep-alive", "transfer-encoding", "content-length",
                                        "date",       "server",     "x-amzn-requestid",  "te",
                                        "trailer",    "upgrade",    "proxy-authenticate"};
    return name.n && !among(name, names, ARRAY_SIZE(names));
}
