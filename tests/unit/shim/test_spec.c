#include "shim/spec.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct shim_spec example(void)
{
    static char program[] = "/opt/engine/bin/python3", option[] = "-I",
                variable[] = "HOME=/srv/\xC3\xA4 \"x\"";
    static char *command[] = {program, option, NULL}, *environment[] = {variable, NULL};
    return (struct shim_spec){
        .session_id = "abc",
        .work_folder = "/srv/abc",
        .code_folder = "/srv/driver",
        .command = command,
        .environment = environment,
        .uid = 4000000000u,
        .gid = 7,
        .memory_bytes = INT64_MAX,
        .stdout_max_bytes = 1,
        .stderr_max_bytes = 2,
        .result_max_bytes = 3,
        .log_max_bytes = 4,
        .files_max = 5,
        .orphan_timeout_ms = 6,
        .stop_grace_ms = 7,
    };
}

static void test_round_trip(void **state)
{
    (void)state;
    CLEANUP_ARENA struct arena *a = arena_new(SPEC_ARENA_BYTES);
    CLEANUP_BUF struct buf b;
    struct err err;
    struct shim_spec s = example();
    buf_init(&b, SPEC_MAX_BYTES);
    spec_write(&s, &b);
    const struct shim_spec *r = spec_parse(a, buf_str(&b), &err);
    assert_non_null(r);
    assert_string_equal(r->session_id, s.session_id);
    assert_string_equal(r->work_folder, s.work_folder);
    assert_string_equal(r->code_folder, s.code_folder);
    assert_string_equal(r->command[1], "-I");
    assert_null(r->command[2]);
    assert_string_equal(r->environment[0], s.environment[0]);
    assert_null(r->cgroup);
    assert_int_equal(r->uid, s.uid);
    assert_int_equal(r->gid, s.gid);
    assert_true(r->memory_bytes == INT64_MAX);
    assert_int_equal(r->stdout_max_bytes, 1);
    assert_int_equal(r->stderr_max_bytes, 2);
    assert_int_equal(r->result_max_bytes, 3);
    assert_int_equal(r->log_max_bytes, 4);
    assert_int_equal(r->files_max, 5);
    assert_int_equal(r->orphan_timeout_ms, 6);
    assert_int_equal(r->stop_grace_ms, 7);
}

static void test_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "[]",
        "{}",
        "nonsense",
        "{\"session_id\":\"a\",\"work_folder\":\"/w\",\"command\":[],\"environment\":[],\"log_max_bytes\":1,"
        "\"files_max\":1,\"orphan_timeout_ms\":1}",
        "{\"session_id\":\"a\",\"work_folder\":\"/w\",\"command\":[7],\"environment\":[],\"log_max_bytes\":1,"
        "\"files_max\":1,\"orphan_timeout_ms\":1}",
        "{\"session_id\":\"a\",\"work_folder\":\"/"
        "w\",\"command\":[\"x\"],\"environment\":[],\"log_max_bytes\":0,"
        "\"files_max\":1,\"orphan_timeout_ms\":1}",
    };
    struct err err;
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        CLEANUP_ARENA struct arena *a = arena_new(SPEC_ARENA_BYTES);
        assert_null(spec_parse(a, str_from(texts[i]), &err));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_round_trip), cmocka_unit_test(test_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
