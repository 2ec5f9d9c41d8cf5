#include "objects/s3/s3.h"

#include "aws/protocol.h"
#include "base/mem.h"
#include "objects/s3/access.h"
#include "objects/s3/call.h"
#include "objects/s3/checksum.h"
#include "objects/s3/copy_source.h"
#include "objects/s3/elsewhere.h"
#include "objects/s3/operation.h"
#include "objects/s3/refuse.h"

enum { SETTINGS_MAX_BYTES = 16 * 1024 };

/* Of the documents that are sent as bodies. */
static const size_t document_max[] = {
    [S3_DOCUMENT_SMALL] = 64 * 1024,
    [S3_DOCUMENT_LONG] = 4 * 1024 * 1024,
    [S3_DOCUMENT_CHECKED] = 2 * 1024 * 1024,
};

struct s3_endpoint *s3_endpoint_new(struct objects *objects, const struct s3_config *config)
{
    struct s3_endpoint *e = mem_new(sizeof *e);
    e->objects = objects;
    e->store = objects_store(objects);
    e->arena = arena_new(SETTINGS_MAX_BYTES);
    e->config = *config;
    e->config.region = arena_str(e->arena, config->region);
    e->config.account = arena_str(e->arena, config->account);
    e->config.owner_name = arena_str(e->arena, config->owner_name);
    return e;
}

void s3_endpoint_free(struct s3_endpoint *e)
{
    if (!e)
        return;
    arena_free(e->arena);
    free(e);
}

const char *s3_operation_name(const struct s3_call *call)
{
    return call->operation ? call->operation->name : "Unknown";
}

static bool method_known(struct str method)
{
    static const char *const methods[] = {"GET", "HEAD", "PUT", "POST", "DELETE"};
    for (size_t i = 0; i < ARRAY_SIZE(methods); i++)
        if (str_is(method, methods[i]))
            return true;
    return false;
}

static int refuse_unknown(const struct s3_call *call, const char *subresource, struct err *err)
{
    static const char *const levels[] = {
        [S3_SERVICE] = "the service", [S3_BUCKET] = "a bucket", [S3_OBJECT] = "an object"};
    if (method_known(call->req->method))
        return err_set(err, ERR_NOT_IMPLEMENTED, "This store does not serve %.*s of %s%s%s.",
                       STR_ARG(call->req->method), levels[call->target.level], subresource ? " with ?" : "",
                       subresource ? subresource : "");
    return err_set(err, ERR_METHOD_NOT_ALLOWED, "The specified method is not allowed against this resource.");
}

/* What is passed on for a session has to be allowed as a whole: nobody here looks at the keys of its
 * document. */
static int check_passed_on(const struct s3_call *call, struct err *err)
{
    struct s3_copy_source source;
    if (!call->grants)
        return 0;
    if (call->operation->document == S3_DOCUMENT_CHECKED &&
        s3_check_key(call, call->target.bucket, STR(""), true, err) < 0)
        return -1;
    return call->operation->copies ? s3_copy_source_read(call, &source, err) : 0;
}

/* Finds out what the request asks for. */
static int understand(struct s3_call *call, struct err *err)
{
    struct http_request *req = call->req;
    if (s3_target_parse(req->arena, req->path, &call->target, err) < 0 ||
        s3_query_parse(req->arena, req->query, &call->query, err) < 0)
        return -1;
    const char *subresource = s3_subresource(&call->query);
    bool copies = str_is(req->method, "PUT") && s3_header(call, "x-amz-copy-source").p;
    call->operation = s3_operation_find(call->target.level, req->method, subresource, copies);
    bool elsewhere = s3_is_elsewhere(call);
    if (!call->operation && !(elsewhere && !call->grants && method_known(req->method)))
        return refuse_unknown(call, subresource, err);
    if (call->operation && s3_check_access(call, err) < 0)
        return -1;
    if (elsewhere)
        return call->operation ? check_passed_on(call, err) : 0;
    return s3_refuse_other_owner(call, err);
}

/* In chunked transfer nobody knows it before. */
static void document_too_large(void *ctx, struct http_request *req)
{
    CLEANUP_BUF struct buf body;
    struct err err;
    (void)ctx;
    buf_init(&body, S3_XML_MAX_BYTES);
    err_set(&err, ERR_TOO_LARGE, "The document has more bytes than this operation takes.");
    aws_error_s3_xml(&err, req->path, str_from(req->id), &body);
    struct http_response res = {.status = aws_error_status(AWS_PROTOCOL_S3, &err), .body = buf_str(&body)};
    http_add_header(&res, STR("Content-Type"), str_from(aws_content_type(AWS_PROTOCOL_S3)));
    http_respond(req, &res);
}

static void take_document(struct s3_call *call)
{
    if (call->req->has_body)
        http_body_buffer(call->req, document_max[call->operation->document], document_too_large);
}

struct s3_call *s3_head(struct s3_endpoint *e, struct http_request *req, const struct s3_auth *auth,
                        const struct s3_grants *grants)
{
    struct s3_call *call = arena_alloc(req->arena, sizeof *call);
    struct err err;
    call->endpoint = e;
    call->req = req;
    call->auth = *auth;
    call->grants = grants;
    bool understood = understand(call, &err) == 0;
    if (understood && s3_take_elsewhere(call))
        return call;
    if (!understood || (!call->operation->head && s3_refuse_framing(call, &err) < 0))
        s3_fail(call, &err);
    else if (call->operation->head)
        call->operation->head(call);
    else
        take_document(call);
    return call;
}

static int check_md5(const struct s3_call *call, bool *ret_sent, struct err *err)
{
    unsigned char sent[DIGEST_SIZE_MAX], md5[DIGEST_SIZE_MAX];
    if (s3_content_md5_read(&call->req->headers, sent, ret_sent, err) < 0)
        return -1;
    digest_of(DIGEST_MD5, call->req->body, md5);
    if (!*ret_sent || memcmp(sent, md5, digest_size(DIGEST_MD5)) == 0)
        return 0;
    return err_set(err, ERR_BAD_DIGEST, "The Content-MD5 you specified did not match what we received.");
}

static int check_checksum(const struct s3_call *call, bool *ret_sent, struct err *err)
{
    struct s3_checksum checksum;
    unsigned char sum[DIGEST_SIZE_MAX];
    if (s3_checksum_read(&call->req->headers, NULL, &checksum, err) < 0)
        return -1;
    *ret_sent = checksum.header != NULL;
    if (!*ret_sent)
        return 0;
    digest_of(checksum.kind, call->req->body, sum);
    if (str_eq(checksum.value, s3_checksum_text(&checksum, sum, call->req->arena)))
        return 0;
    return err_set(err, ERR_BAD_DIGEST, "The %s you specified did not match the calculated checksum.",
                   checksum.name);
}

/* The body of an operation whose document has to come with a checksum of its own. */
static int check_sums(const struct s3_call *call, struct err *err)
{
    bool md5, checksum;
    if (check_md5(call, &md5, err) < 0 || check_checksum(call, &checksum, err) < 0)
        return -1;
    if (md5 || checksum)
        return 0;
    return err_set(err, ERR_INVALID_REQUEST,
                   "Missing required header for this request: Content-MD5 OR x-amz-checksum-*");
}

/* Bodies that were streamed are checked by their operation. */
static int check_document(const struct s3_call *call, struct err *err)
{
    char hash[SHA256_HEX_LEN + 1];
    if (call->auth.payload == SIGV4_PAYLOAD_HASH) {
        sha256_hex(call->req->body, hash);
        if (!str_is(call->auth.payload_hash, hash))
            return s3_refuse_hash(err);
    }
    return call->operation->document == S3_DOCUMENT_CHECKED ? check_sums(call, err) : 0;
}

void s3_done(struct s3_call *call)
{
    const struct s3_elsewhere *elsewhere = call->endpoint->config.elsewhere;
    struct err err;
    if (call->elsewhere)
        elsewhere->done(elsewhere->ctx, call);
    else if (!call->operation->head && check_document(call, &err) < 0)
        s3_fail(call, &err);
    else
        call->operation->run(call);
}
