#include "fixture.h"

#include "model/sts.gen.h"

static void encodes(const struct model_shape *shape, const void *value, const char *json)
{
    struct buf out;
    buf_init(&out, 1 << 16);
    model_encode(shape, value, &out);
    buf_add_char(&out, '\0');
    assert_false(out.overflow);
    assert_string_equal(out.p, json);
    buf_done(&out);
}

static void nothing_but_what_is_there(void **state)
{
    (void)state;
    encodes(&athena_shape_get_session_response, &(struct athena_get_session_response){0}, "{}");
    encodes(&athena_shape_tag_resource_output, &(struct athena_tag_resource_output){0}, "{}");
    struct athena_session_status status = {.state = (enum athena_session_state)ATHENA_SESSION_STATE_COUNT};
    encodes(&athena_shape_session_status, &status, "{}");
}

static void every_kind(void **state)
{
    (void)state;
    struct athena_session_status status = {
        .start_date_time = MODEL_TIME(1690000000123),
        .end_date_time = MODEL_TIME(0),
        .state = ATHENA_SESSION_STATE_TERMINATED,
        .state_change_reason = STR("a \"b\"\n\x01"),
    };
    struct athena_session_statistics statistics = {.dpu_execution_in_millis = MODEL_INT(0)};
    struct athena_get_session_response out = {
        .session_id = STR("s"), .description = STR(""), .status = &status, .statistics = &statistics};
    encodes(&athena_shape_get_session_response, &out,
            "{\"SessionId\":\"s\",\"Description\":\"\",\"Status\":{\"StartDateTime\":1690000000.123,"
            "\"EndDateTime\":0.000,\"State\":\"TERMINATED\",\"StateChangeReason\":\"a \\\"b\\\"\\n\\u0001\"},"
            "\"Statistics\":{\"DpuExecutionInMillis\":0}}");
}

static void lists_and_maps(void **state)
{
    (void)state;
    struct athena_tag tags[] = {{.key = STR("k"), .value = STR("")}, {.key = STR("l")}};
    struct athena_list_tags_for_resource_output out = {.tags = {.items = tags, .count = 2, .present = true}};
    encodes(&athena_shape_list_tags_for_resource_output, &out,
            "{\"Tags\":[{\"Key\":\"k\",\"Value\":\"\"},{\"Key\":\"l\"}]}");
    out.tags = (struct athena_tag_list){.present = true};
    encodes(&athena_shape_list_tags_for_resource_output, &out, "{\"Tags\":[]}");
    struct athena_parameters_map_entry entries[] = {{STR("a"), STR("1")}, {STR("b"), STR_NULL}};
    struct athena_engine_configuration engine = {
        .spark_properties = {.items = entries, .count = 2, .present = true}};
    encodes(&athena_shape_engine_configuration, &engine, "{\"SparkProperties\":{\"a\":\"1\"}}");
}

static void booleans_and_doubles(void **state)
{
    (void)state;
    struct athena_query_execution_statistics statistics = {.dpu_count = MODEL_DOUBLE(2.5)};
    encodes(&athena_shape_query_execution_statistics, &statistics, "{\"DpuCount\":2.5}");
    struct athena_identity_center_configuration center = {.enable_identity_center = MODEL_BOOL(false)};
    encodes(&athena_shape_identity_center_configuration, &center, "{\"EnableIdentityCenter\":false}");
}

static void what_was_encoded_decodes_again(void **state)
{
    static const char *const documents[] = {
        "{\"WorkGroup\":\"w\",\"EngineConfiguration\":{}}",
        "{\"Description\":\"\\u0000\xf0\x9f\x98\x80\",\"WorkGroup\":\"w\",\"EngineConfiguration\":{"
        "\"CoordinatorDpuSize\":1,\"MaxConcurrentDpus\":5000,\"AdditionalConfigs\":{\"a\":\"\",\"b\":\"x\"},"
        "\"Classifications\":[{\"Name\":\"n\",\"Properties\":{\"p\":\"q\"}},{}]},\"Tags\":[],"
        "\"CopyWorkGroupTags\":false}",
    };
    for (size_t i = 0; i < ARRAY_SIZE(documents); i++) {
        struct athena_start_session_request in;
        decode_ok(*state, &athena_shape_start_session_request, documents[i], &in);
        encodes(&athena_shape_start_session_request, &in, documents[i]);
    }
}

static void overflow_shows_in_the_buffer(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 8);
    model_encode(&athena_shape_tag, &(struct athena_tag){.key = STR("longer than eight")}, &out);
    assert_true(out.overflow);
    buf_done(&out);
}

static void answers_of_the_query_protocol(void **state)
{
    (void)state;
    struct sts_get_caller_identity_response value = {.user_id = STR("AKIA<&>"),
                                                     .account = STR("000000000000"),
                                                     .arn = STR("arn:aws:iam::000000000000:root")};
    struct buf out;
    buf_init(&out, 4096);
    const struct model_operation *operation = model_find_operation(&sts_service, STR("GetCallerIdentity"));
    model_encode_query(&sts_service, operation, &value, STR("id-1"), &out);
    buf_add_char(&out, '\0');
    assert_string_equal(
        out.p, "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"
               "<GetCallerIdentityResult><UserId>AKIA&lt;&amp;&gt;</UserId><Account>000000000000</Account>"
               "<Arn>arn:aws:iam::000000000000:root</Arn></GetCallerIdentityResult>"
               "<ResponseMetadata><RequestId>id-1</RequestId></ResponseMetadata>"
               "</GetCallerIdentityResponse>\n");
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MODEL_TEST(nothing_but_what_is_there),
        MODEL_TEST(every_kind),
        MODEL_TEST(lists_and_maps),
        MODEL_TEST(booleans_and_doubles),
        MODEL_TEST(what_was_encoded_decodes_again),
        MODEL_TEST(overflow_shows_in_the_buffer),
        MODEL_TEST(answers_of_the_query_protocol),
    };
    return cmocka_run_group_tests_name("model: encode", tests, NULL, NULL);
}
