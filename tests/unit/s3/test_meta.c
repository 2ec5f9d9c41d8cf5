#include "base/buf.h"
#include "fixture.h"
#include "objects/s3/meta.h"

static struct str made(struct arena *a, struct http_headers headers)
{
    struct s3_checksum checksum;
    struct str meta;
    struct err err = {0};
    assert_int_equal(s3_checksum_read(&headers, NULL, &checksum, &err), 0);
    assert_int_equal(s3_meta_check(&headers, &err), 0);
    assert_int_equal(s3_meta_from_headers(a, &headers, &checksum, &meta, &err), 0);
    return meta;
}

static void add_line(void *ctx, struct str name, struct str value)
{
    buf_printf(ctx, "%.*s: %.*s\n", STR_ARG(name), STR_ARG(value));
}

static void gives(struct str meta, bool with_checksum, const char *lines)
{
    CLEANUP_BUF struct buf out;
    struct err err;
    buf_init(&out, 8192);
    json_auto_t *parsed = json_parse(meta, &err);
    assert_non_null(parsed);
    s3_meta_each(parsed, with_checksum, add_line, &out);
    assert_str(buf_str(&out), lines);
}

static void headers_come_back(void **state)
{
    struct str meta =
        made(*state,
             HEADERS(H("cache-control", "no-cache"), H("Content-Disposition", "attachment; filename=\"a\""),
                     H("Content-Encoding", "gzip"), H("Content-Language", "de"), H("Expires", "never"),
                     H("Content-Type", "text/plain"), H("X-Amz-Date", "x"), H("x-amz-meta-", "no"),
                     H("X-Amz-Meta-Colour", "blue \xC3\xA4"), H("x-amz-meta-colour", "red"),
                     H("x-amz-meta-Empty", ""), H("x-amz-checksum-crc32", "AAAAAA==")));
    static const char kept[] = "Cache-Control: no-cache\n"
                               "Content-Disposition: attachment; filename=\"a\"\n"
                               "Content-Encoding: gzip\n"
                               "Content-Language: de\n"
                               "Expires: never\n"
                               "x-amz-meta-colour: blue \xC3\xA4,red\n"
                               "x-amz-meta-empty: \n";
    gives(meta, false, kept);
    CLEANUP_BUF struct buf all;
    buf_init(&all, 8192);
    buf_printf(&all, "%sx-amz-checksum-crc32: AAAAAA==\nx-amz-checksum-type: FULL_OBJECT\n", kept);
    buf_add_char(&all, '\0');
    gives(meta, true, all.p);
}

static void others_metadata_is_harmless(void **state)
{
    (void)state;
    gives(STR("{}"), true, "");
    gives(STR("{\"headers\":5,\"user\":[1],\"checksum\":{\"CRC99\":\"x\"}}"), true, "");
    gives(STR("[]"), true, "");
}

static void user_metadata_is_bounded(void **state)
{
    (void)state;
    static char value[S3_USER_META_MAX_BYTES];
    struct err err;
    memset(value, 'v', sizeof value);
    struct http_headers fits = HEADERS({STR("x-amz-meta-k"), str_of(value, sizeof value - 1)});
    assert_int_equal(s3_meta_check(&fits, &err), 0);
    struct http_headers exceeds = HEADERS({STR("x-amz-meta-kk"), str_of(value, sizeof value - 1)});
    assert_int_equal(s3_meta_check(&exceeds, &err), -1);
    assert_int_equal(err.code, ERR_METADATA_TOO_LARGE);
}

static void number_of_user_headers_is_bounded(void **state)
{
    (void)state;
    struct http_header items[S3_USER_META_MAX_COUNT + 1];
    struct err err;
    for (size_t i = 0; i < ARRAY_SIZE(items); i++)
        items[i] = (struct http_header)H("x-amz-meta-a", "b");
    assert_int_equal(s3_meta_check(&(struct http_headers){items, S3_USER_META_MAX_COUNT}, &err), 0);
    assert_int_equal(s3_meta_check(&(struct http_headers){items, ARRAY_SIZE(items)}, &err), -1);
    assert_int_equal(err.code, ERR_METADATA_TOO_LARGE);
}

static void values_are_utf8(void **state)
{
    (void)state;
    struct err err;
    const struct http_headers bad[] = {HEADERS(H("x-amz-meta-a", "\xff")), HEADERS(H("Expires", "\xff")),
                                       HEADERS(H("Content-Type", "\xff"))};
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        assert_int_equal(s3_meta_check(&bad[i], &err), -1);
        assert_int_equal(err.code, ERR_INVALID_ARGUMENT);
    }
}

static void checksum_is(struct http_headers headers, const char *name, const char *value)
{
    struct s3_checksum c;
    struct err err = {0};
    assert_int_equal(s3_checksum_read(&headers, NULL, &c, &err), 0);
    assert_string_equal(c.name, name);
    assert_str(c.value, value);
}

static void every_algorithm(void **state)
{
    (void)state;
    struct http_headers none =
        HEADERS(H("x-amz-checksum-mode", "ENABLED"), H("x-amz-checksum-type", "FULL_OBJECT"));
    struct s3_checksum c;
    struct err err;
    assert_int_equal(s3_checksum_read(&none, NULL, &c, &err), 0);
    assert_null(c.header);
    checksum_is(HEADERS(H("x-amz-checksum-crc32", "AAAAAA=="), H("x-amz-sdk-checksum-algorithm", "CRC32")),
                "CRC32", "AAAAAA==");
    checksum_is(HEADERS(H("X-Amz-Checksum-CRC32C", "AAAAAA==")), "CRC32C", "AAAAAA==");
    checksum_is(HEADERS(H("x-amz-checksum-crc64nvme", "AAAAAAAAAAA=")), "CRC64NVME", "AAAAAAAAAAA=");
    checksum_is(HEADERS(H("x-amz-checksum-sha1", "2jmj7l5rSw0yVb/vlWAYkK/YBwk=")), "SHA1",
                "2jmj7l5rSw0yVb/vlWAYkK/YBwk=");
    checksum_is(HEADERS(H("x-amz-checksum-sha256", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")), "SHA256",
                "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
}

static void checksum_fails(struct http_headers headers, enum err_code code)
{
    struct s3_checksum c;
    struct err err;
    assert_int_equal(s3_checksum_read(&headers, NULL, &c, &err), -1);
    assert_int_equal(err.code, code);
}

static void wrong_checksums(void **state)
{
    (void)state;
    checksum_fails(HEADERS(H("x-amz-checksum-crc32", "")), ERR_INVALID_REQUEST);
    checksum_fails(HEADERS(H("x-amz-checksum-crc32", "AAAA")), ERR_INVALID_REQUEST);
    checksum_fails(HEADERS(H("x-amz-checksum-crc32", "AAAAAA!=")), ERR_INVALID_REQUEST);
    checksum_fails(HEADERS(H("x-amz-checksum-crc32", "AAAAAAAAAAA=")), ERR_INVALID_REQUEST);
    checksum_fails(HEADERS(H("x-amz-checksum-crc32", "AAAAAA=="), H("x-amz-checksum-crc32c", "AAAAAA==")),
                   ERR_INVALID_REQUEST);
    checksum_fails(HEADERS(H("x-amz-checksum-md4", "AAAAAA==")), ERR_NOT_IMPLEMENTED);
    checksum_fails(HEADERS(H("x-amz-sdk-checksum-algorithm", "CRC32")), ERR_INVALID_REQUEST);
    checksum_fails(HEADERS(H("x-amz-sdk-checksum-algorithm", "SHA1"), H("x-amz-checksum-crc32", "AAAAAA==")),
                   ERR_INVALID_REQUEST);
}

static void content_md5(void **state)
{
    (void)state;
    struct http_headers good = HEADERS(H("Content-MD5", "1B2M2Y8AsgTpgAmY7PhCfg=="));
    struct http_headers none = HEADERS(H("Host", "x"));
    struct http_headers bad[] = {HEADERS(H("Content-MD5", "")), HEADERS(H("Content-MD5", "AAAA")),
                                 HEADERS(H("Content-MD5", "d41d8cd98f00b204e9800998ecf8427e"))};
    unsigned char md5[DIGEST_SIZE_MAX];
    unsigned char of_nothing[DIGEST_SIZE_MAX];
    bool sent;
    struct err err;
    digest_of(DIGEST_MD5, STR(""), of_nothing);
    assert_int_equal(s3_content_md5_read(&good, md5, &sent, &err), 0);
    assert_true(sent);
    assert_memory_equal(md5, of_nothing, digest_size(DIGEST_MD5));
    assert_int_equal(s3_content_md5_read(&none, md5, &sent, &err), 0);
    assert_false(sent);
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        assert_int_equal(s3_content_md5_read(&bad[i], md5, &sent, &err), -1);
        assert_int_equal(err.code, ERR_INVALID_DIGEST);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        S3_TEST(headers_come_back),        S3_TEST(others_metadata_is_harmless),
        S3_TEST(user_metadata_is_bounded), S3_TEST(number_of_user_headers_is_bounded),
        S3_TEST(values_are_utf8),          S3_TEST(every_algorithm),
        S3_TEST(wrong_checksums),          S3_TEST(content_md5),
    };
    return cmocka_run_group_tests_name("s3 meta", tests, NULL, NULL);
}
