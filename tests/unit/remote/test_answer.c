#include "remote/proxy/answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct http_header tag = {STR("etag"), STR("\"x\"")},
                                range = {STR("Content-Range"), STR("bytes 0-1/2")};
static const struct http_headers none = {0}, tagged = {&tag, 1}, ranged = {&range, 1};
static const struct answer_to reads = {.reads = true}, writes = {0}, stores = {.stores = true},
                              part = {.reads = true, .ranged = true},
                              changed = {.reads = true, .conditional = true}, restores = {.restores = true};

static void test_what_s3_gives(void **state)
{
    (void)state;
    assert_null(answer_wrong(&reads, 200, &none));
    assert_null(answer_wrong(&part, 206, &ranged));
    assert_null(answer_wrong(&part, 200, &none));
    assert_null(answer_wrong(&changed, 304, &none));
    assert_null(answer_wrong(&writes, 200, &none));
    assert_null(answer_wrong(&writes, 204, &none));
    assert_null(answer_wrong(&stores, 200, &tagged));
    assert_null(answer_wrong(&restores, 202, &none));
    for (int status = 400; status <= 599; status++)
        assert_null(answer_wrong(&stores, status, &none));
}

static void test_what_it_does_not(void **state)
{
    (void)state;
    static const int never[] = {-1,  0,   99,  100, 103, 199, 201, 203, 205, 207,
                                299, 300, 301, 302, 303, 307, 308, 600, 999};
    static const struct answer_to *const all[] = {&reads, &writes, &stores, &part, &changed, &restores};
    for (size_t i = 0; i < ARRAY_SIZE(never); i++)
        for (size_t k = 0; k < ARRAY_SIZE(all); k++)
            assert_non_null(answer_wrong(all[k], never[i], &tagged));
    assert_non_null(answer_wrong(&reads, 206, &ranged));
    assert_non_null(answer_wrong(&part, 206, &none));
    assert_non_null(answer_wrong(&reads, 204, &none));
    assert_non_null(answer_wrong(&reads, 304, &none));
    assert_non_null(answer_wrong(&writes, 202, &none));
    assert_non_null(answer_wrong(&writes, 206, &ranged));
    assert_non_null(answer_wrong(&stores, 200, &none));
    assert_non_null(answer_wrong(&stores, 204, &tagged));
}

static void test_what_a_success_names(void **state)
{
    (void)state;
    struct str page = STR("<html>ETag</html>"), tagged_body = STR("<r><ETag>x</ETag></r>");
    static const char *const writes_of[] = {"CompleteMultipartUpload", "CopyObject", "UploadPartCopy"};
    for (size_t i = 0; i < ARRAY_SIZE(writes_of); i++) {
        assert_null(answer_lacks(writes_of[i], tagged_body));
        assert_non_null(answer_lacks(writes_of[i], page));
        assert_non_null(answer_lacks(writes_of[i], STR("")));
        assert_non_null(answer_lacks(writes_of[i], STR("<r><ETag></ETag></r>")));
    }
    assert_null(answer_lacks("CreateMultipartUpload", STR("<r><UploadId>u</UploadId></r>")));
    assert_non_null(answer_lacks("CreateMultipartUpload", tagged_body));
    assert_null(answer_lacks("DeleteObject", STR("")));
    assert_null(answer_lacks("", page));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_s3_gives),
        cmocka_unit_test(test_what_it_does_not),
        cmocka_unit_test(test_what_a_success_names),
    };
    return cmocka_run_group_tests_name("answer", tests, NULL, NULL);
}
