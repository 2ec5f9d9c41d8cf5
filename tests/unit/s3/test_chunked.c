/* aws-chunked, in pieces of every size. The signed bodies are the examples of the S3 API reference. */
#include "aws/signing_key.h"
#include "base/buf.h"
#include "fixture.h"
#include "objects/s3/chunked.h"

#include <stdio.h>

#define A_CHUNKS_SEED "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"
#define A_TRAILER_SEED "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e"

enum { EXAMPLE_BYTES = 66560, FIRST_CHUNK = 65536 };

/* --- Reading --- */

struct outcome {
    struct buf content;
    int rc;
    struct err err;
    char trailer[128];
};

static int collect(void *ctx, struct str content, struct err *err)
{
    (void)err;
    assert_true(content.n > 0);
    buf_add_str(ctx, content);
    return 0;
}

/* Feeds the body: the first `first` bytes at once, the rest in pieces of `step`. */
static void read_in_pieces(const struct chunked_form *form, struct str body, size_t first, size_t step,
                           struct outcome *ret)
{
    struct chunked *c = chunked_new(form);
    *ret = (struct outcome){0};
    buf_init(&ret->content, 1 << 20);
    for (size_t at = 0, n = first; ret->rc == 0 && at < body.n; at += n, n = step) {
        struct str piece = str_sub(body, at, at + n);
        char *copy = mem_new(piece.n); /* of the exact size, so that a read behind it shows */
        memcpy(copy, piece.p, piece.n);
        ret->rc = chunked_take(c, str_of(copy, piece.n), collect, &ret->content, &ret->err);
        free(copy);
    }
    if (ret->rc == 0)
        ret->rc = chunked_end(c, &ret->err);
    if (ret->rc == 0)
        snprintf(ret->trailer, sizeof ret->trailer, "%.*s", STR_ARG(chunked_trailer(c)));
    chunked_free(c);
}

static void reads_as(const struct chunked_form *form, struct str body, struct str content,
                     const char *trailer)
{
    for (size_t first = 1; first <= body.n; first++) {
        struct outcome o;
        read_in_pieces(form, body, first, body.n, &o);
        if (o.rc != 0)
            fail_msg("cut at %zu: %s", first, o.err.text);
        assert_true(str_eq(buf_str(&o.content), content));
        assert_string_equal(o.trailer, trailer);
        buf_done(&o.content);
    }
    for (size_t step = 1; step < 8; step++) {
        struct outcome o;
        read_in_pieces(form, body, step, step, &o);
        assert_int_equal(o.rc, 0);
        assert_true(str_eq(buf_str(&o.content), content));
        buf_done(&o.content);
    }
}

static void fails(const struct chunked_form *form, struct str body, enum err_code code)
{
    const size_t steps[] = {1, 3, body.n ? body.n : 1};
    for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
        struct outcome o;
        read_in_pieces(form, body, steps[i], steps[i], &o);
        if (o.rc == 0)
            fail_msg("taken: %.*s", STR_ARG(body));
        if (o.err.code != code)
            fail_msg("%d and not %d for %.*s", (int)o.err.code, (int)code, STR_ARG(body));
        buf_done(&o.content);
    }
}

/* --- Unsigned --- */

static struct chunked_form unsigned_form(int64_t length, const char *trailer)
{
    return (struct chunked_form){NULL, trailer, length};
}

static void chunks_of_any_size(void **state)
{
    (void)state;
    struct chunked_form five = unsigned_form(5, NULL), none = unsigned_form(0, NULL);
    reads_as(&five, STR("5\r\nhello\r\n0\r\n\r\n"), STR("hello"), "");
    reads_as(&five, STR("1\r\nh\r\n1\r\ne\r\n1\r\nl\r\n1\r\nl\r\n1\r\no\r\n0\r\n\r\n"), STR("hello"), "");
    reads_as(&five, STR("0005;x=y\r\nhe\r\no\r\n00\r\n\r\n"), STR("he\r\no"), "");
    reads_as(&none, STR("0\r\n\r\n"), STR(""), "");
}

static void trailers(void **state)
{
    (void)state;
    struct chunked_form form = unsigned_form(5, "x-amz-checksum-crc32");
    reads_as(&form, STR("5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n"), STR("hello"),
             "NhCmhg==");
    reads_as(&form, STR("5\r\nhello\r\n0\r\nX-Amz-Checksum-CRC32: NhCmhg== \n\r\n"), STR("hello"),
             "NhCmhg==");
    reads_as(&form, STR("5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\n\r\n\r\n"), STR("hello"),
             "NhCmhg==");
    fails(&form, STR("5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\n\r\n\r"), ERR_INCOMPLETE_BODY);
    fails(&form, STR("5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\n\r\n\r\n\r\n"), ERR_INCOMPLETE_BODY);
    reads_as(&form, STR("5\r\nhello\r\n0\r\nx-amz-checksum-crc32:\r\n\r\n"), STR("hello"), "");
    fails(&form, STR("5\r\nhello\r\n0\r\n\r\n"), ERR_MALFORMED_TRAILER);
    fails(&form, STR("5\r\nhello\r\n0\r\nx-amz-checksum-crc32c:NhCmhg==\r\n\r\n"), ERR_MALFORMED_TRAILER);
    fails(&form, STR("5\r\nhello\r\n0\r\nx-amz-checksum-crc32\r\n\r\n"), ERR_MALFORMED_TRAILER);
    fails(&form, STR("5\r\nhello\r\n0\r\nx-amz-checksum-crc32:a\r\nx-amz-checksum-crc32:a\r\n\r\n"),
          ERR_MALFORMED_TRAILER);
    fails(&form, STR("5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n"), ERR_INCOMPLETE_BODY);
    form = unsigned_form(5, NULL);
    fails(&form, STR("5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n"), ERR_MALFORMED_TRAILER);
}

static void what_is_no_such_framing(void **state)
{
    static const char *const bodies[] = {
        "",
        "hello",
        "5",
        "5\r\nhello",
        "5\r\nhello\r\n",
        "5\r\nhello\r\n0\r\n",
        "5\r\nhello0\r\n\r\n",
        "5\r\nhelloX\r\n0\r\n\r\n",
        "5\r\nhello\r\n0\r\n\r\nX",
        "5\r\nhello\r\n0\r\n\r\n0\r\n\r\n",
        "4\r\nhell\r\n0\r\n\r\n",
        "6\r\nhello!\r\n0\r\n\r\n",
        "5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n",
        "\r\nhello\r\n0\r\n\r\n",
        "-5\r\nhello\r\n0\r\n\r\n",
        "0x5\r\nhello\r\n0\r\n\r\n",
        "5g\r\nhello\r\n0\r\n\r\n",
        "ffffffffffffffff\r\nhello\r\n0\r\n\r\n",
        "10000000000000005\r\nhello\r\n0\r\n\r\n",
        "8000000000000000\r\nhello\r\n0\r\n\r\n",
        "7fffffffffffffff\r\nhello\r\n0\r\n\r\n",
    };
    (void)state;
    struct chunked_form form = unsigned_form(5, NULL);
    for (size_t i = 0; i < ARRAY_SIZE(bodies); i++)
        fails(&form, str_from(bodies[i]), ERR_INCOMPLETE_BODY);
}

static void lines_are_bounded(void **state)
{
    (void)state;
    struct buf body;
    buf_init(&body, 1 << 20);
    buf_add_cstr(&body, "5;");
    for (int i = 0; i < 1000; i++)
        buf_add_cstr(&body, "x");
    struct chunked_form form = unsigned_form(5, "x-amz-checksum-crc32");
    fails(&form, buf_str(&body), ERR_INCOMPLETE_BODY);
    buf_clear(&body);
    buf_add_cstr(&body, "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:");
    for (int i = 0; i < 4000; i++)
        buf_add_cstr(&body, "x");
    fails(&form, buf_str(&body), ERR_INCOMPLETE_BODY);
    buf_done(&body);
}

static int refuse(void *ctx, struct str content, struct err *err)
{
    (void)ctx;
    (void)content;
    return err_set(err, ERR_TOO_LARGE, "no more");
}

static void a_failing_sink_ends_it(void **state)
{
    (void)state;
    struct err err;
    struct chunked_form form = unsigned_form(5, NULL);
    struct chunked *c = chunked_new(&form);
    assert_int_equal(chunked_take(c, STR("5\r\n"), refuse, NULL, &err), 0);
    assert_int_equal(chunked_take(c, STR("h"), refuse, NULL, &err), -1);
    assert_int_equal(err.code, ERR_TOO_LARGE);
    chunked_free(c);
}

/* --- Signed --- */

static struct sigv4_chain chain_of(const char *seed)
{
    struct sigv4_chain chain;
    struct hmac hmac;
    unsigned char key[SHA256_SIZE];
    const struct sigv4_auth auth = {.time_text = STR("20130524T000000Z"),
                                    .scope = STR("20130524/us-east-1/s3/aws4_request"),
                                    .signature = str_from(seed)};
    hmac_init(&hmac);
    signing_key_derive(&hmac, STR("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"), STR("20130524"),
                       STR("us-east-1"), STR("s3"), key);
    hmac_done(&hmac);
    sigv4_chain_begin(key, &auth, &chain);
    return chain;
}

/* 64 KiB and 1 KiB of 'a' with the signatures of the two chunks and of the last one. */
static void example(struct buf *body, const char *const signatures[3], const char *end)
{
    static const size_t sizes[] = {FIRST_CHUNK, EXAMPLE_BYTES - FIRST_CHUNK, 0};
    buf_init(body, 1 << 20);
    for (size_t i = 0; i < 3; i++) {
        buf_printf(body, "%zx;chunk-signature=%s\r\n", sizes[i], signatures[i]);
        memset(buf_reserve(body, sizes[i] + 1), 'a', sizes[i]);
        body->n += sizes[i];
        buf_add_cstr(body, i < 2 ? "\r\n" : end);
    }
}

static const char *const chunk_signatures[] = {
    "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
    "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
    "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"};

static const char *const trailer_chunk_signatures[] = {
    "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
    "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
    "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992"};

#define A_TRAILER                                                                                            \
    "x-amz-checksum-crc32c:sOO8/Q==\r\n"                                                                     \
    "x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n"

static void example_reads(const struct chunked_form *form, struct str body, const char *trailer)
{
    static const size_t firsts[] = {1,     50,    83,    84,    85,    86,    87,    88,    65620, 65621,
                                    65622, 65623, 65624, 65625, 65700, 66700, 66730, 66731, 66732, 66733};
    for (size_t i = 0; i < ARRAY_SIZE(firsts); i++) {
        for (size_t step = 1; step < 70000; step *= 17) {
            struct outcome o;
            read_in_pieces(form, body, firsts[i], step, &o);
            if (o.rc != 0)
                fail_msg("%s", o.err.text);
            assert_int_equal(o.content.n, EXAMPLE_BYTES);
            for (size_t at = 0; at < EXAMPLE_BYTES; at++)
                assert_int_equal(o.content.p[at], 'a');
            assert_string_equal(o.trailer, trailer);
            buf_done(&o.content);
        }
    }
}

static void signed_chunks(void **state)
{
    (void)state;
    struct sigv4_chain chain = chain_of(A_CHUNKS_SEED);
    struct chunked_form form = {&chain, NULL, EXAMPLE_BYTES};
    struct buf body;
    example(&body, chunk_signatures, "\r\n");
    example_reads(&form, buf_str(&body), "");
    buf_done(&body);
}

static void signed_trailer(void **state)
{
    (void)state;
    struct sigv4_chain chain = chain_of(A_TRAILER_SEED);
    struct chunked_form form = {&chain, "x-amz-checksum-crc32c", EXAMPLE_BYTES};
    struct buf body;
    example(&body, trailer_chunk_signatures, A_TRAILER);
    example_reads(&form, buf_str(&body), "sOO8/Q==");
    buf_done(&body);
}

static void one_changed(const struct chunked_form *form, struct str body, size_t at, enum err_code code)
{
    struct outcome o;
    char *copy = mem_new(body.n);
    memcpy(copy, body.p, body.n);
    copy[at] = copy[at] == 'b' ? 'c' : 'b';
    read_in_pieces(form, str_of(copy, body.n), body.n, body.n, &o);
    assert_int_equal(o.rc, -1);
    if (o.err.code != code)
        fail_msg("byte %zu: %d", at, (int)o.err.code);
    buf_done(&o.content);
    free(copy);
}

static void no_signed_byte_can_be_changed(void **state)
{
    (void)state;
    struct sigv4_chain chain = chain_of(A_TRAILER_SEED);
    struct chunked_form form = {&chain, "x-amz-checksum-crc32c", EXAMPLE_BYTES};
    struct buf body;
    example(&body, trailer_chunk_signatures, A_TRAILER);
    struct str all = buf_str(&body);
    one_changed(&form, all, 30, ERR_INVALID_SIGNATURE);          /* the first signature */
    one_changed(&form, all, 100, ERR_INVALID_SIGNATURE);         /* the first chunk */
    one_changed(&form, all, 87 + 65535, ERR_INVALID_SIGNATURE);  /* its last byte */
    one_changed(&form, all, 66700, ERR_INVALID_SIGNATURE);       /* the second chunk */
    one_changed(&form, all, all.n - 10, ERR_INVALID_SIGNATURE);  /* the trailer's signature */
    one_changed(&form, all, all.n - 100, ERR_INVALID_SIGNATURE); /* the trailer's value */
    one_changed(&form, all, all.n - 90, ERR_MALFORMED_TRAILER);  /* the name of its signature */
    buf_done(&body);
}

static void chunks_must_be_in_order(void **state)
{
    (void)state;
    struct sigv4_chain chain = chain_of(A_CHUNKS_SEED);
    struct chunked_form form = {&chain, NULL, 0};
    struct buf body;
    buf_init(&body, 1 << 20);
    buf_printf(&body, "0;chunk-signature=%s\r\n\r\n", chunk_signatures[2]);
    fails(&form, buf_str(&body), ERR_INVALID_SIGNATURE); /* right, but of the third */
    buf_done(&body);
    fails(&form, STR("0\r\n\r\n"), ERR_INVALID_SIGNATURE);
    fails(&form, STR("0;chunk-signature=00\r\n\r\n"), ERR_INVALID_SIGNATURE);
    fails(&form, STR("0;other=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n"),
          ERR_INVALID_SIGNATURE);
}

static void a_trailer_must_be_signed(void **state)
{
    (void)state;
    struct sigv4_chain chain = chain_of(A_TRAILER_SEED);
    struct chunked_form form = {&chain, "x-amz-checksum-crc32c", EXAMPLE_BYTES};
    static const struct {
        const char *end;
        enum err_code code;
    } rows[] = {
        {"x-amz-checksum-crc32c:sOO8/Q==\r\n\r\n", ERR_INVALID_SIGNATURE},
        {"x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n",
         ERR_MALFORMED_TRAILER},
        {"x-amz-checksum-crc32c:sOO8/Q==\r\nx-amz-trailer-signature:\r\n\r\n", ERR_INVALID_SIGNATURE},
        {"\r\n", ERR_MALFORMED_TRAILER},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct outcome o;
        struct buf body;
        example(&body, trailer_chunk_signatures, rows[i].end);
        read_in_pieces(&form, buf_str(&body), body.n, body.n, &o);
        assert_int_equal(o.rc, -1);
        assert_int_equal(o.err.code, rows[i].code);
        buf_done(&o.content);
        buf_done(&body);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chunks_of_any_size),      cmocka_unit_test(trailers),
        cmocka_unit_test(what_is_no_such_framing), cmocka_unit_test(lines_are_bounded),
        cmocka_unit_test(a_failing_sink_ends_it),  cmocka_unit_test(signed_chunks),
        cmocka_unit_test(signed_trailer),          cmocka_unit_test(no_signed_byte_can_be_changed),
        cmocka_unit_test(chunks_must_be_in_order), cmocka_unit_test(a_trailer_must_be_signed),
    };
    return cmocka_run_group_tests_name("aws-chunked", tests, NULL, NULL);
}
