#include "objects/s3/document.h"

#include "aws/protocol.h"
#include "objects/s3/checksum.h"
#include "objects/s3/operation.h"
#include "objects/s3/refuse.h"

static const size_t document_max[] = {
    [S3_DOCUMENT_SMALL] = 64 * 1024,
    [S3_DOCUMENT_LONG] = 4 * 1024 * 1024,
    [S3_DOCUMENT_CHECKED] = 2 * 1024 * 1024,
};

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

void s3_document_take(struct s3_call *call)
{
    if (call->req->has_body)
        http_body_buffer(call->req, document_max[call->operation->document], document_too_large);
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
int s3_document_check(const struct s3_call *call, struct err *err)
{
    char hash[SHA256_HEX_LEN + 1];
    if (call->auth.payload == SIGV4_PAYLOAD_HASH) {
        sha256_hex(call->req->body, hash);
        if (!str_is(call->auth.payload_hash, hash))
            return s3_refuse_hash(err);
    }
    return call->operation->document == S3_DOCUMENT_CHECKED ? check_sums(call, err) : 0;
}
