#include "fixture.h"

#include "model/pattern.h"

#include <pthread.h>

static bool matches(const struct model_shape *shape, const char *text)
{
    assert_non_null(shape->pattern);
    return model_pattern_matches(shape->pattern, str_from(text));
}

/* Every pattern of the services compiles: reaching one that does not ends the program. */
static void compile_below(const struct model_shape *shape, unsigned depth)
{
    if (!shape || depth > 8)
        return;
    if (shape->pattern)
        model_pattern_matches(shape->pattern, STR("x"));
    compile_below(shape->key, depth + 1);
    compile_below(shape->item, depth + 1);
    for (size_t i = 0; i < shape->member_count; i++)
        compile_below(shape->members[i].shape, depth + 1);
}

static void every_pattern_compiles(void **state)
{
    (void)state;
    for (size_t i = 0; i < athena_service.operation_count; i++) {
        compile_below(athena_service.operations[i].input, 0);
        compile_below(athena_service.operations[i].output, 0);
    }
}

static void whole_values_only(void **state)
{
    (void)state;
    const struct model_shape *name = &athena_shape_work_group_name;
    assert_true(matches(name, "spark-1._A"));
    assert_false(matches(name, ""));
    assert_false(matches(name, "spark "));
    assert_false(matches(name, " spark"));
    assert_false(matches(name, "spark\n"));
}

static void characters_beyond_sixteen_bits(void **state)
{
    (void)state;
    const struct model_shape *name = &athena_shape_catalog_name_string;
    assert_true(matches(name, "caf\xc3\xa9 \xf0\x9f\x98\x80\t"));
    assert_true(matches(name, "\xf4\x8f\xbf\xbf")); /* U+10FFFF */
    assert_true(matches(name, "\xef\xbf\xbd"));     /* U+FFFD */
    assert_false(matches(name, "\xef\xbf\xbf"));    /* U+FFFF */
    assert_false(matches(name, "a\nb"));
    assert_false(matches(name, "\x1f"));
}

static void look_ahead(void **state)
{
    (void)state;
    const struct model_shape *name = &athena_shape_notebook_name;
    assert_true(matches(name, "My notebook"));
    assert_false(matches(name, "a/b"));
    assert_false(matches(name, "a:b"));
    assert_false(matches(name, "a\\b"));
    assert_false(matches(name, ""));
}

static void arns_and_uris(void **state)
{
    (void)state;
    assert_true(matches(&athena_shape_role_arn, "arn:aws:iam::123456789012:role/path/Name+=,.@-_"));
    assert_true(matches(&athena_shape_role_arn, "arn:aws-us-gov:iam::123456789012:role/N"));
    assert_false(matches(&athena_shape_role_arn, "arn:aws:iam::12345678901:role/N"));
    assert_false(matches(&athena_shape_role_arn, "arn:aws:iam::123456789012:user/N"));
    assert_true(matches(&athena_shape_s3_uri, "s3://bucket/key"));
    assert_true(matches(&athena_shape_s3_uri, "https://host/"));
    assert_false(matches(&athena_shape_s3_uri, "http://host/"));
    assert_false(matches(&athena_shape_s3_uri, "s3:///key"));
    assert_true(matches(&athena_shape_kms_key, "alias/key"));
    assert_false(matches(&athena_shape_kms_key, "key"));
}

/* Each 'a' more makes the first branch nearly twice as slow; the second would match in the end. */
static void matching_is_bounded(void **state)
{
    (void)state;
    static struct model_pattern slow = {.text = "", .regex = "(?:(?:a|aa)+b|a+c)"};
    struct str all = STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaac");
    assert_true(model_pattern_matches(&slow, str_sub(all, 12, all.n)));
    assert_false(model_pattern_matches(&slow, all));
}

static void *match_once(void *pattern)
{
    return model_pattern_matches(pattern, STR("ab")) ? pattern : NULL;
}

static void first_use_from_many_threads(void **state)
{
    (void)state;
    static struct model_pattern pattern = {.text = "", .regex = "[a-b]+"};
    pthread_t threads[8];
    for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, match_once, &pattern), 0);
    for (size_t i = 0; i < ARRAY_SIZE(threads); i++) {
        void *matched;
        assert_int_equal(pthread_join(threads[i], &matched), 0);
        assert_ptr_equal(matched, &pattern);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pattern_compiles),
        cmocka_unit_test(whole_values_only),
        cmocka_unit_test(characters_beyond_sixteen_bits),
        cmocka_unit_test(look_ahead),
        cmocka_unit_test(arns_and_uris),
        cmocka_unit_test(matching_is_bounded),
        cmocka_unit_test(first_use_from_many_threads),
    };
    return cmocka_run_group_tests_name("model: patterns", tests, NULL, NULL);
}
