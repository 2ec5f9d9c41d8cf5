#include "fixture.h"

static const struct model_shape *const start_session = &athena_shape_start_session_request;
static const struct model_shape *const list_sessions = &athena_shape_list_sessions_request;

static void serialization(struct arena *a, const struct model_shape *shape, const char *json,
                          const char *text)
{
    decode_fails(a, shape, str_from(json), ERR_SERIALIZATION, text);
}

static void fills_every_kind(void **state)
{
    struct athena_start_session_request in;
    decode_ok(
        *state, start_session,
        "{\"WorkGroup\":\"spark\",\"Description\":\"d\",\"SessionIdleTimeoutInMinutes\":15,"
        "\"CopyWorkGroupTags\":true,\"Tags\":[{\"Key\":\"k\",\"Value\":\"v\"},{\"Key\":\"l\"}],"
        "\"EngineConfiguration\":{\"MaxConcurrentDpus\":20,\"SparkProperties\":{\"b\":\"2\",\"a\":\"1\"}},"
        "\"MonitoringConfiguration\":{\"CloudWatchLoggingConfiguration\":{\"Enabled\":false,"
        "\"LogTypes\":{\"SPARK_DRIVER\":[\"STDOUT\",\"STDERR\"]}}}}",
        &in);
    assert_true(str_is(in.work_group, "spark"));
    assert_int_equal(in.work_group.p[in.work_group.n], '\0');
    assert_true(in.session_idle_timeout_in_minutes.present);
    assert_int_equal(in.session_idle_timeout_in_minutes.value, 15);
    assert_true(in.copy_work_group_tags.present && in.copy_work_group_tags.value);
    assert_int_equal(in.tags.count, 2);
    assert_true(str_is(in.tags.items[1].key, "l"));
    assert_null(in.tags.items[1].value.p);
    const struct athena_parameters_map *properties = &in.engine_configuration->spark_properties;
    assert_int_equal(properties->count, 2);
    assert_true(str_is(properties->items[0].key, "a")); /* sorted by key */
    assert_true(str_is(properties->items[1].value, "2"));
    const struct athena_cloud_watch_logging_configuration *logging =
        in.monitoring_configuration->cloud_watch_logging_configuration;
    assert_true(logging->enabled.present && !logging->enabled.value);
    assert_true(str_is(logging->log_types.items[0].value.items[1], "STDERR"));
}

static void absent_is_zero(void **state)
{
    struct athena_start_session_request in;
    memset(&in, 0xff, sizeof in);
    decode_ok(*state, start_session, "{\"WorkGroup\":\"w\",\"EngineConfiguration\":{}}", &in);
    assert_null(in.description.p);
    assert_null(in.monitoring_configuration);
    assert_false(in.session_idle_timeout_in_minutes.present);
    assert_false(in.tags.present);
    assert_false(in.copy_work_group_tags.present);
    assert_non_null(in.engine_configuration);
    assert_false(in.engine_configuration->spark_properties.present);
}

static void null_is_absent(void **state)
{
    struct athena_list_sessions_request in;
    decode_ok(*state, list_sessions,
              "{\"WorkGroup\":\"w\",\"MaxResults\":null,\"NextToken\":null,\"StateFilter\":null}", &in);
    assert_false(in.max_results.present);
    assert_null(in.next_token.p);
    assert_int_equal(in.state_filter, ATHENA_SESSION_STATE_ABSENT);
}

static void null_items_are_dropped(void **state)
{
    struct athena_untag_resource_input in;
    decode_ok(*state, &athena_shape_untag_resource_input,
              "{\"ResourceARN\":\"arn\",\"TagKeys\":[null,\"a\",null,\"b\"]}", &in);
    assert_int_equal(in.tag_keys.count, 2);
    assert_true(str_is(in.tag_keys.items[1], "b"));
    struct athena_engine_configuration engine;
    decode_ok(*state, &athena_shape_engine_configuration, "{\"SparkProperties\":{\"a\":null,\"b\":\"1\"}}",
              &engine);
    assert_int_equal(engine.spark_properties.count, 1);
}

static void unknown_members_are_ignored(void **state)
{
    struct athena_get_session_request in;
    decode_ok(*state, &athena_shape_get_session_request,
              "{\"sessionid\":1,\"Other\":{\"a\":[1,{\"b\":null}]},\"SessionId\":\"s\"}", &in);
    assert_true(str_is(in.session_id, "s"));
}

static void empty_body_is_an_empty_object(void **state)
{
    struct athena_list_engine_versions_input in;
    decode_ok(*state, &athena_shape_list_engine_versions_input, "", &in);
    assert_false(in.max_results.present);
    serialization(*state, list_sessions, " ",
                  "The body is not valid JSON: unexpected token near end of file (line 1, column 1).");
}

static void enums_by_name(void **state)
{
    struct athena_list_sessions_request in;
    decode_ok(*state, list_sessions, "{\"WorkGroup\":\"w\",\"StateFilter\":\"IDLE\"}", &in);
    assert_int_equal(in.state_filter, ATHENA_SESSION_STATE_IDLE);
    assert_true(str_is(athena_session_state_name(in.state_filter), "IDLE"));
}

static void body_is_an_object(void **state)
{
    serialization(*state, list_sessions, "[]", "Start of list found where not expected");
    serialization(*state, list_sessions, "null", "The body is not a JSON object.");
    serialization(*state, list_sessions, "\"x\"", "The body is not a JSON object.");
    serialization(*state, list_sessions, "7", "The body is not a JSON object.");
}

static void broken_json(void **state)
{
    static const char *const bodies[] = {
        "{",
        "{\"WorkGroup\":\"w\",}",
        "{\"WorkGroup\":\"w\"} x",
        "{\"WorkGroup\":\"w\",\"WorkGroup\":\"w\"}",
        "{\"WorkGroup\":\"\xff\"}",
        "{\"WorkGroup\":\"\\ud800\"}",
        "{\"MaxResults\":1e999}",
        "{\"MaxResults\":9223372036854775808}",
        "{'a':1}",
        "\xef\xbb\xbf{}",
    };
    for (size_t i = 0; i < ARRAY_SIZE(bodies); i++) {
        struct athena_list_sessions_request in;
        struct err err = {0};
        assert_int_equal(model_decode(list_sessions, str_from(bodies[i]), *state, &in, &err), -1);
        assert_int_equal(err.code, ERR_SERIALIZATION);
        assert_true(str_starts(str_from(err.text), STR("The body is not valid JSON: ")));
    }
}

/* The sentences are Athena's, as measured on the service. */
static void wrong_types(void **state)
{
    struct arena *a = *state;
    serialization(a, list_sessions, "{\"MaxResults\":\"1\"}",
                  "STRING_VALUE can not be converted to an Integer");
    serialization(a, list_sessions, "{\"MaxResults\":true}", "TRUE_VALUE can not be converted to an Integer");
    serialization(a, list_sessions, "{\"MaxResults\":false}",
                  "FALSE_VALUE can not be converted to an Integer");
    serialization(a, list_sessions, "{\"MaxResults\":[1]}", "Start of list found where not expected");
    serialization(a, list_sessions, "{\"MaxResults\":{}}",
                  "Start of structure or map found where not expected.");
    serialization(a, list_sessions, "{\"NextToken\":1}", "NUMBER_VALUE can not be converted to a String");
    serialization(a, list_sessions, "{\"NextToken\":1.5}", "NUMBER_VALUE can not be converted to a String");
    serialization(a, list_sessions, "{\"StateFilter\":true}", "TRUE_VALUE can not be converted to a String");
    serialization(a, start_session, "{\"CopyWorkGroupTags\":\"x\"}",
                  "STRING_VALUE can not be converted to a Boolean");
    serialization(a, start_session, "{\"Tags\":\"x\"}", "Expected list or null");
    serialization(a, start_session, "{\"Tags\":{}}", "Start of structure or map found where not expected.");
    serialization(a, start_session, "{\"Tags\":[1]}", "Expected null");
    serialization(a, start_session, "{\"Tags\":[[]]}", "Start of list found where not expected");
    serialization(a, start_session, "{\"EngineConfiguration\":\"x\"}", "Expected null");
    serialization(a, start_session, "{\"EngineConfiguration\":[]}", "Start of list found where not expected");
    serialization(a, start_session, "{\"EngineConfiguration\":{\"SparkProperties\":3}}",
                  "Expected map or null");
    serialization(a, start_session, "{\"EngineConfiguration\":{\"SparkProperties\":{\"a\":1}}}",
                  "NUMBER_VALUE can not be converted to a String");
    serialization(a, &athena_shape_untag_resource_input, "{\"TagKeys\":[1]}",
                  "NUMBER_VALUE can not be converted to a String");
    serialization(a, &athena_shape_session_status, "{\"StartDateTime\":\"now\"}",
                  "STRING_VALUE can not be converted to milliseconds since epoch");
}

static void types_come_before_constraints(void **state)
{
    serialization(*state, list_sessions, "{\"WorkGroup\":\"?\",\"MaxResults\":\"1\"}",
                  "STRING_VALUE can not be converted to an Integer");
}

static void numbers(void **state)
{
    struct athena_list_sessions_request in;
    decode_ok(*state, list_sessions, "{\"WorkGroup\":\"w\",\"MaxResults\":1e1}", &in);
    assert_int_equal(in.max_results.value, 10);
    decode_ok(*state, list_sessions, "{\"WorkGroup\":\"w\",\"MaxResults\":7.0}", &in);
    assert_int_equal(in.max_results.value, 7);
    const char *refused = "NUMBER_VALUE can not be converted to an Integer";
    serialization(*state, list_sessions, "{\"MaxResults\":1.5}", refused);
    serialization(*state, list_sessions, "{\"MaxResults\":9223372036854775807.0}", refused);
    serialization(*state, list_sessions, "{\"MaxResults\":1e300}", refused);
    struct athena_session_statistics statistics;
    decode_ok(*state, &athena_shape_session_statistics, "{\"DpuExecutionInMillis\":-9223372036854775808}",
              &statistics);
    assert_true(statistics.dpu_execution_in_millis.value == INT64_MIN);
}

static void integers_have_32_bits(void **state)
{
    struct arena *a = *state;
    decode_fails(
        a, list_sessions, STR("{\"WorkGroup\":\"w\",\"MaxResults\":99999999999}"), ERR_INVALID_REQUEST,
        ONE("Value at 'maxResults' failed to satisfy constraint: Member must have value less than or equal "
            "to 100"));
    const struct model_shape *sizes = &athena_shape_application_dpu_sizes;
    serialization(a, sizes, "{\"SupportedDPUSizes\":[2147483648]}",
                  "NUMBER_VALUE can not be converted to an Integer");
    serialization(a, sizes, "{\"SupportedDPUSizes\":[-2147483649]}",
                  "NUMBER_VALUE can not be converted to an Integer");
    struct athena_application_dpu_sizes value;
    decode_ok(a, sizes, "{\"SupportedDPUSizes\":[2147483647,-2147483648]}", &value);
    assert_int_equal(value.supported_dpu_sizes.items[1].value, INT32_MIN);
}

static void timestamps(void **state)
{
    struct athena_session_status status;
    decode_ok(*state, &athena_shape_session_status,
              "{\"StartDateTime\":1690000000.123,\"EndDateTime\":5,\"IdleSinceDateTime\":-1.5}", &status);
    assert_true(status.start_date_time.ms == 1690000000123);
    assert_int_equal(status.end_date_time.ms, 5000);
    assert_int_equal(status.idle_since_date_time.ms, -1500);
    serialization(*state, &athena_shape_session_status, "{\"StartDateTime\":1e30}",
                  "NUMBER_VALUE can not be converted to milliseconds since epoch");
}

static void nul_inside_a_string(void **state)
{
    struct athena_start_calculation_execution_request in;
    decode_ok(*state, &athena_shape_start_calculation_execution_request,
              "{\"SessionId\":\"s\",\"CodeBlock\":\"a\\u0000b\"}", &in);
    assert_int_equal(in.code_block.n, 3);
    assert_memory_equal(in.code_block.p, "a\0b", 4);
}

/* {"Children":[{"Children":[ ... ]}]} */
static struct str nested_stages(struct arena *a, size_t count)
{
    struct buf json;
    buf_init(&json, 1 << 16);
    for (size_t i = 0; i < count; i++)
        buf_add_cstr(&json, "{\"Children\":[");
    for (size_t i = 0; i < count; i++)
        buf_add_cstr(&json, "]}");
    struct str copy = arena_str(a, buf_str(&json));
    buf_done(&json);
    return copy;
}

static void depth_is_bounded(void **state)
{
    const struct model_shape *stage = &athena_shape_query_stage_plan_node;
    struct athena_query_stage_plan_node node;
    decode_ok(*state, stage, nested_stages(*state, 24).p, &node);
    serialization(*state, stage, nested_stages(*state, 25).p, "The body is nested more than 48 levels deep.");
    struct err err = {0};
    assert_int_equal(model_decode(stage, nested_stages(*state, 3000), *state, &node, &err), -1);
    assert_int_equal(err.code, ERR_SERIALIZATION);
}

static void memory_is_bounded(void **state)
{
    (void)state;
    struct arena *small = arena_new(4096);
    struct buf json;
    buf_init(&json, 4096);
    buf_add_cstr(&json, "{\"ResourceARN\":\"arn\",\"Tags\":[{}");
    while (json.n < 3000)
        buf_add_cstr(&json, ",{}");
    buf_add_cstr(&json, "]}");
    decode_fails(small, &athena_shape_tag_resource_input, buf_str(&json), ERR_TOO_LARGE,
                 "The request holds more than a request may hold in memory.");
    buf_done(&json);
    arena_free(small);
    small = arena_new(64);
    decode_fails(small, &athena_shape_get_session_request,
                 STR("{\"SessionId\":\"0123456789012345678901234567890123456789\"}"), ERR_TOO_LARGE,
                 "The request holds more than a request may hold in memory.");
    arena_free(small);
}

/* A request that fills its arena to the last byte would leave the operation none. */
static void room_is_left_for_the_operation(void **state)
{
    (void)state;
    enum { BYTES = 1 << 20 };
    struct athena_tag_resource_input in;
    struct err err = {0};
    struct buf json;
    buf_init(&json, BYTES);
    for (size_t tags = 1000, failed = 0; !failed; tags += 1000) {
        struct arena *a = arena_new(BYTES);
        buf_clear(&json);
        buf_add_cstr(&json, "{\"ResourceARN\":\"arn:aws:athena\",\"Tags\":[{}");
        for (size_t i = 1; i < tags; i++)
            buf_add_cstr(&json, ",{}");
        buf_add_cstr(&json, "]}");
        failed = model_decode_stored(&athena_shape_tag_resource_input, buf_str(&json), a, &in, &err) < 0;
        assert_true(arena_room(a) >= BYTES / 2);
        assert_true(!failed || err.code == ERR_TOO_LARGE);
        arena_free(a);
    }
    buf_done(&json);
}

static void values_are_bounded(void **state)
{
    struct athena_get_session_request in;
    struct err err = {0};
    struct buf json;
    buf_init(&json, 1 << 20);
    buf_add_cstr(&json, "{\"SessionId\":\"s\",\"unknown\":[0");
    while (json.n < 300000)
        buf_add_cstr(&json, ",0");
    buf_add_cstr(&json, "]}");
    assert_int_equal(model_decode(&athena_shape_get_session_request, buf_str(&json), *state, &in, &err), -1);
    assert_int_equal(err.code, ERR_TOO_LARGE);
    buf_done(&json);
}

static void stored_values_are_not_checked(void **state)
{
    struct athena_query_execution_status status;
    struct err err = {0};
    int rc = model_decode_stored(&athena_shape_query_execution_status, STR("{\"State\":\"OF_THE_FUTURE\"}"),
                                 *state, &status, &err);
    assert_int_equal(rc, 0);
    assert_int_equal(status.state, ATHENA_QUERY_EXECUTION_STATE_ABSENT);
    struct athena_start_session_request in;
    rc = model_decode_stored(start_session,
                             STR("{\"WorkGroup\":\"?\",\"SessionIdleTimeoutInMinutes\":100000}"), *state, &in,
                             &err);
    assert_int_equal(rc, 0);
    assert_int_equal(in.session_idle_timeout_in_minutes.value, 100000);
    rc = model_decode_stored(start_session, STR("{\"WorkGroup\":1}"), *state, &in, &err);
    assert_int_equal(rc, -1);
    assert_int_equal(err.code, ERR_SERIALIZATION);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MODEL_TEST(fills_every_kind),
        MODEL_TEST(absent_is_zero),
        MODEL_TEST(null_is_absent),
        MODEL_TEST(null_items_are_dropped),
        MODEL_TEST(unknown_members_are_ignored),
        MODEL_TEST(empty_body_is_an_empty_object),
        MODEL_TEST(enums_by_name),
        MODEL_TEST(body_is_an_object),
        MODEL_TEST(broken_json),
        MODEL_TEST(wrong_types),
        MODEL_TEST(types_come_before_constraints),
        MODEL_TEST(numbers),
        MODEL_TEST(integers_have_32_bits),
        MODEL_TEST(timestamps),
        MODEL_TEST(nul_inside_a_string),
        MODEL_TEST(depth_is_bounded),
        MODEL_TEST(memory_is_bounded),
        MODEL_TEST(room_is_left_for_the_operation),
        MODEL_TEST(values_are_bounded),
        MODEL_TEST(stored_values_are_not_checked),
    };
    return cmocka_run_group_tests_name("model: decode", tests, NULL, NULL);
}
