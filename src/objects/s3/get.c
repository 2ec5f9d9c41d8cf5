/* GetObject and HeadObject. */
#include "base/encode.h"
#include "base/json.h"
#include "base/log.h"
#include "objects/s3/call.h"
#include "objects/s3/conditional.h"
#include "objects/s3/meta.h"
#include "objects/s3/operation.h"
#include "objects/s3/range.h"
#include "objects/s3/tags.h"
#include "objects/s3/upload.h"
#include "store/pieces.h"

static const struct {
    const char *parameter;
    const char *header;
} overrides[] = {
    {"response-content-type", "Content-Type"},
    {"response-content-language", "Content-Language"},
    {"response-expires", "Expires"},
    {"response-cache-control", "Cache-Control"},
    {"response-content-disposition", "Content-Disposition"},
    {"response-content-encoding", "Content-Encoding"},
};

/* --- Headers --- */

/* Values of parameters are decoded: one with a line break in it would be a header of its own. */
static int check_overrides(const struct s3_call *call, struct err *err)
{
    for (size_t i = 0; i < ARRAY_SIZE(overrides); i++) {
        struct str value = s3_query_get(&call->query, overrides[i].parameter);
        for (size_t k = 0; k < value.n; k++)
            if ((unsigned char)value.p[k] < 0x20 || value.p[k] == 0x7F)
                return err_set(err, ERR_INVALID_ARGUMENT, "%s must not contain control characters.",
                               overrides[i].parameter);
    }
    return 0;
}

static struct str overriding(const struct s3_call *call, struct str header)
{
    for (size_t i = 0; i < ARRAY_SIZE(overrides); i++)
        if (str_is(header, overrides[i].header))
            return s3_query_get(&call->query, overrides[i].parameter);
    return STR_NULL;
}

static void add_kept_header(void *ctx, struct str name, struct str value)
{
    struct s3_call *call = ctx;
    if (!overriding(call, name).p)
        s3_add_header(call, arena_cstr(call->req->arena, name), arena_str(call->req->arena, value));
}

static void add_overrides(struct s3_call *call)
{
    for (size_t i = 0; i < ARRAY_SIZE(overrides); i++)
        s3_add_header(call, overrides[i].header, s3_query_get(&call->query, overrides[i].parameter));
}

/* All but what depends on the range. */
static void add_headers(struct s3_call *call, const struct object_record *r, bool with_checksum)
{
    struct err err;
    s3_add_header(call, "Accept-Ranges", STR("bytes"));
    if (!s3_query_get(&call->query, "response-content-type").p)
        s3_add_header(call, "Content-Type", r->content_type.n ? r->content_type : STR("binary/octet-stream"));
    add_overrides(call);
    if (!r->meta.n)
        return;
    json_auto_t *meta = json_parse(r->meta, &err);
    if (meta)
        s3_meta_each(meta, with_checksum, add_kept_header, call);
    else
        log_error("objects", "metadata of an object cannot be read", F_STR("bucket", r->bucket),
                  F_STR("key", r->key), F_ERR(&err));
}

static bool wants_checksum(const struct s3_call *call)
{
    return str_eq_nocase(s3_header(call, "x-amz-checksum-mode"), STR("ENABLED"));
}

static void add_content_range(struct s3_call *call, const struct byte_range *range, int64_t size)
{
    s3_add_header(call, "Content-Range",
                  arena_printf(call->req->arena, "bytes %llu-%llu/%lld", (unsigned long long)range->offset,
                               (unsigned long long)(range->offset + range->length - 1), (long long)size));
}

/* --- The answer --- */

static void respond_blobs(struct s3_call *call, const struct object_record *r, int status,
                          const struct byte_range *range)
{
    size_t count;
    const struct object_piece *all = pieces_all(call->req->arena, r->pieces, &count);
    struct http_pieces pieces;
    struct err err;
    if (objects_read(call->endpoint->objects, all, count, range->offset, range->length, &pieces, &err) == 0) {
        s3_respond_pieces(call, status, range->length, &pieces);
    } else {
        call->res.header_count = 0;
        s3_fail(call, &err);
    }
}

/* The checksum of a part that was asked for by its number. */
static void add_part_checksum(struct s3_call *call, const struct object_record *r)
{
    struct s3_checksum whole;
    struct s3_part part;
    uint64_t offset;
    int64_t number;
    struct err err;
    if (!r->parts.n || !wants_checksum(call) || s3_part_number_read(call, &number, &err) < 0 ||
        !s3_parts_find(r->parts, number, &part, &offset) || !part.checksum.n ||
        s3_meta_checksum(call->req->arena, r->meta, &whole, &err) < 0 || !whole.header)
        return;
    s3_add_header(call, whole.header, part.checksum);
    s3_add_header(call, "x-amz-checksum-type", str_from(s3_checksum_type(whole.value)));
}

static void add_counts(struct s3_call *call, const struct object_record *r, bool of_parts)
{
    struct arena *a = call->req->arena;
    size_t parts = s3_parts_count(r->parts), tags = s3_tags_count(r->tags);
    if (of_parts && parts)
        s3_add_header(call, "x-amz-mp-parts-count", arena_printf(a, "%zu", parts));
    if (tags)
        s3_add_header(call, "x-amz-tagging-count", arena_printf(a, "%zu", tags));
}

/* What the AWS SDK for Java asks of every GET, and S3 does: the MD5 of a whole object behind its last byte.
 * Its client of Netty loses a GET by part whose answer has no body at all. Absent where it is not wanted. */
static struct str with_md5(struct s3_call *call, const struct object_record *r)
{
    enum { MD5_SIZE = 16 };
    if (!str_is(call->req->method, "GET") || !str_is(s3_header(call, "x-amz-te"), "append-md5"))
        return STR_NULL;
    char *bytes = arena_alloc(call->req->arena, r->body.n + MD5_SIZE);
    if (!hex_decode(r->etag, bytes + r->body.n, MD5_SIZE))
        return STR_NULL; /* the entity tag of parts */
    if (r->body.n)
        memcpy(bytes, r->body.p, r->body.n);
    return str_of(bytes, r->body.n + MD5_SIZE);
}

static void respond_bytes(struct s3_call *call, const struct object_record *r, int status,
                          const struct byte_range *range)
{
    struct str summed = range->kind == RANGE_WHOLE ? with_md5(call, r) : STR_NULL;
    if (summed.p) {
        s3_add_header(call, "x-amz-transfer-encoding", STR("append-md5"));
        s3_respond(call, status, summed);
    } else {
        s3_respond(call, status, str_sub(r->body, range->offset, range->offset + range->length));
    }
}

static void respond_object(struct s3_call *call, const struct object_record *r,
                           const struct byte_range *range)
{
    bool part = range->kind == RANGE_PART;
    int status = part ? 206 : 200;
    add_headers(call, r, wants_checksum(call) && !part);
    bool numbered = s3_query_get(&call->query, "partNumber").p != NULL;
    add_counts(call, r, numbered);
    if (numbered)
        add_part_checksum(call, r);
    if (part)
        add_content_range(call, range, r->size);
    if (r->pieces.n)
        respond_blobs(call, r, status, range);
    else
        respond_bytes(call, r, status, range);
}

static void respond_unsatisfiable(struct s3_call *call, int64_t size)
{
    s3_add_header(call, "Content-Range", arena_printf(call->req->arena, "bytes */%lld", (long long)size));
    s3_fail_with(call, ERR_INVALID_RANGE, "The requested range is not satisfiable");
}

/* The part that partNumber asks for. An object that was uploaded at once is its only part. */
static int find_part(const struct s3_call *call, const struct object_record *r, struct byte_range *ret,
                     struct err *err)
{
    struct s3_part part = {.size = (uint64_t)r->size};
    uint64_t offset = 0;
    int64_t number;
    if (s3_part_number_read(call, &number, err) < 0)
        return -1;
    if (s3_header(call, "range").p)
        return err_set(err, ERR_INVALID_REQUEST,
                       "Cannot specify both Range header and partNumber query parameter");
    bool found = r->parts.n ? s3_parts_find(r->parts, number, &part, &offset) : number == 1;
    if (!found)
        return err_set(err, ERR_INVALID_PART_NUMBER, "The requested partnumber is not satisfiable");
    *ret = (struct byte_range){part.size ? RANGE_PART : RANGE_WHOLE, offset, part.size};
    return 0;
}

static struct byte_range wanted_range(const struct s3_call *call, const struct object_record *r)
{
    bool allowed = condition_range_allowed(&call->req->headers, r->etag, r->modified_ms);
    return range_parse(allowed ? s3_header(call, "range") : STR_NULL, (uint64_t)r->size);
}

static void answer(void *ctx, const struct object_record *r)
{
    struct s3_call *call = ctx;
    struct err err;
    const struct http_headers *headers = &call->req->headers;
    struct condition_outcome condition = condition_check(headers, r->etag, r->modified_ms);
    if (condition.result == CONDITION_FAILED) {
        s3_fail_with(call, ERR_PRECONDITION,
                     "At least one of the pre-conditions you specified did not hold (%s)", condition.header);
        return;
    }
    s3_add_etag(call, r->etag);
    s3_add_last_modified(call, r->modified_ms);
    if (condition.result == CONDITION_NOT_MODIFIED) {
        s3_respond(call, 304, STR_NULL);
        return;
    }
    struct byte_range range = {0};
    if (s3_query_get(&call->query, "partNumber").p) {
        if (find_part(call, r, &range, &err) < 0) {
            call->res.header_count = 0;
            s3_fail(call, &err);
            return;
        }
    } else {
        range = wanted_range(call, r);
    }
    if (range.kind == RANGE_UNSATISFIABLE) {
        call->res.header_count = 0;
        respond_unsatisfiable(call, r->size);
        return;
    }
    respond_object(call, r, &range);
}

void s3_get_object(struct s3_call *call)
{
    struct err err;
    if (check_overrides(call, &err) < 0)
        s3_fail(call, &err);
    else
        s3_with_object(call, answer, call);
}
