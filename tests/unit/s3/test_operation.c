#include "fixture.h"
#include "objects/s3/operation.h"

static void target_is(struct arena *a, const char *path, enum s3_level level, const char *bucket,
                      const char *key)
{
    struct s3_target t;
    struct err err = {0};
    assert_int_equal(s3_target_parse(a, str_from(path), &t, &err), 0);
    assert_int_equal(t.level, level);
    assert_str(t.bucket, bucket ? bucket : "(absent)");
    assert_str(t.key, key ? key : "(absent)");
}

static void target_fails(struct arena *a, const char *path, enum err_code code)
{
    struct s3_target t;
    struct err err;
    assert_int_equal(s3_target_parse(a, str_from(path), &t, &err), -1);
    assert_int_equal(err.code, code);
}

static void levels(void **state)
{
    target_is(*state, "/", S3_SERVICE, NULL, NULL);
    target_is(*state, "/bucket", S3_BUCKET, "bucket", NULL);
    target_is(*state, "/bucket/", S3_BUCKET, "bucket", NULL);
    target_is(*state, "/bucket/key", S3_OBJECT, "bucket", "key");
}

static void keys_are_decoded_once_and_never_normalised(void **state)
{
    target_is(*state, "/bucket//", S3_OBJECT, "bucket", "/");
    target_is(*state, "/bucket/a/", S3_OBJECT, "bucket", "a/");
    target_is(*state, "/bucket/../../etc", S3_OBJECT, "bucket", "../../etc");
    target_is(*state, "/bucket/a//b/./c", S3_OBJECT, "bucket", "a//b/./c");
    target_is(*state, "/bucket/%2e%2E%2f", S3_OBJECT, "bucket", "../");
    target_is(*state, "/bucket/a%2525", S3_OBJECT, "bucket", "a%25");
    target_is(*state, "/bucket/a+b%20c", S3_OBJECT, "bucket", "a+b c");
    target_is(*state, "/bucket/%C3%A4%F0%9F%98%80", S3_OBJECT, "bucket", "\xC3\xA4\xF0\x9F\x98\x80");
    target_is(*state, "/bucket/a?b", S3_OBJECT, "bucket", "a?b");
}

static void keys_that_cannot_be(void **state)
{
    char path[8 + 1025 + 1] = "/bucket/";
    memset(path + 8, 'k', 1025);
    path[8 + 1024] = '\0';
    target_is(*state, path, S3_OBJECT, "bucket", path + 8);
    path[8 + 1024] = 'k';
    target_fails(*state, path, ERR_KEY_TOO_LONG);
    target_fails(*state, "/bucket/%ff", ERR_INVALID_URI);
    target_fails(*state, "/bucket/%", ERR_INVALID_URI);
    target_fails(*state, "/bucket/%4", ERR_INVALID_URI);
    target_fails(*state, "/bucket/%ed%a0%80", ERR_INVALID_URI);
}

static void buckets_that_cannot_be(void **state)
{
    target_fails(*state, "//key", ERR_INVALID_BUCKET_NAME);
    target_fails(*state, "/-/healthz", ERR_INVALID_BUCKET_NAME);
    target_fails(*state, "/-x", ERR_INVALID_BUCKET_NAME);
    target_fails(*state, "/Bucket", ERR_INVALID_BUCKET_NAME);
    target_fails(*state, "/../key", ERR_INVALID_BUCKET_NAME);
    target_fails(*state, "/ab", ERR_INVALID_BUCKET_NAME);
    target_fails(*state, "/a%2Fb", ERR_INVALID_BUCKET_NAME);
    target_fails(*state, "/a%", ERR_INVALID_URI);
    target_fails(*state, "bucket", ERR_INVALID_URI);
    target_fails(*state, "", ERR_INVALID_URI);
    target_fails(*state, "*", ERR_INVALID_URI);
}

static const char *operation_of(struct arena *a, enum s3_level level, const char *method,
                                const char *raw_query)
{
    struct s3_query q;
    struct err err;
    assert_int_equal(s3_query_parse(a, str_from(raw_query), &q, &err), 0);
    const char *subresource;
    if (s3_subresource(&q, &subresource, &err) < 0)
        return arena_cstr(a, str_from(err.text));
    const struct s3_operation *op = s3_operation_find(level, str_from(method), subresource, false);
    return op ? op->name : "none";
}

static void every_operation_is_found(void **state)
{
    assert_string_equal(operation_of(*state, S3_SERVICE, "GET", NULL), "ListBuckets");
    assert_string_equal(operation_of(*state, S3_SERVICE, "GET", "x-id=ListBuckets"), "ListBuckets");
    assert_string_equal(operation_of(*state, S3_BUCKET, "GET", "prefix=a&list-type=2"), "ListObjectsV2");
    assert_string_equal(operation_of(*state, S3_BUCKET, "GET", "location"), "GetBucketLocation");
    assert_string_equal(operation_of(*state, S3_BUCKET, "HEAD", NULL), "HeadBucket");
    assert_string_equal(operation_of(*state, S3_BUCKET, "PUT", NULL), "CreateBucket");
    assert_string_equal(operation_of(*state, S3_BUCKET, "DELETE", NULL), "DeleteBucket");
    assert_string_equal(operation_of(*state, S3_OBJECT, "GET", "x-id=GetObject"), "GetObject");
    assert_string_equal(operation_of(*state, S3_OBJECT, "GET", "versionId=null"), "GetObject");
    assert_string_equal(operation_of(*state, S3_OBJECT, "HEAD", NULL), "HeadObject");
    assert_string_equal(operation_of(*state, S3_OBJECT, "PUT", "x-id=PutObject"), "PutObject");
    assert_string_equal(operation_of(*state, S3_OBJECT, "DELETE", NULL), "DeleteObject");
    assert_string_equal(operation_of(*state, S3_BUCKET, "GET", "prefix=a"), "ListObjects");
    assert_string_equal(operation_of(*state, S3_BUCKET, "GET", "versions"), "ListObjectVersions");
    assert_string_equal(operation_of(*state, S3_BUCKET, "GET", "uploads"), "ListMultipartUploads");
    assert_string_equal(operation_of(*state, S3_BUCKET, "POST", "delete"), "DeleteObjects");
    assert_string_equal(operation_of(*state, S3_BUCKET, "GET", "versioning"), "GetBucketVersioning");
    assert_string_equal(operation_of(*state, S3_OBJECT, "GET", "partNumber=2"), "GetObject");
    assert_string_equal(operation_of(*state, S3_OBJECT, "POST", "uploads"), "CreateMultipartUpload");
    assert_string_equal(operation_of(*state, S3_OBJECT, "PUT", "uploadId=u&partNumber=1"), "UploadPart");
    assert_string_equal(operation_of(*state, S3_OBJECT, "POST", "uploadId=u"), "CompleteMultipartUpload");
    assert_string_equal(operation_of(*state, S3_OBJECT, "DELETE", "uploadId=u"), "AbortMultipartUpload");
    assert_string_equal(operation_of(*state, S3_OBJECT, "GET", "uploadId=u"), "ListParts");
    assert_string_equal(s3_operation_find(S3_OBJECT, STR("PUT"), NULL, true)->name, "CopyObject");
    assert_string_equal(s3_operation_find(S3_OBJECT, STR("PUT"), "uploadId", true)->name, "UploadPartCopy");
}

static void others_are_never_taken_for_plain_ones(void **state)
{
    static const char *const queries[] = {"torrent",
                                          "retention",
                                          "legal-hold",
                                          "select&select-type=2",
                                          "restore",
                                          "renameObject",
                                          "x-id=GetObject&torrent"};
    static const char *const methods[] = {"GET", "HEAD", "PUT", "DELETE", "POST"};
    for (size_t q = 0; q < ARRAY_SIZE(queries); q++)
        for (size_t m = 0; m < ARRAY_SIZE(methods); m++)
            assert_string_equal(operation_of(*state, S3_OBJECT, methods[m], queries[q]), "none");
    assert_string_equal(operation_of(*state, S3_OBJECT, "HEAD", "acl="), "none");
    assert_string_equal(operation_of(*state, S3_OBJECT, "POST", NULL), "none");
    assert_string_equal(operation_of(*state, S3_OBJECT, "PUT", "partNumber=1"), "none");
    assert_string_equal(operation_of(*state, S3_OBJECT, "POST", "uploadId=u&append"),
                        "CompleteMultipartUpload");
    assert_string_equal(operation_of(*state, S3_OBJECT, "GET", "partNumber=1&acl"), "GetObjectAcl");
    assert_string_equal(operation_of(*state, S3_BUCKET, "GET", "list-type=2&location"), "GetBucketLocation");
    assert_string_equal(operation_of(*state, S3_BUCKET, "PUT", "versioning"), "none");
    assert_string_equal(operation_of(*state, S3_BUCKET, "PUT", "policy"), "none");
    assert_string_equal(operation_of(*state, S3_BUCKET, "DELETE", "lifecycle"), "none");
    assert_string_equal(operation_of(*state, S3_BUCKET, "POST", NULL), "none");
    assert_string_equal(operation_of(*state, S3_SERVICE, "PUT", NULL), "none");
    assert_string_equal(operation_of(*state, S3_OBJECT, "get", NULL), "none");
}

static void several_conflict(void **state)
{
    static const char *const methods[] = {"GET", "HEAD", "PUT", "DELETE", "POST"};
    for (size_t m = 0; m < ARRAY_SIZE(methods); m++) {
        assert_string_equal(operation_of(*state, S3_BUCKET, methods[m], "policy&x=1&acl="),
                            "Conflicting query string parameters: acl, policy");
        assert_string_equal(operation_of(*state, S3_OBJECT, methods[m], "uploads&uploadId=u"),
                            "Conflicting query string parameters: uploadId, uploads");
    }
}

static void versions_are_of_objects(void **state)
{
    (void)state;
    static const struct {
        const char *method, *subresource;
        bool copies, versioned;
    } rows[] = {{"GET", NULL, false, true},        {"HEAD", NULL, false, true},
                {"DELETE", NULL, false, true},     {"GET", "tagging", false, true},
                {"PUT", "acl", false, true},       {"GET", "attributes", false, true},
                {"PUT", NULL, false, false},       {"PUT", NULL, true, false},
                {"PUT", "uploadId", false, false}, {"POST", "uploads", false, false},
                {"GET", "uploadId", false, false}};
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        assert_int_equal(
            s3_operation_find(S3_OBJECT, str_from(rows[i].method), rows[i].subresource, rows[i].copies)
                ->versioned,
            rows[i].versioned);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        S3_TEST(levels),
        S3_TEST(keys_are_decoded_once_and_never_normalised),
        S3_TEST(keys_that_cannot_be),
        S3_TEST(buckets_that_cannot_be),
        S3_TEST(every_operation_is_found),
        S3_TEST(others_are_never_taken_for_plain_ones),
        S3_TEST(several_conflict),
        S3_TEST(versions_are_of_objects),
    };
    return cmocka_run_group_tests_name("s3 operation", tests, NULL, NULL);
}
