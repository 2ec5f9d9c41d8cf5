/* Bodies that a handler gives piece by piece. */
#include "http/conn.h"
#include "rig.h"

static size_t drained, gone;

static int set_up(void **state)
{
    (void)state;
    drained = gone = 0;
    rig_init(&rig);
    rig_start(&rig);
    return 0;
}

static void on_drained(void *ctx)
{
    (void)ctx;
    drained++;
}

static void on_gone(void *ctx)
{
    (void)ctx;
    gone++;
}

static const struct http_flow_events events = {on_drained, on_gone};

/* Answers the request that is held with a flow of so many bytes. */
static struct http_flow *begin(struct client *c, const char *request, uint64_t length)
{
    client_send(c, request);
    rig_wait(&rig, rig.held_count == 1);
    struct http_request *req = rig.held[--rig.held_count];
    return http_respond_flow(req, &(struct http_response){.status = 200}, length, &events, NULL);
}

static void test_pieces_arrive_as_they_are_given(void **state)
{
    (void)state;
    struct client *c = client_new(&rig);
    struct http_flow *f = begin(c, GET("/hold"), 6);
    client_wait(c, "Content-Length: 6\r\n");
    assert_true(http_flow_ready(f));
    http_flow_add(f, STR("abc"));
    client_wait(c, "\r\n\r\nabc");
    http_flow_add(f, STR("def"));
    client_wait(c, "\r\n\r\nabcdef");
    rig_wait(&rig, rig.finished == 1);
    client_send(c, GET("/hello"));
    rig_wait(&rig, rig.finished == 2);
    assert_int_equal(gone, 0);
    client_free(c);
}

static void test_no_body_no_flow(void **state)
{
    (void)state;
    struct client *c = client_new(&rig);
    assert_null(begin(c, GET("/hold"), 0));
    assert_null(begin(c, "HEAD /hold HTTP/1.1\r\nHost: h\r\n\r\n", 77));
    client_wait(c, "Content-Length: 77\r\n");
    client_free(c);
}

static void test_a_slow_client_holds_the_flow(void **state)
{
    (void)state;
    enum { PIECE = 256 * 1024, PIECES = 200 };
    struct client *c = client_new(&rig);
    struct http_flow *f = begin(c, GET("/hold"), (uint64_t)PIECE * PIECES);
    char *piece = mem_new(PIECE);
    size_t given = 0;
    client_set_deaf(c, true);
    while (given < PIECES && http_flow_ready(f)) {
        http_flow_add(f, str_of(piece, PIECE));
        given++;
        rig_settle(&rig);
    }
    assert_true(given < PIECES);
    assert_false(http_flow_ready(f));
    size_t before = drained;
    client_set_deaf(c, false);
    rig_wait(&rig, drained > before);
    while (given < PIECES) {
        rig_wait(&rig, http_flow_ready(f));
        http_flow_add(f, str_of(piece, PIECE));
        given++;
    }
    rig_wait(&rig, rig.finished == 1);
    assert_true(rig.last_sent_bytes >= (uint64_t)PIECE * PIECES);
    free(piece);
    client_free(c);
}

/* The kernel has taken all but a little, and takes what waits behind that at once when the client reads: no
 * further write ends then, and the handler is to be woken all the same. */
static void test_a_flow_goes_on_when_all_is_taken_at_once(void **state)
{
    (void)state;
    enum { PIECE = 64 * 1024, BEHIND = 9 };
    const uint64_t length = 64 * 1024 * 1024;
    struct client *c = client_new(&rig);
    struct http_flow *f = begin(c, GET("/hold"), length);
    const struct output *out = &rig.held[0]->conn->out;
    char *piece = mem_new(PIECE);
    client_set_deaf(c, true);
    while (out->inflight.n == 0) {
        http_flow_add(f, str_of(piece, PIECE));
        rig_settle(&rig);
    }
    for (size_t round = 0; round < 2; round++) {
        for (int i = 0; i < BEHIND; i++)
            http_flow_add(f, str_of(piece, PIECE));
        rig_settle(&rig);
    }
    assert_true(out->next.n == BEHIND * PIECE);
    assert_false(http_flow_ready(f));
    size_t before = drained;
    client_set_deaf(c, false);
    rig_wait(&rig, drained > before);
    http_flow_break(f);
    client_wait_eof(c);
    free(piece);
    client_free(c);
}

static void test_a_broken_flow_ends_the_connection(void **state)
{
    (void)state;
    struct client *c = client_new(&rig);
    struct http_flow *f = begin(c, GET("/hold"), 10);
    http_flow_add(f, STR("abc"));
    client_wait(c, "\r\n\r\nabc");
    http_flow_break(f);
    client_wait_eof(c);
    rig_wait(&rig, rig.finished == 1);
    assert_int_equal(gone, 0);
    client_free(c);
}

/* A client that only ended its side may still read: it is gone when a write fails. */
static void test_the_handler_hears_of_a_client_that_went(void **state)
{
    (void)state;
    struct client *c = client_new(&rig);
    struct http_flow *f = begin(c, GET("/hold"), 1000);
    client_wait(c, "Content-Length: 1000\r\n");
    client_free(c);
    for (int i = 0; i < 500 && !gone; i++) {
        http_flow_add(f, STR("x"));
        rig_settle(&rig);
    }
    assert_int_equal(gone, 1);
    rig_wait(&rig, rig.finished == 1);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, rig_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_pieces_arrive_as_they_are_given),   TEST(test_no_body_no_flow),
        TEST(test_a_slow_client_holds_the_flow),      TEST(test_a_flow_goes_on_when_all_is_taken_at_once),
        TEST(test_a_broken_flow_ends_the_connection), TEST(test_the_handler_hears_of_a_client_that_went),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
