/* How the body of a request comes, and what happens when nobody wants it. */
#include "rig.h"

static void send_filler(struct client *c, size_t n)
{
    char *bytes = mem_new(n);
    memset(bytes, 'f', n);
    client_send_bytes(c, bytes, n);
    free(bytes);
}

static void a_body_is_buffered(void **state)
{
    (void)state;
    struct client *c = client_new(&rig);
    client_send(c, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nab");
    rig_wait(&rig, rig.heads == 1);
    client_send(c, "cd");
    client_expect(c, "\r\n\r\nabcd");
    client_send(c, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
    client_expect(c, "Content-Length: 0\r\n");
    client_send(c, "GET /echo HTTP/1.1\r\nHost: h\r\n\r\n");
    client_expect(c, "Content-Length: 0\r\n");
    client_free(c);
}

static void a_chunked_body_is_buffered(void **state)
{
    (void)state;
    struct client *c = client_new(&rig);
    client_drip(c, "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n"
                   "2\r\nab\r\n3;x=y\r\ncde\r\n0\r\nX-Trailer: t\r\n\r\n");
    client_expect(c, "\r\n\r\nabcde");
    client_send(c, "GET /hello HTTP/1.1\r\nHost: h\r\n\r\n");
    client_expect(c, "hello");
    assert_int_equal(rig.seen_headers, 1);
    client_free(c);
}

static void the_largest_body_fits(void **state)
{
    (void)state;
    struct client *c = client_new(&rig);
    client_send(c, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n");
    send_filler(c, 1000);
    client_expect(c, "Content-Length: 1000\r\n");
    client_free(c);
}

static void a_larger_body_is_told_at_once(void **state)
{
    (void)state;
    struct client *c = client_new(&rig);
    client_send(c, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1001\r\n\r\n");
    client_expect(c, "too large");
    send_filler(c, 1001);
    client_send(c, "GET /hello HTTP/1.1\r\nHost: h\r\n\r\n");
    client_expect(c, "hello"); /* the rest was small enough to be read and dropped */
    assert_int_equal(rig.dones, 0);
    client_free(c);
}

static void a_larger_chunked_body_is_told(void **state)
{
    (void)state;
    struct client *c = client_new(&rig);
    client_send(c, "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3E9\r\n");
    send_filler(c, 1001);
    client_wait(c, "413 Content Too Large");
    client_expect(c, "too large");
    client_send(c, "\r\n0\r\n\r\nGET /hello HTTP/1.1\r\nHost: h\r\n\r\n");
    client_expect(c, "hello");
    client_free(c);
}

static void a_long_unwanted_body_ends_the_connection(void **state)
{
    (void)state;
    struct client *c = client_new(&rig);
    client_send(c, "POST /hello HTTP/1.1\r\nHost: h\r\nContent-Length: 10000000\r\n\r\n");
    client_wait(c, "Connection: close\r\n");
    send_filler(c, 1000000); /* still on its way: the answer must not be lost in a reset */
    client_wait_eof(c);
    assert_false(c->reset);
    client_wait(c, "\r\n\r\nhello");
    client_free(c);
}

static void a_long_unwanted_chunked_body_ends_the_connection(void **state)
{
    (void)state;
    struct client *c = client_new(&rig);
    client_send(c, "POST /hello HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1000000\r\n");
    client_wait(c, "\r\n\r\nhello");
    send_filler(c, 300000);
    client_wait_eof(c);
    client_free(c);
}

static void a_body_of_no_use_is_dropped(void **state)
{
    (void)state;
    struct client *c = client_new(&rig);
    client_send(c, "POST /ignore HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n");
    client_expect(c, "ignored"); /* without waiting for it */
    client_send(c, "hello"
                   "GET /hello HTTP/1.1\r\nHost: h\r\n\r\n");
    client_expect(c, "\r\n\r\nhello");
    client_free(c);
}

static void a_body_is_streamed(void **state)
{
    (void)state;
    struct client *c = client_new(&rig);
    client_send(c, "PUT /stream HTTP/1.1\r\nHost: h\r\nContent-Length: 5000000\r\n\r\n");
    send_filler(c, 5000000);
    client_wait(c, "length 5000000");
    assert_true(rig.pieces > 1);
    client_free(c);
}

static void a_sink_can_pause(void **state)
{
    (void)state;
    struct client *c = client_new(&rig);
    client_send(c, "PUT /stream/hold HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                   "2\r\nab\r\n2\r\ncd\r\n2\r\nef\r\n0\r\n\r\nGET /hello HTTP/1.1\r\nHost: h\r\n\r\n");
    rig_wait(&rig, rig.pieces == 1);
    rig_settle(&rig);
    assert_int_equal(rig.pieces, 1);
    rig_resume(&rig);
    client_wait(c, "length 6");
    client_wait(c, "hello");
    assert_int_equal(rig.pieces, 3);
    client_free(c);
}

static void a_paused_sink_holds_the_client_back(void **state)
{
    (void)state;
    struct client *c = client_new(&rig);
    client_send(c, "PUT /stream/hold HTTP/1.1\r\nHost: h\r\nContent-Length: 60000000\r\n\r\n");
    rig_wait(&rig, rig.heads == 1);
    char bytes[65536] = {0};
    size_t sent = 0;
    for (ssize_t n; (n = send(c->fd, bytes, sizeof bytes, MSG_DONTWAIT | MSG_NOSIGNAL)) > 0;
         sent += (size_t)n)
        rig_settle(&rig);
    assert_true(sent < 60000000);
    assert_true(rig.streamed.n <= 65536);
    rig_resume(&rig);
    send_filler(c, 60000000 - sent);
    client_wait(c, "length 60000000");
    client_free(c);
}

static void a_sink_can_answer_early(void **state)
{
    (void)state;
    struct client *c = client_new(&rig);
    client_send(c, "PUT /stream/deny HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabcde");
    client_expect(c, "denied");
    client_send(c, "fghijGET /hello HTTP/1.1\r\nHost: h\r\n\r\n");
    client_expect(c, "hello");
    assert_int_equal(rig.pieces, 1);
    assert_int_equal(rig.dones, 0);
    assert_int_equal(rig.aborted, 0);
    client_free(c);
}

static void continue_is_said_when_the_body_is_taken(void **state)
{
    (void)state;
    struct client *c = client_new(&rig);
    client_send(c, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
    client_expect(c, "HTTP/1.1 100 Continue\r\n\r\n");
    client_send(c, "abcd");
    client_wait(c, "\r\n\r\nabcd");
    assert_int_equal(client_count(c, "100 Continue"), 0);
    buf_clear(&c->in);
    client_send(c, "PUT /stream HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nExpect: 100-Continue\r\n\r\n");
    client_expect(c, "HTTP/1.1 100 Continue\r\n\r\n");
    client_send(c, "abcd");
    client_expect(c, "length 4");
    client_free(c);
}

static void continue_is_not_said_for_bytes_that_are_there(void **state)
{
    (void)state;
    struct client *c = client_new(&rig);
    client_send(c, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\nabcd");
    client_wait(c, "\r\n\r\nabcd");
    assert_int_equal(client_count(c, "100 Continue"), 0);
    client_send(c, "GET /hello HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n\r\n");
    client_wait(c, "hello");
    assert_int_equal(client_count(c, "100 Continue"), 0);
    client_free(c);
}

static void continue_waits_for_its_turn(void **state)
{
    (void)state;
    struct client *c = client_new(&rig);
    client_send(c, "GET /hold HTTP/1.1\r\nHost: h\r\n\r\n"
                   "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
    rig_wait(&rig, rig.heads == 2);
    rig_settle(&rig);
    assert_int_equal(c->in.n, 0);
    rig_answer(&rig);
    client_expect(c, "HTTP/1.1 100 Continue\r\n\r\n");
    client_send(c, "abcd");
    client_expect(c, "\r\n\r\nabcd");
    client_free(c);
}

static void an_answer_in_place_of_continue_ends_the_connection(void **state)
{
    (void)state;
    static const char *const heads[] = {
        "POST /hello HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1001\r\nExpect: 100-continue\r\n\r\n",
        "POST /ignore HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n",
    };
    for (size_t i = 0; i < ARRAY_SIZE(heads); i++) {
        struct client *c = client_new(&rig);
        client_send(c, heads[i]);
        client_wait(c, "Connection: close\r\n");
        client_wait_eof(c);
        assert_int_equal(client_count(c, "100 Continue"), 0);
        client_free(c);
    }
}

static void http_1_0_gets_no_continue(void **state)
{
    (void)state;
    struct client *c = client_new(&rig);
    client_send(c, "POST /echo HTTP/1.0\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
    rig_wait(&rig, rig.heads == 1);
    rig_settle(&rig);
    assert_int_equal(c->in.n, 0);
    client_send(c, "abcd");
    client_wait(c, "\r\n\r\nabcd");
    client_free(c);
}

static void a_broken_buffered_body_is_refused(void **state)
{
    (void)state;
    struct client *c = client_new(&rig);
    client_send(c, "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabXX");
    client_wait(c, "400 Bad Request");
    client_wait_eof(c);
    assert_int_equal(rig.finished, 1);
    assert_int_equal(rig.last_status, 400);
    assert_int_equal(rig.dones, 0);
    client_free(c);
}

static void a_broken_streamed_body_is_aborted(void **state)
{
    (void)state;
    struct client *c = client_new(&rig);
    client_send(c, "PUT /stream HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabXX");
    client_wait(c, "400 Bad Request");
    client_wait_eof(c);
    assert_int_equal(rig.aborted, 1);
    assert_int_equal(rig.finished, 0);
    assert_null(rig.streaming->conn);
    http_respond(rig.streaming, &(struct http_response){.status = 500});
    rig_wait(&rig, rig.finished == 1);
    assert_int_equal(rig.last_status, 400);
    assert_int_equal(rig.dones, 0);
    client_free(c);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, rig_set_up, rig_tear_down)
    const struct CMUnitTest tests[] = {
        T(a_body_is_buffered),
        T(a_chunked_body_is_buffered),
        T(the_largest_body_fits),
        T(a_larger_body_is_told_at_once),
        T(a_larger_chunked_body_is_told),
        T(a_long_unwanted_body_ends_the_connection),
        T(a_long_unwanted_chunked_body_ends_the_connection),
        T(a_body_of_no_use_is_dropped),
        T(a_body_is_streamed),
        T(a_sink_can_pause),
        T(a_paused_sink_holds_the_client_back),
        T(a_sink_can_answer_early),
        T(continue_is_said_when_the_body_is_taken),
        T(continue_is_not_said_for_bytes_that_are_there),
        T(continue_waits_for_its_turn),
        T(an_answer_in_place_of_continue_ends_the_connection),
        T(http_1_0_gets_no_continue),
        T(a_broken_buffered_body_is_refused),
        T(a_broken_streamed_body_is_aborted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
