#include "aws/sigv2.h"

#include "aws/canonical.h"
#include "aws/sigv4_parse.h"
#include "base/encode.h"
#include "base/log.h"

#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <stdlib.h>

enum { SHA1_SIZE = 20, SIGNED_PAIRS_MAX = 200 };

/* A name and value that is part of the signature; `order` keeps what has the same name in the order sent. */
struct pair {
    struct str name;
    struct str value;
    size_t order;
};

struct pairs {
    struct pair items[SIGNED_PAIRS_MAX];
    size_t count;
};

bool sigv2_claimed(const struct sigv4_request *req)
{
    return req->style == SIGV4_S3 && sigv4_query_has(req->query, "AWSAccessKeyId");
}

static int malformed_uri(struct err *err)
{
    return err_set(err, ERR_INVALID_URI, "Couldn't parse the specified URI.");
}

static int too_many(struct err *err)
{
    return err_set(err, ERR_TOO_LARGE, "A request has at most %d x-amz- headers and subresources.",
                   SIGNED_PAIRS_MAX);
}

/* The decoded value; '+' stays, as it is a digit of signatures. */
static int parameter(const struct sigv4_request *req, struct arena *arena, const char *name, struct str *ret,
                     struct err *err)
{
    struct str raw = sigv4_query_raw(req->query, name);
    *ret = STR_NULL;
    return raw.p && !uri_decode(arena, raw, false, ret) ? malformed_uri(err) : 0;
}

int sigv2_parse(const struct sigv4_request *req, struct arena *arena, struct sigv4_auth *auth,
                struct err *err)
{
    struct str expires;
    int64_t expires_s;
    auth->form = SIGV2_QUERY;
    if (parameter(req, arena, "AWSAccessKeyId", &auth->access_key_id, err) < 0 ||
        parameter(req, arena, "Signature", &auth->signature, err) < 0 ||
        parameter(req, arena, "Expires", &expires, err) < 0 ||
        parameter(req, arena, "x-amz-security-token", &auth->session_token, err) < 0)
        return -1;
    if (!auth->access_key_id.n || !auth->signature.n || !expires.n)
        return err_set(err, ERR_MISSING_DATE,
                       "Query-string authentication requires the Signature, Expires and AWSAccessKeyId "
                       "parameters");
    if (!str_to_i64(expires, &expires_s) || expires_s < 0 || expires_s > INT64_MAX / 1000)
        return err_set(err, ERR_MISSING_DATE, "Invalid date (should be seconds since epoch): %.*s",
                       STR_ARG(expires));
    auth->time_ms = expires_s * 1000;
    if (sigv4_parse_payload(req, arena, auth, err) < 0)
        return -1;
    if (auth->payload == SIGV4_PAYLOAD_STREAMING || auth->payload == SIGV4_PAYLOAD_STREAMING_TRAILER)
        return err_set(err, ERR_INVALID_ARGUMENT,
                       "Chunks are signed with version 4, and this URL is signed with version 2.");
    return 0;
}

static int compare(const void *a, const void *b)
{
    const struct pair *x = a;
    const struct pair *y = b;
    int by_name = str_cmp(x->name, y->name);
    return by_name ? by_name : (x->order > y->order) - (x->order < y->order);
}

static int add_pair(struct pairs *pairs, struct str name, struct str value, struct err *err)
{
    if (pairs->count == SIGNED_PAIRS_MAX)
        return too_many(err);
    pairs->items[pairs->count] = (struct pair){name, value, pairs->count};
    pairs->count++;
    return 0;
}

static bool is_amz(struct str name)
{
    return str_eq_nocase(str_sub(name, 0, 6), STR("x-amz-"));
}

/* x-amz- headers; clients that make only a URL put them into its query. */
static int collect_headers(const struct sigv4_request *req, struct arena *arena, struct pairs *pairs,
                           struct err *err)
{
    for (size_t i = 0; i < req->headers->count; i++) {
        const struct http_header *h = &req->headers->items[i];
        if (is_amz(h->name) && add_pair(pairs, arena_lower(arena, h->name), h->value, err) < 0)
            return -1;
    }
    for (struct str rest = req->query; rest.p;) {
        struct str value = str_cut(&rest, '&');
        struct str name = str_cut(&value, '=');
        struct str decoded = STR("");
        if (!is_amz(name) || http_header(req->headers, arena_cstr(arena, name)).p)
            continue;
        if (value.p && !uri_decode(arena, value, false, &decoded))
            return malformed_uri(err);
        if (add_pair(pairs, arena_lower(arena, name), decoded, err) < 0)
            return -1;
    }
    return 0;
}

/* Parameters that name another resource than the object, or change the answer: those that botocore signs, and
 * those that have come to S3 since. A URL that was signed without one of them must not serve with it. */
static bool is_subresource(struct str name)
{
    static const char *const names[] = {
        "abac",
        "accelerate",
        "acl",
        "analytics",
        "annotation",
        "append",
        "attributes",
        "cors",
        "delete",
        "encryption",
        "intelligent-tiering",
        "inventory",
        "legal-hold",
        "lifecycle",
        "location",
        "logging",
        "metadataConfiguration",
        "metadataInventoryTable",
        "metadataJournalTable",
        "metadataTable",
        "metrics",
        "notification",
        "object-lock",
        "ownershipControls",
        "partNumber",
        "policy",
        "policyStatus",
        "publicAccessBlock",
        "renameObject",
        "replication",
        "requestPayment",
        "response-cache-control",
        "response-content-disposition",
        "response-content-encoding",
        "response-content-language",
        "response-content-type",
        "response-expires",
        "restore",
        "retention",
        "select",
        "select-type",
        "session",
        "storageClass",
        "tagging",
        "torrent",
        "uploadId",
        "uploads",
        "versionId",
        "versioning",
        "versions",
        "website",
        "writeOffsetBytes",
    };
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (str_is(name, names[i]))
            return true;
    return false;
}

static int collect_subresources(const struct sigv4_request *req, struct arena *arena, struct pairs *pairs,
                                struct err *err)
{
    for (struct str rest = req->query; rest.p;) {
        struct str value = str_cut(&rest, '&');
        struct str name, raw_name = str_cut(&value, '=');
        struct str decoded = STR_NULL;
        if (!uri_decode(arena, raw_name, false, &name))
            return malformed_uri(err);
        if (!is_subresource(name))
            continue;
        if (value.p && !uri_decode(arena, value, false, &decoded))
            return malformed_uri(err);
        if (add_pair(pairs, name, decoded, err) < 0)
            return -1;
    }
    return 0;
}

static void add_headers(struct pairs *pairs, struct buf *out)
{
    qsort(pairs->items, pairs->count, sizeof *pairs->items, compare);
    for (size_t i = 0; i < pairs->count; i++) {
        bool same = i && str_eq(pairs->items[i].name, pairs->items[i - 1].name);
        if (!same) {
            buf_add_cstr(out, i ? "\n" : "");
            buf_add_str(out, pairs->items[i].name);
        }
        buf_add_char(out, same ? ',' : ':');
        buf_add_str(out, str_trim(pairs->items[i].value));
    }
    buf_add_cstr(out, pairs->count ? "\n" : "");
}

static void add_resource(struct str path, struct pairs *pairs, struct buf *out)
{
    qsort(pairs->items, pairs->count, sizeof *pairs->items, compare);
    buf_add_str(out, path);
    for (size_t i = 0; i < pairs->count; i++) {
        buf_add_char(out, i ? '&' : '?');
        buf_add_str(out, pairs->items[i].name);
        if (pairs->items[i].value.p) {
            buf_add_char(out, '=');
            buf_add_str(out, pairs->items[i].value);
        }
    }
}

/* A header, or what a client that makes only a URL put into its query. */
static int add_header(const struct sigv4_request *req, struct arena *arena, const char *name, struct buf *out,
                      struct err *err)
{
    struct str value = http_header(req->headers, name);
    if (!value.p && parameter(req, arena, name, &value, err) < 0)
        return -1;
    buf_add_str(out, value);
    buf_add_char(out, '\n');
    return 0;
}

static int string_to_sign(const struct sigv4_request *req, const struct sigv4_auth *auth, struct arena *arena,
                          struct buf *out, struct err *err)
{
    struct pairs *headers = arena_alloc(arena, sizeof *headers);
    struct pairs *subresources = arena_alloc(arena, sizeof *subresources);
    headers->count = subresources->count = 0;
    if (collect_headers(req, arena, headers, err) < 0 ||
        collect_subresources(req, arena, subresources, err) < 0)
        return -1;
    buf_add_str(out, req->method);
    buf_add_char(out, '\n');
    if (add_header(req, arena, "content-md5", out, err) < 0 ||
        add_header(req, arena, "content-type", out, err) < 0)
        return -1;
    buf_printf(out, "%lld\n", (long long)(auth->time_ms / 1000));
    add_headers(headers, out);
    add_resource(req->path, subresources, out);
    return out->overflow ? err_set(err, ERR_TOO_LARGE, "The request is too large to be signed.") : 0;
}

static bool signature_is(struct str signature, struct str secret, struct str text)
{
    unsigned char mac[SHA1_SIZE];
    unsigned char claimed[SHA1_SIZE];
    size_t n = 0;
    unsigned mac_n = sizeof mac;
    if (!base64_decode(signature, claimed, sizeof claimed, &n) || n != sizeof claimed)
        return false;
    REQUIRE(HMAC(EVP_sha1(), secret.p, (int)secret.n, (const unsigned char *)text.p, text.n, mac, &mac_n));
    return CRYPTO_memcmp(mac, claimed, sizeof mac) == 0;
}

int sigv2_verify(const struct sigv4_request *req, const struct sigv4_auth *auth, struct str secret,
                 int64_t now_ms, struct err *err)
{
    CLEANUP_ARENA struct arena *arena = arena_new(CANONICAL_MAX_BYTES);
    CLEANUP_BUF struct buf text;
    buf_init(&text, CANONICAL_MAX_BYTES);
    if (now_ms > auth->time_ms)
        return err_set(err, ERR_SIGNATURE_EXPIRED, "Request has expired");
    if (string_to_sign(req, auth, arena, &text, err) < 0)
        return -1;
    if (signature_is(auth->signature, secret, buf_str(&text)))
        return 0;
    log_debug("aws", "signature differs", F_STR("access_key_id", auth->access_key_id),
              F_STR("string_to_sign", buf_str(&text)));
    return sigv4_mismatch(err);
}
