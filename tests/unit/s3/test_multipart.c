/* The texts of multipart uploads and deletes: documents of clients, and what the index keeps of parts. */
#include "fixture.h"

#include "objects/s3/complete.h"
#include "objects/s3/delete_objects.h"
#include "objects/s3/tags.h"

#include <stdio.h>

static struct s3_checksum crc32_algorithm(void)
{
    struct s3_checksum c;
    assert_true(s3_checksum_named(STR("CRC32"), &c));
    return c;
}

static enum err_code wanted_of(struct arena *a, const char *parts, struct s3_wanted *ret)
{
    struct s3_checksum algorithm = crc32_algorithm();
    struct err err = {.code = ERR_NONE};
    struct str document = arena_printf(a, "<CompleteMultipartUpload>%s</CompleteMultipartUpload>", parts);
    return s3_wanted_read(a, document, &algorithm, ret, &err) == 0 ? ERR_NONE : err.code;
}

#define PART(number, etag) "<Part><PartNumber>" number "</PartNumber><ETag>" etag "</ETag></Part>"

static void wanted_parts(void **state)
{
    struct s3_wanted w;
    assert_int_equal(wanted_of(*state,
                               PART("1", "&quot;a&quot;") "<Part><ChecksumSHA256>no</ChecksumSHA256>"
                                                          "<ETag> b </ETag><PartNumber> 10000 </PartNumber>"
                                                          "<ChecksumCRC32>AAAAAA==</ChecksumCRC32></Part>",
                               &w),
                     ERR_NONE);
    assert_int_equal(w.count, 2);
    assert_int_equal(w.parts[0].number, 1);
    assert_str(w.parts[0].etag, "a");
    assert_null(w.parts[0].checksum.p);
    assert_int_equal(w.parts[1].number, 10000);
    assert_str(w.parts[1].etag, "b");
    assert_str(w.parts[1].checksum, "AAAAAA==");
}

static void wanted_parts_that_cannot_be(void **state)
{
    struct s3_wanted w;
    assert_int_equal(wanted_of(*state, "", &w), ERR_SERIALIZATION);
    assert_int_equal(wanted_of(*state, "<Part/>", &w), ERR_SERIALIZATION);
    assert_int_equal(wanted_of(*state, PART("a", "e"), &w), ERR_SERIALIZATION);
    assert_int_equal(wanted_of(*state, "<Other/>" PART("1", "e"), &w), ERR_SERIALIZATION);
    assert_int_equal(wanted_of(*state, PART("0", "e"), &w), ERR_INVALID_ARGUMENT);
    assert_int_equal(wanted_of(*state, PART("10001", "e"), &w), ERR_INVALID_ARGUMENT);
    assert_int_equal(wanted_of(*state, PART("2", "e") PART("1", "e"), &w), ERR_INVALID_PART_ORDER);
    assert_int_equal(wanted_of(*state, PART("2", "e") PART("2", "e"), &w), ERR_INVALID_PART_ORDER);
}

static enum err_code deletions_of(struct arena *a, const char *text, struct s3_deletions *ret)
{
    struct err err = {.code = ERR_NONE};
    return s3_deletions_read(a, str_from(text), ret, &err) == 0 ? ERR_NONE : err.code;
}

static void deletions(void **state)
{
    struct s3_deletions d;
    assert_int_equal(deletions_of(*state,
                                  "<Delete><Object><Key>a&amp;b</Key></Object><Quiet>true</Quiet>"
                                  "<Object><Key>c</Key><VersionId>null</VersionId><ETag>\"e\"</ETag>"
                                  "<Size>1</Size></Object></Delete>",
                                  &d),
                     ERR_NONE);
    assert_true(d.quiet);
    assert_int_equal(d.count, 2);
    assert_str(d.items[0].key, "a&b");
    assert_false(d.items[0].conditional);
    assert_str(d.items[1].version_id, "null");
    assert_str(d.items[1].etag, "\"e\"");
    assert_true(d.items[1].conditional);
    static const char *const malformed[] = {"",
                                            "<Delete/>",
                                            "<Delete><Object/></Delete>",
                                            "<Delete><Object><Key/></Object></Delete>",
                                            "<Delete><Key>k</Key></Delete>",
                                            "<Other><Object><Key>k</Key></Object></Other>"};
    for (size_t i = 0; i < ARRAY_SIZE(malformed); i++)
        assert_int_equal(deletions_of(*state, malformed[i], &d), ERR_SERIALIZATION);
}

static void kept_parts(void **state)
{
    CLEANUP_BUF struct buf text;
    struct s3_part part;
    uint64_t offset;
    (void)state;
    buf_init(&text, 4096);
    s3_parts_add(&text, &(struct s3_part){1, 100, STR("AAAA")});
    s3_parts_add(&text, &(struct s3_part){3, 50, STR_NULL});
    s3_parts_add(&text, &(struct s3_part){9, 7, STR("BBBB")});
    assert_int_equal(s3_parts_count(buf_str(&text)), 3);
    assert_true(s3_parts_find(buf_str(&text), 9, &part, &offset));
    assert_int_equal(offset, 150);
    assert_int_equal(part.size, 7);
    assert_str(part.checksum, "BBBB");
    assert_true(s3_parts_find(buf_str(&text), 3, &part, &offset));
    assert_int_equal(part.checksum.n, 0);
    assert_false(s3_parts_find(buf_str(&text), 2, &part, &offset));
    struct str damaged[] = {STR("1"), STR("1 2"), STR("a 2 \n"), STR("1 -2 \n")};
    for (size_t i = 0; i < ARRAY_SIZE(damaged); i++)
        assert_false(s3_parts_next(&damaged[i], &part));
}

static void counted_tags(void **state)
{
    (void)state;
    assert_int_equal(s3_tags_count(STR_NULL), 0);
    assert_int_equal(s3_tags_count(STR("a=1")), 1);
    assert_int_equal(s3_tags_count(STR("a=1&b=&c=3")), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        S3_TEST(wanted_parts), S3_TEST(wanted_parts_that_cannot_be), S3_TEST(deletions), S3_TEST(kept_parts),
        S3_TEST(counted_tags),
    };
    return cmocka_run_group_tests_name("s3 multipart", tests, NULL, NULL);
}
