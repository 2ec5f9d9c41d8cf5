#include "objects/s3/refuse.h"

#include "objects/s3/framing.h"

int s3_refuse_framing(const struct s3_call *call, struct err *err)
{
    if (s3_is_framed(call) || s3_is_aws_chunked(s3_header(call, "content-encoding")))
        return err_set(
            err, ERR_NOT_IMPLEMENTED,
            "This operation takes its body as it is, not in chunks of aws-chunked (STREAMING-...).");
    return 0;
}

int s3_refuse_other_owner(const struct s3_call *call, struct err *err)
{
    struct str owner = s3_header(call, "x-amz-expected-bucket-owner");
    if (!owner.p || str_eq(owner, call->endpoint->config.account))
        return 0;
    return err_set(err, ERR_ACCESS_DENIED, "The buckets belong to account %.*s, not to the expected owner.",
                   STR_ARG(call->endpoint->config.account));
}

int s3_refuse_hash(struct err *err)
{
    return err_set(err, ERR_CONTENT_SHA256,
                   "The provided 'x-amz-content-sha256' header does not match what was computed.");
}

/* Prefixes of header names, and what they ask for. */
static const struct {
    struct str prefix;
    const char *what;
} unserved[] = {
    {STR("x-amz-server-side-encryption-"), "keys for encryption"},
    {STR("x-amz-copy-source-server-side-encryption-"), "keys for encryption"},
    {STR("x-amz-object-lock-"), "object locks"},
    {STR("x-amz-website-redirect-location"), "redirections"},
    {STR("x-amz-write-offset-bytes"), "appending to objects"},
};

/* The lists that say what is so anyway. */
static bool acl_is_plain(struct str acl)
{
    return !acl.n || str_is(acl, "private") || str_is(acl, "bucket-owner-full-control");
}

static int refuse_acl(struct str header, struct err *err)
{
    return err_set(err, ERR_NOT_IMPLEMENTED, "This store has no access control lists (header %.*s).",
                   STR_ARG(header));
}

int s3_refuse_acl(const struct http_headers *headers, struct err *err)
{
    static const struct str grant = STR("x-amz-grant-");
    for (size_t i = 0; i < headers->count; i++) {
        struct http_header h = headers->items[i];
        bool refused = str_eq_nocase(str_sub(h.name, 0, grant.n), grant) ||
                       (str_eq_nocase(h.name, STR("x-amz-acl")) && !acl_is_plain(h.value)) ||
                       (str_eq_nocase(h.name, STR("x-amz-object-ownership")) && h.value.n &&
                        !str_is(h.value, "BucketOwnerEnforced"));
        if (refused)
            return refuse_acl(h.name, err);
    }
    return 0;
}

int s3_refuse_headers(const struct http_headers *headers, struct err *err)
{
    for (size_t i = 0; i < headers->count; i++) {
        struct str name = headers->items[i].name;
        for (size_t k = 0; k < ARRAY_SIZE(unserved); k++)
            if (str_eq_nocase(str_sub(name, 0, unserved[k].prefix.n), unserved[k].prefix))
                return err_set(err, ERR_NOT_IMPLEMENTED, "This store has no %s (header %.*s).",
                               unserved[k].what, STR_ARG(name));
    }
    struct str encryption = http_header(headers, "x-amz-server-side-encryption");
    if (encryption.p && !str_is(encryption, "AES256"))
        return err_set(err, ERR_NOT_IMPLEMENTED,
                       "This store has no encryption keys (header x-amz-server-side-encryption: %.*s).",
                       STR_ARG(encryption));
    if (s3_refuse_acl(headers, err) < 0)
        return -1;
    if (str_eq_nocase(http_header(headers, "x-amz-bucket-object-lock-enabled"), STR("true")))
        return err_set(err, ERR_NOT_IMPLEMENTED, "This store has no object locks.");
    return 0;
}
