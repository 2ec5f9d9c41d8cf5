#include "fixture.h"

#define AT(place, constraint) "Value at '" place "' failed to satisfy constraint: Member must " constraint

static void invalid(struct arena *a, const struct model_shape *shape, const char *json, const char *text)
{
    decode_fails(a, shape, str_from(json), ERR_INVALID_REQUEST, text);
}

/* {"SessionId":"s","CodeBlock":"<count times text>"} */
static struct str code_block(struct arena *a, const char *text, size_t count)
{
    struct buf json;
    buf_init(&json, 1 << 20);
    buf_add_cstr(&json, "{\"SessionId\":\"s\",\"CodeBlock\":\"");
    for (size_t i = 0; i < count; i++)
        buf_add_cstr(&json, text);
    buf_add_cstr(&json, "\"}");
    struct str copy = arena_str(a, buf_str(&json));
    buf_done(&json);
    return copy;
}

static void required_members(void **state)
{
    invalid(*state, &athena_shape_get_session_request, "{}",
            ONE("Value null at 'sessionId' failed to satisfy constraint: Member must not be null"));
    invalid(*state, &athena_shape_get_session_request, "{\"SessionId\":null}",
            ONE("Value null at 'sessionId' failed to satisfy constraint: Member must not be null"));
    invalid(*state, &athena_shape_tag_resource_input, "{\"ResourceARN\":\"arn:aws\"}",
            ONE("Value null at 'tags' failed to satisfy constraint: Member must not be null"));
}

static void lengths_of_strings(void **state)
{
    invalid(*state, &athena_shape_get_session_request, "{\"SessionId\":\"\"}",
            ONE(AT("sessionId", "have length greater than or equal to 1")));
    struct athena_start_calculation_execution_request in;
    const struct model_shape *shape = &athena_shape_start_calculation_execution_request;
    const char *too_long = ONE(AT("codeBlock", "have length less than or equal to 68000"));
    decode_ok(*state, shape, code_block(*state, "x", 68000).p, &in);
    invalid(*state, shape, code_block(*state, "x", 68001).p, too_long);
}

static void lengths_count_code_points(void **state)
{
    struct athena_start_calculation_execution_request in;
    const struct model_shape *shape = &athena_shape_start_calculation_execution_request;
    struct arena *a = arena_new(4 << 20);
    decode_ok(a, shape, code_block(a, "\xf0\x9f\x98\x80", 68000).p, &in);
    assert_int_equal(in.code_block.n, 4 * 68000);
    invalid(a, shape, code_block(a, "\\ud83d\\ude00", 68001).p,
            ONE(AT("codeBlock", "have length less than or equal to 68000")));
    arena_free(a);
    (void)state;
}

static void values_of_numbers(void **state)
{
    const struct model_shape *shape = &athena_shape_list_sessions_request;
    invalid(*state, shape, "{\"WorkGroup\":\"w\",\"MaxResults\":0}",
            ONE(AT("maxResults", "have value greater than or equal to 1")));
    invalid(*state, shape, "{\"WorkGroup\":\"w\",\"MaxResults\":101}",
            ONE(AT("maxResults", "have value less than or equal to 100")));
    invalid(*state, &athena_shape_work_group_configuration, "{\"BytesScannedCutoffPerQuery\":9999999}",
            ONE(AT("bytesScannedCutoffPerQuery", "have value greater than or equal to 10000000")));
}

static void patterns(void **state)
{
    invalid(*state, &athena_shape_get_work_group_input, "{\"WorkGroup\":\"a b\"}",
            ONE(AT("workGroup", "satisfy regular expression pattern: [a-zA-Z0-9._-]{1,128}")));
    invalid(*state, &athena_shape_get_work_group_input, "{\"WorkGroup\":\"a\\u0000\"}",
            ONE(AT("workGroup", "satisfy regular expression pattern: [a-zA-Z0-9._-]{1,128}")));
    invalid(*state, &athena_shape_get_work_group_input, "{\"WorkGroup\":\"primary\\n\"}",
            ONE(AT("workGroup", "satisfy regular expression pattern: [a-zA-Z0-9._-]{1,128}")));
}

static void enums(void **state)
{
    const char *set =
        ONE(AT("stateFilter", "satisfy enum value set: [CREATING, CREATED, IDLE, BUSY, TERMINATING, "
                              "TERMINATED, DEGRADED, FAILED]"));
    invalid(*state, &athena_shape_list_sessions_request, "{\"WorkGroup\":\"w\",\"StateFilter\":\"idle\"}",
            set);
    invalid(*state, &athena_shape_list_sessions_request, "{\"WorkGroup\":\"w\",\"StateFilter\":\"\"}", set);
    /* A required member with an unknown name is there. */
    invalid(*state, &athena_shape_encryption_configuration, "{\"EncryptionOption\":\"X\"}",
            ONE(AT("encryptionOption", "satisfy enum value set: [SSE_S3, SSE_KMS, CSE_KMS]")));
}

static void sizes_of_lists(void **state)
{
    invalid(*state, &athena_shape_batch_get_named_query_input, "{\"NamedQueryIds\":[]}",
            ONE(AT("namedQueryIds", "have length greater than or equal to 1")));
    struct buf json;
    buf_init(&json, 4096);
    buf_add_cstr(&json, "{\"NamedQueryIds\":[\"0\"");
    for (int i = 1; i < 51; i++)
        buf_printf(&json, ",\"%d\"", i);
    buf_add_cstr(&json, "]}");
    decode_fails(*state, &athena_shape_batch_get_named_query_input, buf_str(&json), ERR_INVALID_REQUEST,
                 ONE(AT("namedQueryIds", "have length less than or equal to 50")));
    buf_done(&json);
}

static void plain_items_are_told_once(void **state)
{
    invalid(*state, &athena_shape_batch_get_named_query_input, "{\"NamedQueryIds\":[\"a\",\"\",\" \",\"b\"]}",
            ONE(AT("namedQueryIds",
                   "satisfy constraint: [Member must have length less than or equal to 128, Member "
                   "must have length greater than or equal to 1, Member must satisfy regular "
                   "expression pattern: \\S+]")));
}

static void places_in_structures_and_lists(void **state)
{
    const struct model_shape *shape = &athena_shape_start_session_request;
    invalid(*state, shape, "{\"WorkGroup\":\"w\",\"EngineConfiguration\":{\"MaxConcurrentDpus\":1}}",
            ONE(AT("engineConfiguration.maxConcurrentDpus", "have value greater than or equal to 2")));
    invalid(*state, shape,
            "{\"WorkGroup\":\"w\",\"EngineConfiguration\":{},\"Tags\":[{\"Key\":\"k\"},{\"Key\":\"\","
            "\"Value\":\"v\"}]}",
            ONE(AT("tags.2.member.key", "have length greater than or equal to 1")));
}

static void places_in_maps(void **state)
{
    const struct model_shape *shape = &athena_shape_start_session_request;
    invalid(*state, shape, "{\"WorkGroup\":\"w\",\"EngineConfiguration\":{\"SparkProperties\":{\"\":\"1\"}}}",
            ONE("Value at 'engineConfiguration.sparkProperties' failed to satisfy constraint: Map keys must "
                "satisfy "
                "constraint: [Member must have length less than or equal to 255, Member must have length "
                "greater than "
                "or equal to 1, Member must satisfy regular expression pattern: "
                "[\\u0020-\\uD7FF\\uE000-\\uFFFD\\uD800\\uDC00-\\uDBFF\\uDFFF\\t]*]"));
}

/* Athena's model has no map whose values have bounds inside; a table of our own has. */
struct entry {
    struct str key;
    struct {
        struct str *items;
        size_t count;
        bool present;
    } value;
};

struct holder {
    struct {
        struct entry *items;
        size_t count;
        bool present;
    } groups;
};

static const struct model_shape name_shape = {
    .name = {"Name", 4}, .kind = MODEL_STRING, .size = sizeof(struct str), .min = 2, .max = 3};
static const struct model_shape names_shape = {.name = {"Names", 5},
                                               .kind = MODEL_LIST,
                                               .size = sizeof(((struct entry *)0)->value),
                                               .min = MODEL_NO_MIN,
                                               .max = 2,
                                               .item = &name_shape,
                                               .item_size = sizeof(struct str)};
static const struct model_shape groups_shape = {.name = {"Groups", 6},
                                                .kind = MODEL_MAP,
                                                .size = sizeof(((struct holder *)0)->groups),
                                                .min = 1,
                                                .max = MODEL_NO_MAX,
                                                .key = &athena_shape_string,
                                                .item = &names_shape,
                                                .item_size = sizeof(struct entry),
                                                .item_offset = offsetof(struct entry, value)};
static const struct model_member holder_members[] = {{.name = {"Groups", 6},
                                                      .place = {"groups", 6},
                                                      .shape = &groups_shape,
                                                      .offset = offsetof(struct holder, groups)}};
static const struct model_shape holder_shape = {.name = {"Holder", 6},
                                                .kind = MODEL_STRUCTURE,
                                                .size = sizeof(struct holder),
                                                .members = holder_members,
                                                .member_count = 1};

static void places_below_maps(void **state)
{
    struct holder value;
    decode_ok(*state, &holder_shape, "{\"Groups\":{\"a\":[\"xx\",\"xxx\"],\"b\":[]}}", &value);
    invalid(*state, &holder_shape, "{\"Groups\":{}}",
            ONE(AT("groups", "have length greater than or equal to 1")));
    invalid(*state, &holder_shape, "{\"Groups\":{\"b\":[],\"a\":[\"xx\",\"xx\",\"xx\"]}}",
            ONE(AT("groups.a.member", "have length less than or equal to 2")));
    invalid(*state, &holder_shape, "{\"Groups\":{\"a\":[\"x\"]}}",
            ONE(AT("groups.a.member",
                   "satisfy constraint: [Member must have length less than or equal to 3, Member "
                   "must have length greater than or equal to 2]")));
    /* A long key is cut at a character's border. */
    invalid(*state, &holder_shape,
            "{\"Groups\":{\"012345678901234567890123456789012345678901234567890123456789012\xc3\xa9\":"
            "[\"xx\",\"xx\",\"xx\"]}}",
            ONE(AT("groups.012345678901234567890123456789012345678901234567890123456789012.member",
                   "have length less than or equal to 2")));
}

static void every_violation_is_told(void **state)
{
    /* In the order of the model, as Athena does. */
    invalid(
        *state, &athena_shape_list_work_groups_input, "{\"MaxResults\":0,\"NextToken\":\"\"}",
        "2 validation errors detected: " AT("nextToken", "have length greater than or equal to 1") "; " AT(
            "maxResults", "have value greater than or equal to 1"));
    invalid(
        *state, &athena_shape_create_capacity_reservation_input, "{\"Name\":\"\",\"TargetDpus\":1}",
        "3 validation errors detected: " AT("targetDpus", "have value greater than or equal to 4") "; " AT(
            "name",
            "satisfy regular expression pattern: [a-zA-Z0-9._-]+") "; " AT("name",
                                                                           "have length greater than or "
                                                                           "equal to 1"));
}

static void long_reports_are_cut(void **state)
{
    struct buf json;
    buf_init(&json, 1 << 16);
    buf_add_cstr(&json, "{\"ResourceARN\":\"arn:aws\",\"Tags\":[{\"Key\":\"\"}");
    for (int i = 1; i < 1000; i++)
        buf_add_cstr(&json, ",{\"Key\":\"\"}");
    buf_add_cstr(&json, "]}");
    struct athena_tag_resource_input in;
    struct err err = {0};
    assert_int_equal(model_decode(&athena_shape_tag_resource_input, buf_str(&json), *state, &in, &err), -1);
    assert_true(
        str_starts(str_from(err.text), STR("1000 validation errors detected: Value at 'tags.1.member.key'")));
    assert_true(strlen(err.text) < ERR_TEXT_MAX);
    buf_done(&json);
}

static void bounds_themselves_are_valid(void **state)
{
    struct athena_list_sessions_request in;
    decode_ok(*state, &athena_shape_list_sessions_request, "{\"WorkGroup\":\"w\",\"MaxResults\":1}", &in);
    decode_ok(*state, &athena_shape_list_sessions_request,
              "{\"WorkGroup\":\"w\",\"MaxResults\":100,\"NextToken\":\"\"}", &in);
}

static void structures_that_code_filled(void **state)
{
    (void)state;
    struct athena_get_session_request in = {.session_id = STR("s")};
    struct err err = {0};
    assert_int_equal(model_validate(&athena_shape_get_session_request, &in, &err), 0);
    in.session_id = STR_NULL;
    assert_int_equal(model_validate(&athena_shape_get_session_request, &in, &err), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MODEL_TEST(required_members),
        MODEL_TEST(lengths_of_strings),
        MODEL_TEST(lengths_count_code_points),
        MODEL_TEST(values_of_numbers),
        MODEL_TEST(patterns),
        MODEL_TEST(enums),
        MODEL_TEST(sizes_of_lists),
        MODEL_TEST(plain_items_are_told_once),
        MODEL_TEST(places_in_structures_and_lists),
        MODEL_TEST(places_in_maps),
        MODEL_TEST(places_below_maps),
        MODEL_TEST(every_violation_is_told),
        MODEL_TEST(long_reports_are_cut),
        MODEL_TEST(bounds_themselves_are_valid),
        MODEL_TEST(structures_that_code_filled),
    };
    return cmocka_run_group_tests_name("model: validate", tests, NULL, NULL);
}
