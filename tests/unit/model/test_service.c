#include "fixture.h"

#include "model/sts.gen.h"

static void operations_are_found_by_name(void **state)
{
    (void)state;
    assert_int_equal(athena_service.operation_count, 75);
    assert_int_equal(athena_service.operation_count, ATHENA_OP_COUNT);
    for (size_t i = 0; i < athena_service.operation_count; i++) {
        const struct model_operation *operation = &athena_service.operations[i];
        assert_ptr_equal(model_find_operation(&athena_service, operation->name), operation);
        assert_int_equal(operation->id, i);
    }
}

static void other_names_are_not_found(void **state)
{
    (void)state;
    static const char *const names[] = {
        "", "A", "StartSessio", "StartSessionX", "startSession", "Zzz", "GetCallerIdentity"};
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        assert_null(model_find_operation(&athena_service, str_from(names[i])));
    assert_null(model_find_operation(&athena_service, STR_NULL));
}

static void an_operation_tells_its_shapes(void **state)
{
    (void)state;
    const struct model_operation *operation = &athena_service.operations[ATHENA_OP_LIST_SESSIONS];
    assert_true(str_is(operation->name, "ListSessions"));
    assert_ptr_equal(operation->input, &athena_shape_list_sessions_request);
    assert_ptr_equal(operation->output, &athena_shape_list_sessions_response);
    assert_true(str_is(operation->paging, "Sessions"));
    assert_int_equal(operation->error_count, 3);
    assert_true(operation->built);
    assert_false(athena_service.operations[ATHENA_OP_CREATE_NOTEBOOK].built);
}

static void services_tell_their_protocol(void **state)
{
    (void)state;
    assert_true(str_is(athena_service.target, "AmazonAthena"));
    assert_int_equal(athena_service.protocol, MODEL_JSON);
    assert_int_equal(sts_service.protocol, MODEL_QUERY);
    assert_null(sts_service.target.p);
    assert_true(str_is(sts_service.version, "2011-06-15"));
}

static void enums_have_names(void **state)
{
    (void)state;
    for (unsigned i = 1; i < ATHENA_SESSION_STATE_COUNT; i++) {
        struct str name = athena_session_state_name(i);
        assert_non_null(name.p);
        assert_int_equal(model_enum_value(&athena_shape_session_state, name), i);
    }
    assert_null(athena_session_state_name(ATHENA_SESSION_STATE_ABSENT).p);
    assert_null(model_enum_name(&athena_shape_session_state, ATHENA_SESSION_STATE_COUNT).p);
    assert_int_equal(model_enum_value(&athena_shape_session_state, STR("idle")), 0);
    assert_int_equal(model_enum_value(&athena_shape_session_state, STR_NULL), 0);
}

static void tokens_are_marked(void **state)
{
    (void)state;
    const struct model_shape *shape = &athena_shape_start_query_execution_input;
    for (size_t i = 0; i < shape->member_count; i++)
        assert_int_equal(shape->members[i].token, str_is(shape->members[i].name, "ClientRequestToken"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operations_are_found_by_name),
        cmocka_unit_test(other_names_are_not_found),
        cmocka_unit_test(an_operation_tells_its_shapes),
        cmocka_unit_test(services_tell_their_protocol),
        cmocka_unit_test(enums_have_names),
        cmocka_unit_test(tokens_are_marked),
    };
    return cmocka_run_group_tests_name("model: service", tests, NULL, NULL);
}
