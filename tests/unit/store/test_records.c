/* Records go in and come out, by id and in lists; batches are whole or nothing. */
#include "fixture.h"

static void session_keeps_every_member(void **state)
{
    struct fixture *f = *state;
    struct session_record r = {
        .id = STR("s1"),
        .workgroup = STR("spark"),
        .description = STR(""),
        .engine_version = STR("PySpark engine version 3"),
        .principal = STR("AKIA"),
        .detail = STR("{\"a\":\"\0\"}"),
        .state = STR("IDLE"),
        .reason = STR_NULL,
        .end_kind = STR("gr\xC3\xBC\xC3\x9F"),
        .idle_timeout_ms = 1,
        .created_ms = 2,
        .ready_ms = 3,
        .modified_ms = 4,
        .idle_since_ms = 5,
        .ended_ms = 6,
        .dpu_ms = 7,
        .memory_bytes = INT64_MAX,
        .max_dpus = -9,
    };
    save_session(f, &r);
    fixture_reopen(f);
    const struct session_record *got = session_wait(f, "s1");
    assert_non_null(got);
    assert_int_equal(got->seq, 1);
    assert_true(got->description.p && got->description.n == 0);
    assert_null(got->reason.p);
    assert_str(got->engine_version, "PySpark engine version 3");
    assert_str(got->principal, "AKIA");
    assert_true(str_eq(got->detail, r.detail));
    assert_true(str_eq(got->end_kind, r.end_kind));
    const int64_t numbers[] = {got->idle_timeout_ms, got->created_ms, got->ready_ms, got->modified_ms,
                               got->idle_since_ms,   got->ended_ms,   got->dpu_ms};
    for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
        assert_int_equal(numbers[i], i + 1);
    assert_true(got->memory_bytes == INT64_MAX && got->max_dpus == -9);
}

static void put_replaces_and_keeps_seq(void **state)
{
    struct fixture *f = *state;
    struct session_record a = session_of("a", "w", "CREATING"), b = session_of("b", "w", "CREATING");
    save_session(f, &a);
    save_session(f, &b);
    a.state = STR("IDLE");
    a.reason = STR("because");
    save_session(f, &a);
    const struct session_record *got = session_wait(f, "a");
    assert_int_equal(got->seq, 1);
    assert_str(got->state, "IDLE");
    assert_str(got->reason, "because");
    assert_int_equal(session_wait(f, "b")->seq, 2);
    assert_null(session_wait(f, "c"));
    assert_int_equal(last_error.code, ERR_NONE);
}

static void calculation_keeps_every_member(void **state)
{
    struct fixture *f = *state;
    struct calculation_record r = calculation_of("c1", "s1", "RUNNING");
    r.workgroup = STR("spark");
    r.description = STR("d");
    r.working_directory = STR("s3://b/p");
    r.progress = STR("1/2");
    r.result_type = STR("application/json");
    r.submitted_ms = 1;
    r.started_ms = 2;
    r.completed_ms = 3;
    r.dpu_ms = 4;
    struct store_batch *b = store_batch_new(f->store);
    store_put_calculation(b, &r);
    store_put_code(b, r.id, STR("print(1)\n"));
    assert_int_equal(commit_wait(f, b), ERR_NONE);
    const struct calculation_record *got = calculation_wait(f, "c1");
    assert_str(got->session_id, "s1");
    assert_str(got->workgroup, "spark");
    assert_str(got->description, "d");
    assert_str(got->working_directory, "s3://b/p");
    assert_str(got->state, "RUNNING");
    assert_null(got->reason.p);
    assert_str(got->progress, "1/2");
    assert_str(got->result_type, "application/json");
    assert_true(got->submitted_ms == 1 && got->started_ms == 2 && got->completed_ms == 3 && got->dpu_ms == 4);
    assert_str(code_wait(f, "c1"), "print(1)\n");
    assert_null(code_wait(f, "c2").p);
}

static void tags_are_a_map(void **state)
{
    struct fixture *f = *state;
    struct store_batch *b = store_batch_new(f->store);
    store_put_tag(b, STR("arn:1"), &(struct tag_record){STR("b"), STR("1")});
    store_put_tag(b, STR("arn:1"), &(struct tag_record){STR("a"), STR("")});
    store_put_tag(b, STR("arn:1"), &(struct tag_record){STR("b"), STR("2")});
    store_put_tag(b, STR("arn:2"), &(struct tag_record){STR("c"), STR("3")});
    assert_int_equal(commit_wait(f, b), ERR_NONE);
    assert_str(tags_wait(f, "arn:1"), "a= b=2");
    b = store_batch_new(f->store);
    store_delete_tag(b, STR("arn:1"), STR("a"));
    store_delete_tags(b, STR("arn:2"));
    assert_int_equal(commit_wait(f, b), ERR_NONE);
    assert_str(tags_wait(f, "arn:1"), "b=2");
    assert_str(tags_wait(f, "arn:2"), "");
}

static void token_is_taken_once(void **state)
{
    struct fixture *f = *state;
    struct token_record t = {STR("scope"), STR("token"), STR("digest"), STR("s1"), 5};
    struct store_batch *b = store_batch_new(f->store);
    store_add_token(b, &t);
    assert_int_equal(commit_wait(f, b), ERR_NONE);
    b = store_batch_new(f->store);
    struct session_record s = session_of("s2", "w", "CREATING");
    store_put_session(b, &s);
    t.resource_id = STR("s2");
    store_add_token(b, &t);
    assert_int_equal(commit_wait(f, b), ERR_CONFLICT);
    assert_null(session_wait(f, "s2"));
    const struct token_record *got = token_wait(f, "scope", "token");
    assert_str(got->resource_id, "s1");
    assert_str(got->digest, "digest");
    assert_int_equal(got->created_ms, 5);
    assert_null(token_wait(f, "scope", "other"));
}

static void bad_record_is_refused(void **state)
{
    struct fixture *f = *state;
    struct store_batch *b = store_batch_new(f->store);
    store_put_session(b, &(struct session_record){.id = STR("x")});
    assert_int_equal(commit_wait(f, b), ERR_INTERNAL);
    assert_non_null(strstr(last_error.text, "NOT NULL"));
    b = store_batch_new(f->store);
    store_add_token(b, &(struct token_record){.scope = STR("x")});
    assert_int_equal(commit_wait(f, b), ERR_INTERNAL);
}

/* --- Lists --- */

static void list_is_newest_first_and_pages(void **state)
{
    struct fixture *f = *state;
    const char *ids[] = {"a", "b", "c", "d", "e"};
    for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
        struct session_record r = session_of(ids[i], i == 2 ? "other" : "w", "IDLE");
        save_session(f, &r);
    }
    struct store_list q = {.within = STR("w"), .limit = 3};
    assert_str(sessions_wait(f, &q), "e d b");
    q.before_seq = 2;
    assert_str(sessions_wait(f, &q), "a");
    q.before_seq = 1;
    assert_str(sessions_wait(f, &q), "");
    q = (struct store_list){.within = STR("nobody"), .limit = 3};
    assert_str(sessions_wait(f, &q), "");
    q = (struct store_list){.within = STR("w")};
    assert_str(sessions_wait(f, &q), "");
}

static void list_takes_any_of_the_states(void **state)
{
    struct fixture *f = *state;
    const char *states[] = {"IDLE", "TERMINATED", "BUSY", "FAILED", "IDLE", "CREATING", "TERMINATED"};
    char id[2] = "a";
    for (size_t i = 0; i < ARRAY_SIZE(states); i++, id[0]++) {
        struct session_record r = session_of(id, "w", states[i]);
        save_session(f, &r);
    }
    struct store_list q = {.within = STR("w"),
                           .states = {STR("BUSY"), STR("IDLE"), STR("CREATING")},
                           .state_count = 3,
                           .limit = 9};
    assert_str(sessions_wait(f, &q), "f e c a");
    q.limit = 2;
    assert_str(sessions_wait(f, &q), "f e");
    q.before_seq = 5;
    assert_str(sessions_wait(f, &q), "c a");
    q = (struct store_list){.within = STR("w"), .states = {STR("TERMINATED")}, .state_count = 1, .limit = 1};
    assert_str(sessions_wait(f, &q), "g");
    q = (struct store_list){.within = STR("w"), .state_count = STORE_STATES_MAX, .limit = 9};
    for (size_t i = 0; i < STORE_STATES_MAX; i++)
        q.states[i] = i == STORE_STATES_MAX - 1 ? STR("FAILED") : STR("NONE");
    assert_str(sessions_wait(f, &q), "d");
}

static void calculations_list_by_session(void **state)
{
    struct fixture *f = *state;
    struct store_batch *b = store_batch_new(f->store);
    const char *ids[] = {"a", "b", "c", "d"};
    for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
        struct calculation_record r =
            calculation_of(ids[i], i == 1 ? "s2" : "s1", i == 3 ? "FAILED" : "COMPLETED");
        store_put_calculation(b, &r);
    }
    assert_int_equal(commit_wait(f, b), ERR_NONE);
    struct store_list q = {.within = STR("s1"), .limit = 10};
    assert_str(calculations_wait(f, &q), "d c a");
    q.states[0] = STR("COMPLETED");
    q.state_count = 1;
    assert_str(calculations_wait(f, &q), "c a");
    q.before_seq = 3;
    assert_str(calculations_wait(f, &q), "a");
}

/* --- Start --- */

struct seen {
    size_t calls;
    size_t count;
    char names[256];
};

static void see(struct seen *seen, struct str name)
{
    size_t n = strlen(seen->names);
    snprintf(seen->names + n, sizeof seen->names - n, "%.*s ", STR_ARG(name));
}

static void see_sessions(void *ctx, const struct session_record *r, size_t count, const struct err *err)
{
    struct seen *seen = ctx;
    assert_null(err);
    seen->calls++;
    seen->count = count;
    for (size_t i = 0; i < count; i++)
        see(seen, r[i].id);
}

static void see_calculations(void *ctx, const struct calculation_record *r, size_t count,
                             const struct err *err)
{
    struct seen *seen = ctx;
    assert_null(err);
    seen->calls++;
    seen->count = count;
    for (size_t i = 0; i < count; i++)
        see(seen, r[i].id);
}

static void see_workgroups(void *ctx, const struct workgroup_record *r, size_t count, const struct err *err)
{
    struct seen *seen = ctx;
    assert_null(err);
    seen->calls++;
    seen->count = count;
    for (size_t i = 0; i < count; i++) {
        see(seen, r[i].name);
        assert_str(r[i].state, "ENABLED");
        assert_str(r[i].detail, "{}");
    }
}

static void see_text(void *ctx, struct str text, const struct err *err)
{
    struct seen *seen = ctx;
    assert_null(err);
    seen->calls++;
    seen->count = text.p != NULL;
    see(seen, text);
}

static void start_finds_what_lives(void **state)
{
    struct fixture *f = *state;
    struct store_batch *b = store_batch_new(f->store);
    struct session_record live = session_of("live", "w", "IDLE"),
                          ended = session_of("ended", "w", "TERMINATED");
    ended.ended_ms = 5;
    store_put_session(b, &live);
    store_put_session(b, &ended);
    struct calculation_record runs = calculation_of("runs", "ended", "RUNNING"),
                              done = calculation_of("done", "live", "FAILED");
    done.completed_ms = 6;
    store_put_calculation(b, &runs);
    store_put_calculation(b, &done);
    struct workgroup_record w = {STR("primary"), STR("ENABLED"), STR_NULL, STR("{}"), 1};
    store_put_workgroup(b, &w);
    w.name = STR("analytics");
    store_put_workgroup(b, &w);
    w.name = STR("gone");
    store_put_workgroup(b, &w);
    store_delete_workgroup(b, STR("gone"));
    store_put_meta(b, STR("port"), STR("1"));
    store_put_meta(b, STR("port"), STR("2"));
    assert_int_equal(commit_wait(f, b), ERR_NONE);
    fixture_reopen(f);

    struct err err;
    struct seen seen = {0};
    assert_int_equal(store_load_live_sessions(f->store, see_sessions, &seen, &err), 0);
    assert_int_equal(seen.count, 1);
    assert_int_equal(store_load_live_calculations(f->store, see_calculations, &seen, &err), 0);
    assert_int_equal(seen.count, 1);
    assert_int_equal(store_load_workgroups(f->store, see_workgroups, &seen, &err), 0);
    assert_int_equal(seen.count, 2);
    assert_int_equal(store_load_meta(f->store, STR("port"), see_text, &seen, &err), 0);
    assert_int_equal(store_load_meta(f->store, STR("none"), see_text, &seen, &err), 0);
    assert_int_equal(seen.count, 0);
    assert_int_equal(seen.calls, 5);
    assert_string_equal(seen.names, "live runs analytics primary 2  ");
}

/* --- Purge --- */

static void put_past(struct store_batch *b, const char *id, int64_t ended_ms)
{
    struct session_record s = session_of(id, "w", "TERMINATED");
    s.ended_ms = ended_ms;
    store_put_session(b, &s);
    char calculation[32], arn[64], other_arn[64];
    snprintf(calculation, sizeof calculation, "%s-calculation", id);
    snprintf(arn, sizeof arn, "arn:aws:athena:us-east-1:0:session/%s", id);
    snprintf(other_arn, sizeof other_arn, "arn:aws:athena:us-east-1:0:workgroup/%s", id);
    struct calculation_record c = calculation_of(calculation, id, "COMPLETED");
    store_put_calculation(b, &c);
    store_put_code(b, c.id, STR("1"));
    store_put_tag(b, str_from(arn), &(struct tag_record){STR("k"), STR("v")});
    store_put_tag(b, str_from(other_arn), &(struct tag_record){STR("k"), STR("v")});
    store_add_token(b, &(struct token_record){STR("session"), s.id, STR("d"), s.id, 100});
    store_add_token(b, &(struct token_record){STR("calculation"), c.id, STR("d"), c.id, 100});
}

static void purge_takes_the_oldest_with_all_they_have(void **state)
{
    struct fixture *f = *state;
    struct store_batch *b = store_batch_new(f->store);
    put_past(b, "three", 30);
    put_past(b, "one", 10);
    put_past(b, "two", 20);
    put_past(b, "live", 0);
    store_add_token(b, &(struct token_record){STR("x"), STR("old"), STR("d"), STR("live"), 1});
    assert_int_equal(commit_wait(f, b), ERR_NONE);
    b = store_batch_new(f->store);
    store_purge(b, &(struct store_purge){30, 2, 1, false});
    assert_int_equal(commit_wait(f, b), ERR_NONE);
    struct store_list q = {.within = STR("w"), .limit = 9};
    assert_str(sessions_wait(f, &q), "live two three");
    assert_null(calculation_wait(f, "one-calculation"));
    assert_null(code_wait(f, "one-calculation").p);
    assert_null(token_wait(f, "session", "one"));
    assert_null(token_wait(f, "calculation", "one-calculation"));
    assert_null(token_wait(f, "x", "old"));
    assert_str(tags_wait(f, "arn:aws:athena:us-east-1:0:session/one"), "");
    assert_str(tags_wait(f, "arn:aws:athena:us-east-1:0:workgroup/one"), "k=v");
    assert_str(tags_wait(f, "arn:aws:athena:us-east-1:0:session/two"), "k=v");
    assert_non_null(calculation_wait(f, "two-calculation"));
    assert_non_null(token_wait(f, "session", "two"));

    b = store_batch_new(f->store);
    store_purge(b, &(struct store_purge){1000, 0, 100, false});
    assert_int_equal(commit_wait(f, b), ERR_NONE);
    assert_str(sessions_wait(f, &q), "live");
}

static void seq_is_never_used_again(void **state)
{
    struct fixture *f = *state;
    struct session_record r = session_of("a", "w", "TERMINATED");
    r.ended_ms = 1;
    save_session(f, &r);
    struct store_batch *b = store_batch_new(f->store);
    store_purge(b, &(struct store_purge){2, 0, 10, false});
    assert_int_equal(commit_wait(f, b), ERR_NONE);
    r = session_of("b", "w", "IDLE");
    save_session(f, &r);
    assert_int_equal(session_wait(f, "b")->seq, 2);
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STORE(session_keeps_every_member),
        WITH_STORE(put_replaces_and_keeps_seq),
        WITH_STORE(calculation_keeps_every_member),
        WITH_STORE(tags_are_a_map),
        WITH_STORE(token_is_taken_once),
        WITH_STORE(bad_record_is_refused),
        WITH_STORE(list_is_newest_first_and_pages),
        WITH_STORE(list_takes_any_of_the_states),
        WITH_STORE(calculations_list_by_session),
        WITH_STORE(start_finds_what_lives),
        WITH_STORE(purge_takes_the_oldest_with_all_they_have),
        WITH_STORE(seq_is_never_used_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
