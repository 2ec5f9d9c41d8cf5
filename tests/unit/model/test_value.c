#include "fixture.h"

static const char *const document =
    "{\"Description\":\"d\",\"WorkGroup\":\"w\",\"EngineConfiguration\":{\"MaxConcurrentDpus\":20,"
    "\"SparkProperties\":{\"a\":\"1\",\"b\":\"2\"},\"Classifications\":[{\"Name\":\"n\","
    "\"Properties\":{\"p\":\"q\"}}]},\"SessionIdleTimeoutInMinutes\":3,\"Tags\":[{\"Key\":\"k\",\"Value\":"
    "\"v\"}]}";

static const struct model_shape *const shape = &athena_shape_start_session_request;

static void copies_stand_alone(void **state)
{
    struct arena *source = arena_new(TEST_ARENA_BYTES);
    struct athena_start_session_request in, copy, again;
    decode_ok(source, shape, document, &in);
    memset(&copy, 0xff, sizeof copy);
    model_copy(shape, *state, &in, &copy);
    assert_true(model_equal(shape, &in, &copy));
    arena_free(source); /* the copy must not need it: a checked build sees it if it does */
    decode_ok(*state, shape, document, &again);
    assert_true(model_equal(shape, &again, &copy));
    assert_true(str_is(copy.engine_configuration->classifications.items[0].properties.items[0].value, "q"));
    assert_null(copy.monitoring_configuration);
}

/* Each change of the document makes it differ. */
static void every_difference_counts(void **state)
{
    static const char *const others[] = {
        "{\"Description\":\"D\"}",
        "{\"Description\":\"\"}",
        "{\"WorkGroup\":\"w\"}",
        "{\"SessionIdleTimeoutInMinutes\":0}",
        "{\"SessionIdleTimeoutInMinutes\":1}",
        "{\"CopyWorkGroupTags\":false}",
        "{\"CopyWorkGroupTags\":true}",
        "{\"EngineConfiguration\":{}}",
        "{\"Tags\":[]}",
        "{\"Tags\":[{}]}",
        "{\"Tags\":[{\"Key\":\"k\"}]}",
        "{\"Tags\":[{\"Key\":\"k\"},{}]}",
        "{\"EngineConfiguration\":{\"SparkProperties\":{}}}",
        "{\"EngineConfiguration\":{\"SparkProperties\":{\"a\":\"1\"}}}",
        "{\"EngineConfiguration\":{\"SparkProperties\":{\"a\":\"2\"}}}",
        "{\"EngineConfiguration\":{\"SparkProperties\":{\"b\":\"1\"}}}",
        "{}",
    };
    struct athena_start_session_request values[ARRAY_SIZE(others)];
    struct err err = {0};
    for (size_t i = 0; i < ARRAY_SIZE(others); i++)
        assert_int_equal(model_decode_stored(shape, str_from(others[i]), *state, &values[i], &err), 0);
    for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
        for (size_t j = 0; j < ARRAY_SIZE(others); j++)
            assert_int_equal(model_equal(shape, &values[i], &values[j]), i == j);
    }
}

static void order_of_a_map_does_not_count(void **state)
{
    struct athena_engine_configuration a, b;
    decode_ok(*state, &athena_shape_engine_configuration, "{\"SparkProperties\":{\"x\":\"1\",\"y\":\"2\"}}",
              &a);
    decode_ok(*state, &athena_shape_engine_configuration, "{\"SparkProperties\":{\"y\":\"2\",\"x\":\"1\"}}",
              &b);
    assert_true(model_equal(&athena_shape_engine_configuration, &a, &b));
}

static void enums_times_and_doubles(void **state)
{
    (void)state;
    struct athena_session_status a = {.state = ATHENA_SESSION_STATE_IDLE, .start_date_time = MODEL_TIME(1)},
                                 b = a;
    assert_true(model_equal(&athena_shape_session_status, &a, &b));
    b.state = ATHENA_SESSION_STATE_BUSY;
    assert_false(model_equal(&athena_shape_session_status, &a, &b));
    b = a;
    b.start_date_time.ms = 2;
    assert_false(model_equal(&athena_shape_session_status, &a, &b));
    struct athena_query_execution_statistics c = {.dpu_count = MODEL_DOUBLE(1)},
                                             d = {.dpu_count = MODEL_DOUBLE(2)};
    assert_false(model_equal(&athena_shape_query_execution_statistics, &c, &d));
    model_copy(&athena_shape_query_execution_statistics, *state, &c, &d);
    assert_true(model_equal(&athena_shape_query_execution_statistics, &c, &d));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MODEL_TEST(copies_stand_alone),
        MODEL_TEST(every_difference_counts),
        MODEL_TEST(order_of_a_map_does_not_count),
        MODEL_TEST(enums_times_and_doubles),
    };
    return cmocka_run_group_tests_name("model: copy and compare", tests, NULL, NULL);
}
