/* CreateMultipartUpload and AbortMultipartUpload. */
#include "objects/s3/upload.h"

#include "base/encode.h"
#include "base/random.h"
#include "base/xml.h"
#include "objects/s3/meta.h"
#include "objects/s3/operation.h"
#include "objects/s3/refuse.h"
#include "objects/s3/tags.h"

#include <stdio.h>

/* --- What an upload is --- */

int s3_no_such_upload(struct err *err)
{
    return err_set(
        err, ERR_NO_SUCH_UPLOAD,
        "The specified upload does not exist. The upload ID may be invalid, or the upload may have "
        "been aborted or completed.");
}

struct s3_checksum s3_upload_checksum(const struct upload_record *u)
{
    struct s3_checksum checksum = {0};
    bool known = s3_checksum_named(u->checksum.p ? u->checksum : STR("CRC64NVME"), &checksum);
    REQUIRE(known);
    return checksum;
}

bool s3_upload_is_full_object(const struct upload_record *u)
{
    return !u->checksum.p || str_is(u->checksum_type, "FULL_OBJECT");
}

int s3_part_number_read(const struct s3_call *call, int64_t *ret, struct err *err)
{
    struct str text = s3_query_get(&call->query, "partNumber");
    if (str_to_i64(text, ret) && *ret >= 1 && *ret <= S3_PART_NUMBER_MAX)
        return 0;
    return err_set(err, ERR_INVALID_ARGUMENT,
                   "Part number must be an integer between 1 and 10000, inclusive");
}

/* --- Finding one --- */

struct look_up {
    struct s3_call *call;
    s3_upload_fn *fn;
    void *ctx;
};

static void found(void *ctx, const struct upload_record *u, const struct err *err)
{
    const struct look_up *l = ctx;
    const struct s3_target *target = &l->call->target;
    struct err wrong;
    if (!err && (!u || !str_eq(u->bucket, target->bucket) || !str_eq(u->key, target->key))) {
        s3_no_such_upload(&wrong);
        err = &wrong;
    }
    l->fn(l->ctx, err ? NULL : u, err);
}

void s3_upload_find(struct s3_call *call, s3_upload_fn *fn, void *ctx)
{
    struct look_up *l = arena_alloc(call->req->arena, sizeof *l);
    *l = (struct look_up){call, fn, ctx};
    store_get_upload(call->endpoint->store, s3_query_get(&call->query, "uploadId"), found, l);
}

/* --- CreateMultipartUpload --- */

static bool is_composite(const struct upload_record *u)
{
    return str_is(u->checksum_type, "COMPOSITE");
}

/* x-amz-checksum-algorithm and x-amz-checksum-type. CRC64NVME has no composite form, the SHAs no other. */
static int read_checksum(const struct s3_call *call, struct upload_record *u, struct err *err)
{
    struct s3_checksum checksum;
    struct str name = s3_header(call, "x-amz-checksum-algorithm");
    struct str type = s3_header(call, "x-amz-checksum-type");
    if (!name.p) {
        if (type.p)
            return err_set(
                err, ERR_INVALID_REQUEST,
                "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm "
                "header.");
        return 0;
    }
    if (!s3_checksum_named(name, &checksum))
        return err_set(err, ERR_INVALID_REQUEST,
                       "Checksum algorithm provided is unsupported. Please try again with any of the valid "
                       "types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]");
    u->checksum = str_from(checksum.name);
    u->checksum_type = checksum.kind == DIGEST_CRC64NVME ? STR("FULL_OBJECT") : STR("COMPOSITE");
    if (type.p && !str_is(type, "COMPOSITE") && !str_is(type, "FULL_OBJECT"))
        return err_set(err, ERR_INVALID_REQUEST, "Value for x-amz-checksum-type header is invalid.");
    if (type.p)
        u->checksum_type = type;
    if (is_composite(u) ? checksum.kind == DIGEST_CRC64NVME : !digest_combines(checksum.kind))
        return err_set(err, ERR_INVALID_REQUEST,
                       "The %.*s checksum type cannot be used with the %s checksum algorithm.",
                       STR_ARG(u->checksum_type), checksum.name);
    return 0;
}

/* Ids of later uploads sort behind those of earlier ones. */
static struct str new_id(const struct s3_call *call)
{
    unsigned char random[16];
    char hex[2 * sizeof random + 1];
    random_bytes(random, sizeof random);
    hex_encode(random, sizeof random, hex);
    return arena_printf(call->req->arena, "%012llx%s", (unsigned long long)s3_now_ms(call), hex);
}

static void created(void *ctx, const struct err *err)
{
    struct s3_call *call = ctx;
    const struct upload_record *u = call->state;
    if (err) {
        s3_fail(call, err);
        return;
    }
    s3_add_header(call, "x-amz-checksum-algorithm", u->checksum);
    s3_add_header(call, "x-amz-checksum-type", u->checksum_type);
    CLEANUP_BUF struct buf xml;
    s3_xml_begin(&xml, "InitiateMultipartUploadResult");
    xml_element(&xml, "Bucket", u->bucket);
    xml_element(&xml, "Key", u->key);
    xml_element(&xml, "UploadId", u->id);
    s3_xml_end(&xml, "InitiateMultipartUploadResult");
    s3_respond_xml(call, &xml);
}

void s3_create_multipart_upload(struct s3_call *call)
{
    const struct http_headers *headers = &call->req->headers;
    struct upload_record *u = arena_alloc(call->req->arena, sizeof *u);
    struct err err;
    *u = (struct upload_record){
        .id = new_id(call),
        .bucket = call->target.bucket,
        .key = call->target.key,
        .content_type = s3_header(call, "content-type"),
        .initiated_ms = s3_now_ms(call),
    };
    call->state = u;
    if (s3_refuse_headers(headers, &err) < 0 || read_checksum(call, u, &err) < 0 ||
        s3_tags_of_header(call, &u->tags, &err) < 0 || s3_meta_check(headers, &err) < 0 ||
        s3_meta_from_headers(call->req->arena, headers, &(struct s3_checksum){0}, &u->meta, &err) < 0) {
        s3_fail(call, &err);
        return;
    }
    struct store_batch *batch = store_batch_new(call->endpoint->store);
    store_add_upload(batch, u);
    store_commit(call->endpoint->store, batch, created, call);
}

/* --- AbortMultipartUpload --- */

static void abort_found(void *ctx, const struct upload_record *u, const struct err *err)
{
    struct s3_call *call = ctx;
    if (err) {
        s3_fail(call, err);
        return;
    }
    struct store_batch *batch = store_batch_new(call->endpoint->store);
    store_abort_upload(batch, u->id);
    store_commit(call->endpoint->store, batch, s3_removed, call);
}

void s3_abort_multipart_upload(struct s3_call *call)
{
    s3_upload_find(call, abort_found, call);
}
