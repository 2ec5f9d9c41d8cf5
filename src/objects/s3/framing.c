#include "objects/s3/framing.h"

/* --- Content-Encoding --- */

static bool is_framing(struct str encoding)
{
    return str_eq_nocase(str_trim(encoding), STR("aws-chunked"));
}

bool s3_is_aws_chunked(struct str encoding)
{
    while (encoding.p)
        if (is_framing(str_cut(&encoding, ',')))
            return true;
    return false;
}

struct str s3_content_encoding(struct arena *arena, struct str encoding)
{
    if (!s3_is_aws_chunked(encoding))
        return encoding;
    CLEANUP_BUF struct buf kept;
    buf_init(&kept, encoding.n + 1);
    while (encoding.p) {
        struct str one = str_cut(&encoding, ',');
        if (is_framing(one))
            continue;
        if (kept.n)
            buf_add_char(&kept, ',');
        buf_add_str(&kept, str_trim(one));
    }
    return kept.n ? arena_str(arena, buf_str(&kept)) : STR_NULL;
}

/* --- The length --- */

static int missing_length(struct err *err)
{
    return err_set(err, ERR_MISSING_LENGTH, "You must provide the Content-Length HTTP header.");
}

static int check_length(int64_t length, int64_t max_bytes, struct err *err)
{
    if (length <= max_bytes)
        return 0;
    return err_set(err, ERR_TOO_LARGE,
                   "Your proposed upload exceeds the maximum allowed object size of %lld bytes.",
                   (long long)max_bytes);
}

static int read_decoded_length(const struct s3_call *call, int64_t *ret, struct err *err)
{
    struct str text = s3_header(call, "x-amz-decoded-content-length");
    uint64_t length;
    if (!text.p)
        return missing_length(err);
    if (!str_to_u64(text, &length) || length > INT64_MAX)
        return err_set(err, ERR_INVALID_ARGUMENT, "x-amz-decoded-content-length must be a number of bytes.");
    *ret = (int64_t)length;
    return 0;
}

/* --- The trailer --- */

static bool has_trailer(enum sigv4_payload payload)
{
    return payload == SIGV4_PAYLOAD_STREAMING_TRAILER || payload == SIGV4_PAYLOAD_STREAMING_UNSIGNED_TRAILER;
}

static int read_trailer(const struct s3_call *call, struct s3_checksum *ret, struct err *err)
{
    struct str name = s3_header(call, "x-amz-trailer");
    *ret = (struct s3_checksum){0};
    if (!name.p)
        return 0;
    if (!has_trailer(call->auth.payload))
        return err_set(err, ERR_INVALID_REQUEST,
                       "x-amz-trailer goes with x-amz-content-sha256: STREAMING-...-TRAILER only.");
    if (!s3_checksum_of_header(name, ret))
        return err_set(err, ERR_INVALID_REQUEST,
                       "The value specified in the x-amz-trailer header is not supported");
    return 0;
}

/* --- All together --- */

bool s3_is_framed(const struct s3_call *call)
{
    return call->auth.payload != SIGV4_PAYLOAD_HASH && call->auth.payload != SIGV4_PAYLOAD_UNSIGNED;
}

static int read_chunked(const struct s3_call *call, struct s3_framing *ret, struct err *err)
{
    if (call->req->content_length < 0 && !call->req->chunked)
        return missing_length(err);
    return read_decoded_length(call, &ret->length, err);
}

static int read_plain(const struct s3_call *call, struct s3_framing *ret, struct err *err)
{
    if (s3_is_aws_chunked(s3_header(call, "content-encoding")))
        return err_set(err, ERR_NOT_IMPLEMENTED,
                       "Bodies in chunks of aws-chunked need x-amz-content-sha256: STREAMING-...");
    ret->length = call->req->content_length;
    return ret->length >= 0 || call->req->chunked ? 0 : missing_length(err);
}

int s3_framing_read(const struct s3_call *call, int64_t max_bytes, struct s3_framing *ret, struct err *err)
{
    ret->aws_chunked = s3_is_framed(call);
    if (read_trailer(call, &ret->trailer, err) < 0 ||
        (ret->aws_chunked ? read_chunked(call, ret, err) : read_plain(call, ret, err)) < 0)
        return -1;
    return check_length(ret->length, max_bytes, err);
}
