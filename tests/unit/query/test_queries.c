/* Statements on their way through the server's own session, with a driver that does as a test says. */
#include "harness.h"

#include "query/query.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct harness h;
static struct queries *queries;
static const struct query_config config = {
    {"PySpark engine version 3", sizeof "PySpark engine version 3" - 1}, 600000, 60000};

static int setup(void **state)
{
    (void)state;
    harness_start(&h);
    queries = queries_new(h.core, h.objects, h.loop, &h.timers, &config);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    queries_detach(queries);
    queries_free(queries);
    harness_stop(&h);
    return 0;
}

static void on_done(void *ctx, const struct err *err)
{
    assert_null(err);
    *(bool *)ctx = true;
}

static void start(const char *id, const char *statement)
{
    char detail[400];
    bool done = false;
    snprintf(detail, sizeof detail,
             "{\"QueryExecutionId\":\"%s\",\"Query\":\"%s\",\"SubstatementType\":\"SHOW_DATABASES\","
             "\"ResultConfiguration\":{\"OutputLocation\":\"s3://results/%s.txt\"}}",
             id, statement, id);
    struct query_request r = {.id = str_from(id), .workgroup = STR("primary"), .detail = str_from(detail)};
    query_start(queries, &r, on_done, &done);
    assert_false(done); /* not before the commit */
    HARNESS_UNTIL(&h, done);
}

static void stop(const char *id)
{
    bool done = false;
    query_stop(queries, str_from(id), on_done, &done);
    HARNESS_UNTIL(&h, done);
}

/* --- What the store has --- */

static char seen[200];
static bool read_done;

static void on_query(void *ctx, const struct query_record *r, const struct err *err)
{
    (void)ctx;
    assert_null(err);
    snprintf(seen, sizeof seen, "%.*s: %.*s", STR_ARG(r->state), STR_ARG(r->reason));
    read_done = true;
}

static const char *state_of(const char *id)
{
    read_done = false;
    store_get_query(h.store, str_from(id), on_query, NULL);
    HARNESS_UNTIL(&h, read_done);
    return seen;
}

static bool is(const char *id, const char *wanted)
{
    return strncmp(state_of(id), wanted, strlen(wanted)) == 0;
}

static void on_result(void *ctx, const struct query_result_record *r, const struct err *err)
{
    (void)ctx;
    assert_null(err);
    snprintf(seen, sizeof seen, "%.*s %.*s", STR_ARG(r ? r->columns : STR("none")),
             STR_ARG(r ? r->text : STR("none")));
    read_done = true;
}

static const char *result_of(const char *id)
{
    read_done = false;
    store_get_query_result(h.store, str_from(id), on_result, NULL);
    HARNESS_UNTIL(&h, read_done);
    return seen;
}

static void on_object(void *ctx, const struct object_record *r, const struct err *err)
{
    (void)ctx;
    assert_null(err);
    snprintf(seen, sizeof seen, "%.*s", STR_ARG(r ? r->body : STR("none")));
    read_done = true;
}

static const char *object_of(const char *key)
{
    read_done = false;
    store_get_object(h.store, STR("results"), str_from(key), on_object, NULL);
    HARNESS_UNTIL(&h, read_done);
    return seen;
}

/* --- The driver --- */

static struct fake_driver *ready_driver(void)
{
    HARNESS_UNTIL(&h, h.driver_count == 1);
    struct fake_driver *d = &h.drivers[0];
    d->events->status(d->ctx, &(struct driver_status){.state = DRIVER_STARTING});
    d->events->ready(d->ctx);
    HARNESS_UNTIL(&h, d->runs == 1);
    return d;
}

static void answer(struct fake_driver *d, const char *document)
{
    char path[128];
    snprintf(path, sizeof path, "%s/result", h.dir);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(document, f);
    fclose(f);
    struct driver_done done = {
        .calculation_id = str_from(d->run),
        .state = STR("COMPLETED"),
        .out.path = path,
        .err.path = path,
        .result.path = path,
        .result.size = (int64_t)strlen(document),
    };
    d->events->done(d->ctx, &done);
}

#define ANSWER(members)                                                                                      \
    "{\"version\":1,\"outputs\":[{\"output_type\":\"display_data\",\"data\":"                                \
    "{\"application/vnd.glaux.statement+json\":{" members "}}}]}"

static void a_statement_runs(void **state)
{
    (void)state;
    start("q1", "show databases");
    struct fake_driver *d = ready_driver();
    assert_non_null(strstr(d->code, "%%glaux_statement\n{"));
    assert_non_null(strstr(d->code, "show databases"));
    HARNESS_UNTIL(&h, is("q1", "RUNNING"));
    char calculation[40];
    memcpy(calculation, d->run, sizeof calculation);
    answer(d, ANSWER("\"columns\":[\"name\"],\"rows\":\"a\\nb\\n\""));
    HARNESS_UNTIL(&h, is("q1", "SUCCEEDED"));
    assert_string_equal(result_of("q1"), "[\"name\"] a\nb\n");
    assert_string_equal(object_of("q1.txt"), "a\nb\n");
    assert_string_equal(result_of(calculation), "none none");
    assert_string_equal(d->acked, calculation);
}

static void they_run_one_after_the_other(void **state)
{
    (void)state;
    start("q1", "one");
    start("q2", "two");
    struct fake_driver *d = ready_driver();
    assert_true(is("q2", "QUEUED"));
    answer(d, ANSWER("\"columns\":[],\"rows\":\"\""));
    HARNESS_UNTIL(&h, d->runs == 2);
    assert_non_null(strstr(d->code, "two"));
    answer(d, ANSWER("\"failure\":\"FAILED: no such thing\""));
    HARNESS_UNTIL(&h, is("q2", "FAILED: FAILED: no such thing"));
    assert_string_equal(object_of("q1.txt"), "");
    assert_string_equal(object_of("q2.txt"), "none");
    assert_int_equal(h.driver_count, 1);
}

static void a_driver_that_tells_nothing_fails_it(void **state)
{
    (void)state;
    static const char *const documents[] = {"", "nonsense", "[]", "{\"outputs\":[1,{\"data\":[]}]}",
                                            ANSWER("\"failure\":7")};
    for (size_t i = 0; i < ARRAY_SIZE(documents); i++) {
        char id[8];
        snprintf(id, sizeof id, "q%zu", i);
        start(id, "x");
        struct fake_driver *d = i ? &h.drivers[0] : ready_driver();
        HARNESS_UNTIL(&h, d->runs == i + 1);
        answer(d, documents[i]);
        HARNESS_UNTIL(&h, !is(id, "QUEUED") && !is(id, "RUNNING"));
        if (i < ARRAY_SIZE(documents) - 1)
            assert_true(is(id, "FAILED"));
    }
}

static void a_stop_reaches_the_driver(void **state)
{
    (void)state;
    start("q1", "one");
    start("q2", "two");
    stop("q2");
    HARNESS_UNTIL(&h, is("q2", "CANCELLED: Query cancelled by user"));
    struct fake_driver *d = ready_driver();
    HARNESS_UNTIL(&h, is("q1", "RUNNING"));
    stop("q1");
    HARNESS_UNTIL(&h, strcmp(d->cancelled, d->run) == 0);
    harness_done(&h, d, "CANCELED", NULL);
    HARNESS_UNTIL(&h, is("q1", "CANCELLED: Query cancelled by user"));
    stop("q1");
    stop("nothing");
}

static void a_lost_driver_fails_it_and_the_next_gets_another(void **state)
{
    (void)state;
    start("q1", "one");
    struct fake_driver *d = ready_driver();
    start("q2", "two");
    d->events->exited(d->ctx, &(struct driver_exit){
                                  .kind = DRIVER_EXIT_SIGNAL, .signal = 9, .reason = STR("it was killed")});
    HARNESS_UNTIL(&h, is("q1", "FAILED: it was killed"));
    HARNESS_UNTIL(&h, h.driver_count == 2);
    assert_true(is("q2", "QUEUED"));
}

static void one_that_comes_as_the_session_ends_gets_another(void **state)
{
    (void)state;
    start("q1", "one");
    struct fake_driver *d = ready_driver();
    answer(d, ANSWER("\"columns\":[],\"rows\":\"\""));
    HARNESS_UNTIL(&h, is("q1", "SUCCEEDED"));
    start("q2", "two");
    session_end_in(h.core, STR(CORE_OWN_GROUP)); /* readers see it IDLE until that is stored */
    HARNESS_UNTIL(&h, d->stop_grace_ms >= 0);
    assert_true(is("q2", "QUEUED"));
    d->events->exited(d->ctx, &(struct driver_exit){.kind = DRIVER_EXIT_STOPPED});
    HARNESS_UNTIL(&h, h.driver_count == 2);
    d = &h.drivers[1];
    d->events->status(d->ctx, &(struct driver_status){.state = DRIVER_STARTING});
    d->events->ready(d->ctx);
    HARNESS_UNTIL(&h, d->runs == 1);
    assert_non_null(strstr(d->code, "two"));
}

static void what_cannot_start_waits_and_fails_in_the_end(void **state)
{
    (void)state;
    h.config.account_dpus = 0;
    start("q1", "one");
    for (int i = 0; i < 100; i++) {
        harness_pass(&h, 500);
        harness_turn(&h);
    }
    assert_true(is("q1", "QUEUED"));
    harness_pass(&h, 20000);
    HARNESS_UNTIL(&h, is("q1", "FAILED: Maximum allowed sessions"));
}

static void sessions_that_never_start_are_tried_less_and_less(void **state)
{
    (void)state;
    size_t ended = 0;
    start("q1", "one");
    for (int i = 0; i < 240; i++) {
        for (int turn = 0; turn < 20; turn++)
            harness_turn(&h);
        for (; ended < h.driver_count; ended++)
            h.drivers[ended].events->exited(
                h.drivers[ended].ctx,
                &(struct driver_exit){.kind = DRIVER_EXIT_START_FAILED, .reason = STR("no Java")});
        if (i < 100)
            assert_true(is("q1", "QUEUED"));
        harness_pass(&h, 500);
    }
    assert_true(is("q1", "FAILED: No session for statements could be started: "));
    assert_non_null(strstr(state_of("q1"), "no Java"));
    assert_in_range(ended, 2, 7);
    start("q2", "two"); /* has its own time */
    HARNESS_UNTIL(&h, h.driver_count == ended + 1);
}

#define WITH_QUERIES(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_QUERIES(a_statement_runs),
        WITH_QUERIES(they_run_one_after_the_other),
        WITH_QUERIES(a_driver_that_tells_nothing_fails_it),
        WITH_QUERIES(a_stop_reaches_the_driver),
        WITH_QUERIES(a_lost_driver_fails_it_and_the_next_gets_another),
        WITH_QUERIES(one_that_comes_as_the_session_ends_gets_another),
        WITH_QUERIES(sessions_that_never_start_are_tried_less_and_less),
        WITH_QUERIES(what_cannot_start_waits_and_fails_in_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
