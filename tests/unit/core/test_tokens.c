/* A client's token stands for one resource, whoever comes when. */
#include "harness.h"

#include "core/tokens.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

HARNESS_FIXTURE(h)

struct outcome {
    bool come;
    struct token_claim *claim;
    char id[40];
    enum err_code code;
    char detail[ERR_DETAIL_MAX];
};

static void on_claimed(void *ctx, struct token_claim *claim, struct str id, const struct err *err)
{
    struct outcome *o = ctx;
    o->come = true;
    o->claim = claim;
    if (id.n)
        memcpy(o->id, id.p, id.n);
    if (err) {
        o->code = err->code;
        memcpy(o->detail, err->detail, sizeof o->detail);
    }
}

static void claim(const char *token, const char *digest, int64_t max_age_ms, struct outcome *ret)
{
    struct token_request r = {STR("op/key"), str_from(token), str_from(digest), max_age_ms};
    *ret = (struct outcome){0};
    token_claim(h.core, &r, on_claimed, ret);
}

static void on_stored(void *ctx, const struct err *err)
{
    assert_null(err);
    *(bool *)ctx = true;
}

static void make(struct outcome *o, const char *id)
{
    bool stored = false;
    struct token_record r = token_claim_record(h.core, o->claim);
    struct store_batch *b = store_batch_new(h.store);
    r.resource_id = str_from(id);
    if (r.scope.p)
        store_add_token(b, &r);
    store_commit(h.store, b, on_stored, &stored);
    HARNESS_UNTIL(&h, stored);
    token_settle(h.core, o->claim, str_from(id), NULL);
}

static void test_second_call_gets_the_first_ones_resource(void **state)
{
    (void)state;
    struct outcome a, b;
    claim("t", "d", 0, &a);
    HARNESS_UNTIL(&h, a.come);
    assert_non_null(a.claim);
    make(&a, "one");
    claim("t", "d", 0, &b);
    HARNESS_UNTIL(&h, b.come);
    assert_null(b.claim);
    assert_string_equal(b.id, "one");
}

static void test_other_parameters_are_refused(void **state)
{
    (void)state;
    struct outcome a, b;
    claim("t", "d", 0, &a);
    HARNESS_UNTIL(&h, a.come);
    claim("t", "other", 0, &b); /* while the first is under way */
    assert_int_equal(b.code, ERR_INVALID_REQUEST);
    assert_string_equal(b.detail, "IDEMPOTENT_PARAMETER_MISMATCH");
    make(&a, "one");
    claim("t", "other", 0, &b);
    HARNESS_UNTIL(&h, b.come);
    assert_string_equal(b.detail, "IDEMPOTENT_PARAMETER_MISMATCH");
}

static void test_concurrent_calls_wait_for_the_first(void **state)
{
    (void)state;
    struct outcome a, b, c;
    claim("t", "d", 0, &a);
    claim("t", "d", 0, &b);
    HARNESS_UNTIL(&h, a.come);
    claim("t", "d", 0, &c);
    assert_false(b.come || c.come);
    make(&a, "one");
    assert_string_equal(b.id, "one");
    assert_string_equal(c.id, "one");
}

static void test_failed_first_call_fails_those_that_wait_and_frees_the_token(void **state)
{
    (void)state;
    struct outcome a, b;
    struct err err;
    claim("t", "d", 0, &a);
    HARNESS_UNTIL(&h, a.come);
    claim("t", "d", 0, &b);
    err_set(&err, ERR_TOO_MANY_REQUESTS, "no room");
    token_settle(h.core, a.claim, STR_NULL, &err);
    assert_int_equal(b.code, ERR_TOO_MANY_REQUESTS);
    claim("t", "d", 0, &b);
    HARNESS_UNTIL(&h, b.come);
    assert_non_null(b.claim);
    token_settle(h.core, b.claim, STR("x"), NULL);
}

static void test_old_invocation_is_a_new_call(void **state)
{
    (void)state;
    struct outcome a, b;
    claim("t", "d", 1000, &a);
    HARNESS_UNTIL(&h, a.come);
    make(&a, "one");
    harness_pass(&h, 1000);
    claim("t", "d", 1000, &b);
    HARNESS_UNTIL(&h, b.come);
    assert_string_equal(b.id, "one");
    harness_pass(&h, 1);
    claim("t", "d", 1000, &b);
    HARNESS_UNTIL(&h, b.come);
    assert_non_null(b.claim);
    make(&b, "two");
}

static void test_tokens_outlive_the_server(void **state)
{
    (void)state;
    struct outcome a, b;
    claim("t", "d", 0, &a);
    HARNESS_UNTIL(&h, a.come);
    make(&a, "one");
    harness_restart(&h);
    claim("t", "d", 0, &b);
    HARNESS_UNTIL(&h, b.come);
    assert_string_equal(b.id, "one");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_second_call_gets_the_first_ones_resource),
        TEST(test_other_parameters_are_refused),
        TEST(test_concurrent_calls_wait_for_the_first),
        TEST(test_failed_first_call_fails_those_that_wait_and_frees_the_token),
        TEST(test_old_invocation_is_a_new_call),
        TEST(test_tokens_outlive_the_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
