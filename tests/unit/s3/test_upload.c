/* PutObject in every order of events: connection, look-up, writer and commit are the test's own. */
#include "base/log.h"
#include "fixture.h"
#include "objects/s3/s3.h"

#include <stdio.h>

#define SHA256_OF_HELLO "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"

struct object_writer {
    bool open;
    bool full;
    bool aborted;
    size_t bytes;
    bool kinds[DIGEST_KIND_MAX];
    struct object_filter filter;
    const struct err *err;
    void (*drained)(void *ctx);
    object_body_fn *finished; /* NULL: not yet */
    void *ctx;
};

struct object_body {
    struct object_body_info info;
    unsigned char digests[DIGEST_KIND_MAX][DIGEST_SIZE_MAX];
    bool freed;
    bool added;
};

struct store_batch {
    store_done_fn *done; /* NULL: not committed */
    void *ctx;
    struct object_condition condition;
    char meta[1024];
};

static struct {
    struct object_writer writer;
    struct object_body body;
    struct store_batch batch;
    store_bucket_fn *bucket_fn; /* NULL: no look-up is pending */
    store_object_fn *object_fn;
    void *look_up_ctx;
    struct http_sink sink; /* without functions: the body is not streamed */
    unsigned resumed;
    unsigned answers;
    int status;
    char answer[2048];
} world;

/* Functions that stand for others have parameters that they do not need. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"

/* --- The store and the objects --- */

struct store *objects_store(struct objects *o)
{
    return NULL;
}

void store_get_bucket(struct store *s, struct str name, store_bucket_fn *fn, void *ctx)
{
    assert_str(name, "bucket");
    world.bucket_fn = fn;
    world.look_up_ctx = ctx;
}

void store_get_object(struct store *s, struct str bucket, struct str key, store_object_fn *fn, void *ctx)
{
    assert_str(bucket, "bucket");
    assert_str(key, "key");
    world.object_fn = fn;
    world.look_up_ctx = ctx;
}

struct object_writer *object_writer_new(struct objects *o, int64_t max_bytes, void (*drained)(void *ctx),
                                        void *ctx)
{
    assert_false(world.writer.open);
    world.writer = (struct object_writer){.open = true, .drained = drained, .ctx = ctx};
    return &world.writer;
}

void object_writer_digest(struct object_writer *w, enum digest_kind kind)
{
    w->kinds[kind] = true;
}

void object_writer_filter(struct object_writer *w, const struct object_filter *filter)
{
    w->filter = *filter;
}

const struct err *object_writer_error(const struct object_writer *w)
{
    return w->err;
}

bool object_writer_add(struct object_writer *w, struct str bytes)
{
    assert_true(w->open);
    w->bytes += bytes.n;
    return !w->full;
}

void object_writer_finish(struct object_writer *w, object_body_fn *fn, void *ctx)
{
    assert_true(w->open);
    w->open = false;
    w->finished = fn;
    w->ctx = ctx;
}

void object_writer_abort(struct object_writer *w)
{
    assert_true(w->open);
    w->open = false;
    w->aborted = true;
}

const struct object_body_info *object_body_info(const struct object_body *b)
{
    return &b->info;
}

const unsigned char *object_body_digest(const struct object_body *b, enum digest_kind kind)
{
    return kind == DIGEST_MD5 || world.writer.kinds[kind] ? b->digests[kind] : NULL;
}

void object_body_free(struct object_body *b)
{
    b->freed = true;
}

void objects_add(struct objects *o, struct store_batch *batch, const struct object_put *put,
                 struct object_body *body)
{
    batch->condition = put->condition;
    snprintf(batch->meta, sizeof batch->meta, "%.*s", STR_ARG(put->meta));
    body->added = true;
}

struct store_batch *store_batch_new(struct store *s)
{
    return &world.batch;
}

void store_commit(struct store *s, struct store_batch *b, store_done_fn *done, void *ctx)
{
    b->done = done;
    b->ctx = ctx;
}

/* --- The connection --- */

void http_body_stream(struct http_request *req, const struct http_sink *sink)
{
    world.sink = *sink;
}

void http_body_resume(struct http_request *req)
{
    world.resumed++;
}

void http_respond(struct http_request *req, const struct http_response *res)
{
    world.answers++;
    world.status = res->status;
    snprintf(world.answer, sizeof world.answer, "%.*s", STR_ARG(res->body));
}

#include "unused.h"

#pragma GCC diagnostic pop

/* --- Events --- */

struct upload_test {
    struct arena *arena;
    struct s3_endpoint *endpoint;
    struct http_request req;
    struct s3_call *call;
};

static int set_up(void **state)
{
    static struct upload_test t;
    struct s3_config config = {.region = STR("us-east-1"),
                               .account = STR("000000000000"),
                               .owner_name = STR("glaux"),
                               .max_object_bytes = 1000,
                               .clock = &clock_system};
    memset(&world, 0, sizeof world);
    t = (struct upload_test){.arena = arena_new(TEST_ARENA_BYTES),
                             .endpoint = s3_endpoint_new(NULL, &config)};
    *state = &t;
    return 0;
}

static int tear_down(void **state)
{
    struct upload_test *t = *state;
    s3_endpoint_free(t->endpoint);
    arena_free(t->arena);
    assert_false(world.writer.open);
    return 0;
}

static void head_with(struct upload_test *t, int64_t length, struct http_headers headers, struct s3_auth auth)
{
    struct http_header *items = arena_array(t->arena, headers.count, sizeof *items);
    memcpy(items, headers.items, headers.count * sizeof *items);
    headers.items = items; /* a literal of the caller's may end before the request does */
    t->req = (struct http_request){.arena = t->arena,
                                   .id = "00000000-0000-4000-8000-000000000000",
                                   .method = STR("PUT"),
                                   .path = STR("/bucket/key"),
                                   .headers = headers,
                                   .content_length = length,
                                   .has_body = length > 0};
    t->call = s3_head(t->endpoint, &t->req, &auth, NULL);
}

static void head(struct upload_test *t)
{
    head_with(t, 5, HEADERS(H("Host", "x")),
              (struct s3_auth){SIGV4_PAYLOAD_HASH, STR(SHA256_OF_HELLO), NULL});
}

static bool data(const char *bytes)
{
    return world.sink.data(world.sink.ctx, str_from(bytes));
}

static void bucket_found(void)
{
    store_bucket_fn *fn = TAKE(world.bucket_fn);
    fn(world.look_up_ctx, &(struct bucket_record){.name = STR("bucket")}, NULL);
}

static void bucket_missing(void)
{
    store_bucket_fn *fn = TAKE(world.bucket_fn);
    fn(world.look_up_ctx, NULL, NULL);
}

static void object_found(const char *etag)
{
    store_object_fn *fn = TAKE(world.object_fn);
    fn(world.look_up_ctx, etag ? &(struct object_record){.etag = str_from(etag)} : NULL, NULL);
}

static void hung_up(void)
{
    world.sink.aborted(world.sink.ctx);
}

/* The writer has made a body of these bytes. */
static void written(const char *bytes)
{
    assert_non_null(world.writer.finished);
    for (enum digest_kind kind = 0; kind < DIGEST_KIND_MAX; kind++)
        digest_of(kind, str_from(bytes), world.body.digests[kind]);
    world.body.info = (struct object_body_info){(int64_t)strlen(bytes), "etag"};
    world.writer.finished(world.writer.ctx, &world.body, NULL);
}

static void committed(const struct err *err)
{
    assert_non_null(world.batch.done);
    world.batch.done(world.batch.ctx, err);
}

static void answered(int status, const char *code)
{
    assert_int_equal(world.answers, 1);
    assert_int_equal(world.status, status);
    if (code)
        assert_non_null(strstr(world.answer, code));
}

static void nothing_stored(void)
{
    assert_true(world.writer.aborted || world.body.freed);
    assert_false(world.body.added);
    assert_null(world.batch.done);
}

/* --- In good order --- */

static void whole_upload(void **state)
{
    head(*state);
    assert_true(data("hel"));
    bucket_found();
    assert_true(data("lo"));
    assert_null(world.writer.finished);
    s3_done(((struct upload_test *)*state)->call);
    assert_int_equal(world.writer.bytes, 5);
    written("hello");
    assert_int_equal(world.answers, 0);
    committed(NULL);
    answered(200, NULL);
    assert_true(world.body.added);
    assert_string_equal(world.batch.meta,
                        "{\"headers\":{},\"user\":{},\"checksum\":{\"CRC64NVME\":\"M3eFcAZSQlc=\"}}");
}

static void look_up_ends_after_the_body(void **state)
{
    head(*state);
    data("hello");
    s3_done(((struct upload_test *)*state)->call);
    assert_null(world.writer.finished);
    bucket_found();
    written("hello");
    committed(NULL);
    answered(200, NULL);
}

static void empty_body_is_not_streamed(void **state)
{
    head_with(*state, 0, HEADERS(H("Host", "x")), (struct s3_auth){.payload = SIGV4_PAYLOAD_UNSIGNED});
    assert_null(world.sink.data);
    bucket_found();
    s3_done(((struct upload_test *)*state)->call);
    written("");
    committed(NULL);
    answered(200, NULL);
}

static void connection_waits_for_the_writer(void **state)
{
    head(*state);
    bucket_found();
    world.writer.full = true;
    assert_false(data("hel"));
    assert_int_equal(world.resumed, 1); /* as the bucket is there */
    world.writer.full = false;
    world.writer.drained(world.writer.ctx);
    assert_int_equal(world.resumed, 2);
    hung_up();
    answered(400, NULL);
}

/* --- The look-up finds something against it --- */

static void no_bucket_amid_the_body(void **state)
{
    head(*state);
    data("hel");
    bucket_missing();
    answered(404, "NoSuchBucket");
    nothing_stored();
}

static void no_bucket_after_the_body(void **state)
{
    head(*state);
    data("hello");
    s3_done(((struct upload_test *)*state)->call);
    bucket_missing();
    answered(404, "NoSuchBucket");
    nothing_stored();
}

static void conditional(struct upload_test *t, const char *name, const char *value)
{
    struct http_header *header = arena_alloc(t->arena, sizeof *header);
    *header = (struct http_header){str_from(name), str_from(value)};
    head_with(t, 5, (struct http_headers){header, 1}, (struct s3_auth){.payload = SIGV4_PAYLOAD_UNSIGNED});
}

static void exists_but_must_not(void **state)
{
    conditional(*state, "If-None-Match", "*");
    object_found("e");
    answered(412, "PreconditionFailed");
    nothing_stored();
}

static void has_another_tag(void **state)
{
    conditional(*state, "If-Match", "\"f\"");
    object_found("e");
    answered(412, "PreconditionFailed");
    nothing_stored();
}

static void does_not_exist_but_must(void **state)
{
    conditional(*state, "If-Match", "\"f\"");
    object_found(NULL);
    answered(404, "NoSuchKey");
    nothing_stored();
}

static void batch_checks_the_condition_again(void **state)
{
    struct err err;
    conditional(*state, "If-Match", "\"e\"");
    data("hello");
    object_found("e");
    s3_done(((struct upload_test *)*state)->call);
    written("hello");
    assert_str(world.batch.condition.must_have_etag, "e");
    assert_false(world.batch.condition.must_be_absent);
    err_set(&err, ERR_PRECONDITION, "no");
    committed(&err);
    answered(412, "PreconditionFailed");
}

/* --- The client goes away --- */

static void gone_before_the_look_up_ended(void **state)
{
    head(*state);
    data("hel");
    hung_up();
    assert_int_equal(world.answers, 0); /* the answer frees the request, which the look-up needs */
    bucket_found();
    answered(400, NULL);
    nothing_stored();
}

static void gone_and_no_bucket(void **state)
{
    head(*state);
    hung_up();
    bucket_missing();
    answered(404, NULL);
    nothing_stored();
}

static void gone_after_the_look_up(void **state)
{
    head(*state);
    bucket_found();
    data("hel");
    hung_up();
    answered(400, NULL);
    nothing_stored();
}

/* --- The body is not what was promised --- */

static void body_becomes(struct upload_test *t, const char *bytes)
{
    data("hello");
    bucket_found();
    s3_done(t->call);
    written(bytes);
}

static void other_hash(void **state)
{
    head(*state);
    body_becomes(*state, "holla");
    answered(400, "XAmzContentSHA256Mismatch");
    nothing_stored();
}

static void unsigned_body_has_any_hash(void **state)
{
    head_with(*state, 5, HEADERS(H("Host", "x")), (struct s3_auth){.payload = SIGV4_PAYLOAD_UNSIGNED});
    body_becomes(*state, "hello");
    committed(NULL);
    answered(200, NULL);
}

static void other_md5(void **state)
{
    head_with(*state, 5, HEADERS(H("Content-MD5", "1B2M2Y8AsgTpgAmY7PhCfg==")),
              (struct s3_auth){.payload = SIGV4_PAYLOAD_UNSIGNED});
    body_becomes(*state, "hello");
    answered(400, "BadDigest");
    nothing_stored();
}

static void other_checksum(void **state)
{
    head_with(*state, 5, HEADERS(H("x-amz-checksum-crc32c", "AAAAAA==")),
              (struct s3_auth){.payload = SIGV4_PAYLOAD_UNSIGNED});
    assert_true(world.writer.kinds[DIGEST_CRC32C]);
    body_becomes(*state, "hello");
    answered(400, "BadDigest");
    nothing_stored();
}

static void right_checksum_is_kept(void **state)
{
    head_with(*state, 5, HEADERS(H("x-amz-checksum-crc32c", "mnG7TA==")),
              (struct s3_auth){.payload = SIGV4_PAYLOAD_UNSIGNED});
    body_becomes(*state, "hello");
    committed(NULL);
    answered(200, NULL);
    assert_non_null(strstr(world.batch.meta, "{\"CRC32C\":\"mnG7TA==\"}"));
}

static void other_length(void **state)
{
    log_set_fd(-1);
    head(*state);
    body_becomes(*state, "hell");
    answered(500, "InternalError");
    nothing_stored();
}

static void disk_is_full(void **state)
{
    struct err err;
    log_set_fd(-1);
    head(*state);
    data("hello");
    bucket_found();
    s3_done(((struct upload_test *)*state)->call);
    err_set(&err, ERR_INTERNAL, "Cannot write: No space left on device");
    world.writer.finished(world.writer.ctx, NULL, &err);
    answered(500, "InternalError");
    assert_null(world.batch.done);
}

/* --- Chunks --- */

static int drop_content(void *ctx, struct str content, struct err *err)
{
    (void)ctx;
    (void)content;
    (void)err;
    return 0;
}

/* What the writer does with what came. */
static int filter(const char *bytes, struct err *err)
{
    const struct object_filter *f = &world.writer.filter;
    assert_non_null(f->take);
    return f->take(f->ctx, str_from(bytes), drop_content, NULL, err) < 0 ? -1 : f->end(f->ctx, err);
}

static void chunked_upload(struct upload_test *t, const char *body)
{
    struct err err;
    head_with(t, (int64_t)strlen(body),
              HEADERS(H("x-amz-decoded-content-length", "5"), H("x-amz-trailer", "X-Amz-Checksum-CRC32C"),
                      H("x-amz-sdk-checksum-algorithm", "CRC32C"), H("Content-Encoding", "aws-chunked,gzip")),
              (struct s3_auth){.payload = SIGV4_PAYLOAD_STREAMING_UNSIGNED_TRAILER});
    data(body);
    bucket_found();
    s3_done(t->call);
    assert_int_equal(filter(body, &err), 0);
    written("hello");
    world.writer.filter.free(world.writer.filter.ctx);
}

static void right_trailer_is_kept(void **state)
{
    chunked_upload(*state, "5\r\nhello\r\n0\r\nx-amz-checksum-crc32c:mnG7TA==\r\n\r\n");
    committed(NULL);
    answered(200, NULL);
    assert_non_null(strstr(world.batch.meta, "{\"CRC32C\":\"mnG7TA==\"}"));
    assert_non_null(strstr(world.batch.meta, "{\"Content-Encoding\":\"gzip\"}"));
}

static void wrong_trailer(void **state)
{
    chunked_upload(*state, "5\r\nhello\r\n0\r\nx-amz-checksum-crc32c:AAAAAA==\r\n\r\n");
    answered(400, "BadDigest");
    nothing_stored();
}

static void trailer_that_is_no_checksum(void **state)
{
    chunked_upload(*state, "5\r\nhello\r\n0\r\nx-amz-checksum-crc32c:AAAAAAA=\r\n\r\n");
    answered(400, "Value for x-amz-checksum-crc32c trailing header is invalid.");
    nothing_stored();
}

static void writer_fails_amid_the_body(void **state)
{
    struct err err;
    head(*state);
    data("hel");
    err_set(&err, ERR_INCOMPLETE_BODY, "no chunk");
    world.writer.err = &err;
    world.writer.drained(world.writer.ctx);
    assert_int_equal(world.answers, 0); /* the look-up needs the request */
    bucket_found();
    answered(400, "IncompleteBody");
    nothing_stored();
}

static void the_body_may_come_when_the_bucket_is_there(void **state)
{
    head(*state);
    assert_true(world.sink.hold_continue);
    assert_int_equal(world.resumed, 0);
    bucket_found();
    assert_int_equal(world.resumed, 1);
    hung_up();
    answered(400, NULL);
}

/* --- Refused at the head: nothing is begun --- */

static void refused(struct upload_test *t, int64_t length, struct http_headers headers, struct s3_auth auth,
                    int status, const char *code)
{
    memset(&world, 0, sizeof world);
    head_with(t, length, headers, auth);
    answered(status, code);
    assert_null(world.sink.data);
    assert_null(world.bucket_fn);
}

static void heads_that_are_refused(void **state)
{
    struct s3_auth auth = {.payload = SIGV4_PAYLOAD_UNSIGNED};
    struct s3_auth streaming = {.payload = SIGV4_PAYLOAD_STREAMING_UNSIGNED_TRAILER};
    refused(*state, 5, HEADERS(H("Host", "x")), streaming, 411, "MissingContentLength");
    refused(*state, -1, HEADERS(H("x-amz-decoded-content-length", "5")), streaming, 411,
            "MissingContentLength");
    refused(*state, 5, HEADERS(H("x-amz-decoded-content-length", "-5")), streaming, 400, "InvalidArgument");
    refused(*state, 5, HEADERS(H("x-amz-decoded-content-length", "1001")), streaming, 400, "EntityTooLarge");
    refused(*state, 5,
            HEADERS(H("x-amz-decoded-content-length", "5"), H("x-amz-trailer", "x-amz-checksum-md5")),
            streaming, 400, "InvalidRequest");
    refused(*state, 5, HEADERS(H("Content-Encoding", "gzip , AWS-Chunked")), auth, 501, "NotImplemented");
    refused(*state, 5, HEADERS(H("x-amz-trailer", "x-amz-checksum-crc32")), auth, 400, "InvalidRequest");
    refused(*state, 5, HEADERS(H("x-amz-tagging", "a=1&a=2")), auth, 400, "InvalidTag");
    refused(*state, 5, HEADERS(H("x-amz-server-side-encryption", "aws:kms")), auth, 501, "NotImplemented");
    refused(*state, 5, HEADERS(H("If-None-Match", "\"a\"")), auth, 501, "NotImplemented");
    refused(*state, 5, HEADERS(H("If-Match", "a"), H("If-None-Match", "*")), auth, 501, "NotImplemented");
    refused(*state, 5, HEADERS(H("Content-MD5", "x")), auth, 400, "InvalidDigest");
    refused(*state, 5, HEADERS(H("x-amz-checksum-crc32", "x")), auth, 400, "InvalidRequest");
    refused(*state, 1001, HEADERS(H("Host", "x")), auth, 400, "EntityTooLarge");
    refused(*state, -1, HEADERS(H("Host", "x")), auth, 411, "MissingContentLength");
    refused(*state, 5, HEADERS(H("x-amz-expected-bucket-owner", "1")), auth, 403, "AccessDenied");
}

#define UPLOAD_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        UPLOAD_TEST(whole_upload),
        UPLOAD_TEST(look_up_ends_after_the_body),
        UPLOAD_TEST(empty_body_is_not_streamed),
        UPLOAD_TEST(connection_waits_for_the_writer),
        UPLOAD_TEST(no_bucket_amid_the_body),
        UPLOAD_TEST(no_bucket_after_the_body),
        UPLOAD_TEST(exists_but_must_not),
        UPLOAD_TEST(has_another_tag),
        UPLOAD_TEST(does_not_exist_but_must),
        UPLOAD_TEST(batch_checks_the_condition_again),
        UPLOAD_TEST(gone_before_the_look_up_ended),
        UPLOAD_TEST(gone_and_no_bucket),
        UPLOAD_TEST(gone_after_the_look_up),
        UPLOAD_TEST(other_hash),
        UPLOAD_TEST(unsigned_body_has_any_hash),
        UPLOAD_TEST(other_md5),
        UPLOAD_TEST(other_checksum),
        UPLOAD_TEST(right_checksum_is_kept),
        UPLOAD_TEST(other_length),
        UPLOAD_TEST(disk_is_full),
        UPLOAD_TEST(right_trailer_is_kept),
        UPLOAD_TEST(wrong_trailer),
        UPLOAD_TEST(trailer_that_is_no_checksum),
        UPLOAD_TEST(writer_fails_amid_the_body),
        UPLOAD_TEST(the_body_may_come_when_the_bucket_is_there),
        UPLOAD_TEST(heads_that_are_refused),
    };
    return cmocka_run_group_tests_name("s3 upload", tests, NULL, NULL);
}
