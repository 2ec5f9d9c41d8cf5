/* SQL statements, what they answered, and data catalogs. */
#include "fixture.h"

#include "base/buf.h"

/* What an answer says, as text. */
struct said {
    struct fixture *f;
    struct buf text;
};

static void say(struct said *s, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void say(struct said *s, const char *fmt, ...)
{
    char line[200];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    buf_add_cstr(&s->text, line);
}

static void add_query(struct said *s, const struct query_record *r)
{
    say(s, "%.*s %.*s %.*s %.*s %.*s %.*s %lld %lld %lld;", STR_ARG(r->id), STR_ARG(r->workgroup),
        STR_ARG(r->detail), STR_ARG(r->state), STR_ARG(r->reason), STR_ARG(r->calculation_id),
        (long long)r->submitted_ms, (long long)r->started_ms, (long long)r->completed_ms);
}

static void on_query(void *ctx, const struct query_record *r, const struct err *err)
{
    struct said *s = ctx;
    assert_null(err);
    if (r)
        add_query(s, r);
    loop_stop(s->f->loop);
}

static void on_queries(void *ctx, const struct query_record *r, size_t count, const struct err *err)
{
    struct said *s = ctx;
    assert_null(err);
    for (size_t i = 0; i < count; i++)
        say(s, "%.*s ", STR_ARG(r[i].id));
    loop_stop(s->f->loop);
}

static void on_live(void *ctx, const struct query_record *r, size_t count, const struct err *err)
{
    struct said *s = ctx;
    assert_null(err);
    for (size_t i = 0; i < count; i++)
        say(s, "%.*s ", STR_ARG(r[i].id));
}

static void on_result(void *ctx, const struct query_result_record *r, const struct err *err)
{
    struct said *s = ctx;
    assert_null(err);
    if (r)
        say(s, "%.*s %.*s %.*s", STR_ARG(r->query_id), STR_ARG(r->columns), STR_ARG(r->text));
    loop_stop(s->f->loop);
}

static void on_catalog(void *ctx, const struct data_catalog_record *r, const struct err *err)
{
    struct said *s = ctx;
    assert_null(err);
    if (r)
        say(s, "%.*s %.*s %lld", STR_ARG(r->name), STR_ARG(r->detail), (long long)r->created_ms);
    loop_stop(s->f->loop);
}

static void on_catalogs(void *ctx, const struct data_catalog_record *r, size_t count, const struct err *err)
{
    struct said *s = ctx;
    assert_null(err);
    for (size_t i = 0; i < count; i++)
        say(s, "%.*s ", STR_ARG(r[i].name));
    loop_stop(s->f->loop);
}

static void begin(struct said *s, struct fixture *f)
{
    s->f = f;
    buf_done(&s->text);
    buf_init(&s->text, 4096);
}

static void assert_said(struct said *s, const char *expected)
{
    buf_add_char(&s->text, 0);
    assert_string_equal(s->text.p, expected);
}

static struct query_record query_of(const char *id, const char *workgroup, int64_t completed_ms)
{
    return (struct query_record){.id = str_from(id),
                                 .workgroup = str_from(workgroup),
                                 .detail = STR("{}"),
                                 .state = completed_ms ? STR("SUCCEEDED") : STR("QUEUED"),
                                 .submitted_ms = 1,
                                 .completed_ms = completed_ms};
}

static void save_query(struct fixture *f, const struct query_record *r)
{
    struct store_batch *b = store_batch_new(f->store);
    store_put_query(b, r);
    store_put_query_result(b, &(struct query_result_record){r->id, STR("[\"c\"]"), STR("a\tb\n")});
    assert_int_equal(commit_wait(f, b), ERR_NONE);
}

static void query_keeps_every_member(void **state)
{
    struct fixture *f = *state;
    struct query_record r = {
        .id = STR("q1"),
        .workgroup = STR("primary"),
        .detail = STR("{\"Query\":\"x\"}"),
        .state = STR("RUNNING"),
        .reason = STR("why"),
        .calculation_id = STR("c1"),
        .submitted_ms = 1,
        .started_ms = 2,
        .completed_ms = 3,
    };
    save_query(f, &r);
    fixture_reopen(f);
    struct said s = {0};
    begin(&s, f);
    store_get_query(f->store, STR("q1"), on_query, &s);
    loop_run(f->loop);
    assert_said(&s, "q1 primary {\"Query\":\"x\"} RUNNING why c1 1 2 3;");
    begin(&s, f);
    store_get_query_result(f->store, STR("q1"), on_result, &s);
    loop_run(f->loop);
    assert_said(&s, "q1 [\"c\"] a\tb\n");
    struct store_batch *b = store_batch_new(f->store);
    store_delete_query_result(b, STR("q1"));
    assert_int_equal(commit_wait(f, b), ERR_NONE);
    begin(&s, f);
    store_get_query_result(f->store, STR("q1"), on_result, &s);
    loop_run(f->loop);
    assert_said(&s, "");
    begin(&s, f);
    store_get_query(f->store, STR("q2"), on_query, &s);
    loop_run(f->loop);
    assert_said(&s, "");
    buf_done(&s.text);
}

static void queries_list_by_workgroup_newest_first(void **state)
{
    struct fixture *f = *state;
    struct query_record all[] = {query_of("a", "w", 5), query_of("b", "v", 0), query_of("c", "w", 0),
                                 query_of("d", "w", 0)};
    for (size_t i = 0; i < ARRAY_SIZE(all); i++)
        save_query(f, &all[i]);
    struct said s = {0};
    begin(&s, f);
    store_list_queries(f->store, &(struct store_list){.within = STR("w"), .limit = 2}, on_queries, &s);
    loop_run(f->loop);
    assert_said(&s, "d c ");
    begin(&s, f);
    store_list_queries(f->store, &(struct store_list){.within = STR("w"), .before_seq = 3, .limit = 2},
                       on_queries, &s);
    loop_run(f->loop);
    assert_said(&s, "a ");
    struct err err;
    begin(&s, f);
    assert_int_equal(store_load_live_queries(f->store, on_live, &s, &err), 0);
    assert_said(&s, "b c d ");
    buf_done(&s.text);
}

static void purge_takes_ended_queries_with_their_results(void **state)
{
    struct fixture *f = *state;
    struct query_record old = query_of("old", "w", 5), young = query_of("young", "w", 50),
                        live = query_of("live", "w", 0);
    save_query(f, &old);
    save_query(f, &young);
    save_query(f, &live);
    struct store_batch *b = store_batch_new(f->store);
    store_add_token(b, &(struct token_record){STR("s"), STR("t"), STR("d"), STR("old"), 9});
    store_purge(b, &(struct store_purge){.before_ms = 10, .limit = 10});
    assert_int_equal(commit_wait(f, b), ERR_NONE);
    struct said s = {0};
    begin(&s, f);
    store_list_queries(f->store, &(struct store_list){.within = STR("w"), .limit = 9}, on_queries, &s);
    loop_run(f->loop);
    assert_said(&s, "live young ");
    begin(&s, f);
    store_get_query_result(f->store, STR("old"), on_result, &s);
    loop_run(f->loop);
    assert_said(&s, "");
    assert_null(token_wait(f, "s", "t"));
    buf_done(&s.text);
}

static void catalogs_come_and_go(void **state)
{
    struct fixture *f = *state;
    struct store_batch *b = store_batch_new(f->store);
    store_put_data_catalog(b, &(struct data_catalog_record){STR("beta"), STR("{}"), 2});
    store_put_data_catalog(b, &(struct data_catalog_record){STR("alpha"), STR("{1}"), 1});
    assert_int_equal(commit_wait(f, b), ERR_NONE);
    struct said s = {0};
    begin(&s, f);
    store_list_data_catalogs(f->store, on_catalogs, &s);
    loop_run(f->loop);
    assert_said(&s, "alpha beta ");
    b = store_batch_new(f->store);
    store_delete_data_catalog(b, STR("beta"));
    assert_int_equal(commit_wait(f, b), ERR_NONE);
    begin(&s, f);
    store_get_data_catalog(f->store, STR("beta"), on_catalog, &s);
    loop_run(f->loop);
    assert_said(&s, "");
    begin(&s, f);
    store_get_data_catalog(f->store, STR("alpha"), on_catalog, &s);
    loop_run(f->loop);
    assert_said(&s, "alpha {1} 1");
    buf_done(&s.text);
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STORE(query_keeps_every_member),
        WITH_STORE(queries_list_by_workgroup_newest_first),
        WITH_STORE(purge_takes_ended_queries_with_their_results),
        WITH_STORE(catalogs_come_and_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
