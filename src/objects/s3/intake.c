#include "objects/s3/intake.h"

#include "base/encode.h"
#include "objects/s3/chunked.h"
#include "objects/s3/framing.h"
#include "objects/s3/operation.h"
#include "objects/s3/refuse.h"

struct s3_intake {
    struct s3_call *call;
    struct object_writer *writer; /* NULL: it has ended */
    bool admitted;
    bool whole;  /* the body has come */
    bool broken; /* nothing will come of it: `err` says why */
    struct err err;
    struct s3_framing framing;
    struct chunked *chunks; /* the writer's; NULL: not aws-chunked */
    struct s3_checksum checksum;
    bool promised; /* the client sends the checksum's value */
    bool has_md5;
    unsigned char md5[DIGEST_SIZE_MAX];
    struct http_sink sink;
    s3_intake_fn *fn;
    void *ctx;
};

static void fail(struct s3_intake *i, const struct err *err)
{
    i->fn(i->ctx, NULL, NULL, err);
}

/* --- The body is durable: is it what was promised? --- */

static int check_hash(const struct s3_intake *i, const struct object_body *body, struct err *err)
{
    const struct s3_auth *auth = &i->call->auth;
    char hex[SHA256_HEX_LEN + 1];
    if (auth->payload != SIGV4_PAYLOAD_HASH)
        return 0;
    hex_encode(object_body_digest(body, DIGEST_SHA256), SHA256_SIZE, hex);
    return str_is(auth->payload_hash, hex) ? 0 : s3_refuse_hash(err);
}

static int check_body(const struct s3_intake *i, const struct object_body *body, struct err *err)
{
    int64_t size = object_body_info(body)->size;
    if (i->framing.length >= 0 && size != i->framing.length)
        return err_set(err, ERR_INTERNAL, "%lld bytes of %lld were stored.", (long long)size,
                       (long long)i->framing.length);
    if (check_hash(i, body, err) < 0)
        return -1;
    if (i->has_md5 && memcmp(i->md5, object_body_digest(body, DIGEST_MD5), digest_size(DIGEST_MD5)) != 0)
        return err_set(err, ERR_BAD_DIGEST, "The Content-MD5 you specified did not match what we received.");
    return 0;
}

static int read_trailer(struct s3_intake *i, struct err *err)
{
    if (!i->framing.trailer.header)
        return 0;
    i->checksum.value = chunked_trailer(i->chunks);
    if (s3_checksum_value_valid(&i->checksum, i->checksum.value))
        return 0;
    return err_set(err, ERR_INVALID_REQUEST, "Value for %s trailing header is invalid.", i->checksum.header);
}

/* The promised value is compared as text: base64 has one for the same bytes. */
static int check_checksum(struct s3_intake *i, const struct object_body *body, struct err *err)
{
    struct str value =
        s3_checksum_text(&i->checksum, object_body_digest(body, i->checksum.kind), i->call->req->arena);
    if (i->promised && !str_eq(i->checksum.value, value))
        return err_set(err, ERR_BAD_DIGEST, "The %s you specified did not match the calculated checksum.",
                       i->checksum.name);
    i->checksum.value = value;
    return 0;
}

static void body_durable(void *ctx, struct object_body *body, const struct err *err)
{
    struct s3_intake *i = ctx;
    struct err wrong;
    if (err) {
        fail(i, err);
    } else if (check_body(i, body, &wrong) < 0 || read_trailer(i, &wrong) < 0 ||
               check_checksum(i, body, &wrong) < 0) {
        object_body_free(body);
        fail(i, &wrong);
    } else {
        i->fn(i->ctx, body, &i->checksum, NULL);
    }
}

/* --- Both the operation's look-ups and the body have to end --- */

static void drop(struct s3_intake *i)
{
    if (i->writer)
        object_writer_abort(TAKE(i->writer));
}

static void proceed(struct s3_intake *i)
{
    if (!i->admitted || !i->writer)
        return;
    if (i->broken) {
        drop(i);
        fail(i, &i->err);
    } else if (i->whole) {
        object_writer_finish(TAKE(i->writer), body_durable, i);
    }
}

static void give_up(struct s3_intake *i, const struct err *err)
{
    if (!i->broken)
        i->err = *err;
    i->broken = true;
    proceed(i);
}

void s3_intake_in_file(struct s3_intake *i)
{
    object_writer_in_file(i->writer);
}

void s3_intake_admit(struct s3_intake *i)
{
    i->admitted = true;
    if (!i->whole)
        http_body_resume(i->call->req); /* a client that waits for 100 Continue may go on */
    proceed(i);
}

void s3_intake_refuse(struct s3_intake *i)
{
    drop(i);
}

void s3_intake_whole(struct s3_call *call)
{
    call->intake->whole = true;
    proceed(call->intake);
}

/* --- The body comes --- */

static bool take_bytes(void *ctx, struct str bytes)
{
    struct s3_intake *i = ctx;
    return object_writer_add(i->writer, bytes);
}

static void writer_drained(void *ctx)
{
    struct s3_intake *i = ctx;
    const struct err *err = object_writer_error(i->writer);
    if (err)
        give_up(i, err);
    else
        http_body_resume(i->call->req);
}

static void client_gone(void *ctx)
{
    struct err err;
    err_set(&err, ERR_BAD_HTTP, "The client went away before the end of the body.");
    give_up(ctx, &err);
}

/* --- aws-chunked is taken off on the pool --- */

static int take_chunked(void *ctx, struct str bytes, chunked_sink_fn *sink, void *to, struct err *err)
{
    return chunked_take(ctx, bytes, sink, to, err);
}

static int end_chunked(void *ctx, struct err *err)
{
    return chunked_end(ctx, err);
}

static void free_chunked(void *ctx)
{
    chunked_free(ctx);
}

static void take_chunks_off(struct s3_intake *i)
{
    const struct chunked_form form = {
        i->call->auth.chain,
        i->framing.trailer.header,
        i->framing.length,
    };
    REQUIRE((form.chain == NULL) == (i->call->auth.payload == SIGV4_PAYLOAD_STREAMING_UNSIGNED_TRAILER));
    i->chunks = chunked_new(&form);
    object_writer_filter(i->writer,
                         &(struct object_filter){i->chunks, take_chunked, end_chunked, free_chunked});
}

/* --- The head --- */

static int read_promises(struct s3_intake *i, struct err *err)
{
    const struct http_headers *headers = &i->call->req->headers;
    if (s3_checksum_read(headers, &i->framing.trailer, &i->checksum, err) < 0 ||
        s3_content_md5_read(headers, i->md5, &i->has_md5, err) < 0)
        return -1;
    i->promised = i->checksum.header != NULL;
    return i->promised || s3_checksum_named(STR("CRC64NVME"), &i->checksum) ? 0 : -1;
}

static void begin(struct s3_intake *i, int64_t max_bytes)
{
    struct s3_call *call = i->call;
    i->writer = object_writer_new(call->endpoint->objects, max_bytes, writer_drained, i);
    object_writer_digest(i->writer, i->checksum.kind);
    if (call->auth.payload == SIGV4_PAYLOAD_HASH)
        object_writer_digest(i->writer, DIGEST_SHA256);
    if (i->framing.aws_chunked)
        take_chunks_off(i);
    i->sink = (struct http_sink){i, take_bytes, client_gone, true};
    if (call->req->has_body)
        http_body_stream(call->req, &i->sink);
}

int s3_intake_begin(struct s3_call *call, int64_t max_bytes, s3_intake_fn *fn, void *ctx, struct err *err)
{
    struct s3_intake *i = arena_alloc(call->req->arena, sizeof *i);
    *i = (struct s3_intake){.call = call, .fn = fn, .ctx = ctx};
    if (s3_framing_read(call, max_bytes, &i->framing, err) < 0 || read_promises(i, err) < 0)
        return -1;
    call->intake = i;
    begin(i, max_bytes);
    return 0;
}
