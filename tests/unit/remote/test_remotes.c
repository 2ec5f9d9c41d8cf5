/* Which bucket lives where, and which settings of a remote mean something. */
#include "remote/delivery/upload.h"
#include "remote/remote.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

static struct remote_config sound(const char *name, const char *buckets)
{
    return (struct remote_config){
        .name = name,
        .endpoint = "http://127.0.0.1:9000",
        .region = "us-east-1",
        .buckets = buckets,
        .path_style = "auto",
        .credentials = "static",
        .profile = "default",
        .access_key_id = "AKID",
        .secret = "hush",
        .token = "",
        .ca_file = "",
        .connections = 4,
        .part_bytes = 8 << 20,
    };
}

static void refuse(struct remote_config c, const char *words)
{
    struct err err;
    assert_int_equal(remote_config_check(&c, &err), -1);
    assert_true(str_contains(str_from(err.text), str_from(words)));
    assert_true(str_contains(str_from(err.text), STR("remote.r")));
    assert_false(str_contains(str_from(err.text), STR("hush")));
}

#define WITH(member, value)                                                                                  \
    ({                                                                                                       \
        struct remote_config c_ = sound("r", "b-1");                                                         \
        c_.member = value;                                                                                   \
        c_;                                                                                                  \
    })

static void test_settings(void **state)
{
    (void)state;
    struct err err;
    struct remote_config good = sound("r", "bucket, logs-*");
    assert_int_equal(remote_config_check(&good, &err), 0);
    good.endpoint = "";
    assert_int_equal(remote_config_check(&good, &err), 0);
    good.endpoint = "https://s3.example.com/";
    assert_int_equal(remote_config_check(&good, &err), 0);
    refuse(WITH(endpoint, "s3.example.com"), "endpoint");
    refuse(WITH(endpoint, "ftp://x"), "endpoint");
    refuse(WITH(endpoint, "http://"), "endpoint");
    refuse(WITH(endpoint, "http://h/path"), "without a path");
    refuse(WITH(endpoint, "http://user@h"), "endpoint");
    refuse(WITH(endpoint, "http://a b"), "endpoint");
    refuse(WITH(region, ""), "region");
    refuse(WITH(region, "x/y"), "region");
    refuse(WITH(buckets, ""), "names no bucket");
    refuse(WITH(buckets, " , "), "names no bucket");
    refuse(WITH(buckets, "Bucket"), "no bucket's name");
    refuse(WITH(buckets, "a/*"), "no bucket's name");
    refuse(WITH(credentials, "vault"), "none of static");
    refuse(WITH(credentials, "file:relative"), "none of static");
    refuse(WITH(credentials, "command:"), "none of static");
    refuse(WITH(access_key_id, ""), "are missing");
    refuse(WITH(secret, ""), "are missing");
}

static void note(void *ctx, struct str bucket)
{
    struct str *last = ctx;
    assert_true(str_is(bucket, "exact"));
    *last = bucket;
}

static void test_the_first_that_names_a_bucket_has_it(void **state)
{
    (void)state;
    struct loop *loop = loop_new();
    struct remotes *r = remotes_new(loop, &clock_system);
    struct remote_config both[] = {sound("one", "exact, a-*"), sound("two", "*")};
    assert_null(remotes_find(r, STR("exact")));
    remotes_configure(r, both, 2);
    struct remote *one = remotes_find(r, STR("exact"));
    assert_non_null(one);
    assert_ptr_equal(remotes_find(r, STR("a-x")), one);
    assert_ptr_not_equal(remotes_find(r, STR("b-x")), one);
    struct str last = STR_NULL;
    remotes_each_bucket(r, note, &last);
    assert_non_null(last.p);
    remotes_configure(r, both, 0);
    assert_null(remotes_find(r, STR("exact")));
    remotes_free(r);
    loop_free(loop);
}

static void on_uploaded(void *ctx, struct str etag, const struct err *err)
{
    (void)ctx, (void)etag, (void)err;
    fail();
}

/* As when the server ends: the file is still being read then, and the upload goes once it has been. */
static void test_an_upload_that_was_canceled_ends_after_the_remotes(void **state)
{
    (void)state;
    struct loop *loop = loop_new();
    struct remotes *r = remotes_new(loop, &clock_system);
    struct remote_config both[] = {sound("one", "exact"), sound("two", "*")};
    FILE *f = tmpfile();
    assert_non_null(f);
    assert_int_equal(fputs("content", f) < 0 || fflush(f) != 0, 0);
    remotes_configure(r, both, 2);
    struct upload_target target = {.bucket = STR("exact"), .key = STR("key")};
    struct upload_source source = {.fd = dup(fileno(f)), .size = sizeof "content" - 1};
    upload_cancel(upload_start(remotes_find(r, STR("exact")), NULL, &target, &source, on_uploaded, NULL));
    remotes_free(r);
    loop_finish_work(loop);
    loop_free(loop);
    fclose(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_settings),
        cmocka_unit_test(test_the_first_that_names_a_bucket_has_it),
        cmocka_unit_test(test_an_upload_that_was_canceled_ends_after_the_remotes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
