/* Requests and answers on one connection. */
#include "rig.h"

#include <stdio.h>

static void an_answer_is_complete(void **state)
{
    (void)state;
    struct client *c = client_new(&rig);
    client_send(c, GET("/hello?a=%20b"));
    client_wait(c, "\r\n\r\nhello");
    client_wait(c, "HTTP/1.1 200 OK\r\n");
    client_wait(c, "\r\nServer: glaux\r\n");
    client_wait(c, "\r\nDate: ");
    client_wait(c, " GMT\r\n");
    client_wait(c, "\r\nx-amzn-RequestId: ");
    client_wait(c, "\r\nContent-Type: text/plain\r\n");
    client_wait(c, "\r\nContent-Length: 5\r\n");
    assert_int_equal(client_count(c, "Connection:"), 0);
    assert_string_equal(rig.seen_target, "/hello?a=%20b");
    assert_int_equal(rig.finished, 1);
    assert_int_equal(rig.last_status, 200);
    assert_int_equal(rig.last_sent_bytes, c->in.n);
    client_free(c);
}

static void a_connection_serves_many_requests(void **state)
{
    (void)state;
    struct client *c = client_new(&rig);
    for (int i = 0; i < 50; i++) {
        client_send(c, GET("/hello"));
        client_expect(c, "\r\n\r\nhello");
    }
    assert_int_equal(rig.finished, 50);
    assert_int_equal(http_server_connections(rig.server), 1);
    client_free(c);
}

static void bytes_may_come_one_by_one(void **state)
{
    (void)state;
    struct client *c = client_new(&rig);
    client_drip(c, GET("/hello"));
    client_expect(c, "\r\n\r\nhello");
    client_drip(c, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc" GET("/hello"));
    client_wait(c, "\r\n\r\nabc");
    client_expect(c, "\r\n\r\nhello");
    client_free(c);
}

static void answers_keep_the_order_of_requests(void **state)
{
    (void)state;
    struct client *c = client_new(&rig);
    client_send(c, GET("/hold?1") GET("/hold?2") GET("/hello"));
    rig_wait(&rig, rig.heads == 3);
    rig_answer_at(&rig, 1);
    rig_settle(&rig);
    assert_int_equal(c->in.n, 0);
    assert_int_equal(rig.finished, 0);
    rig_answer(&rig);
    client_wait(c, "hello");
    struct str all = buf_str(&c->in);
    const char *first = memmem(all.p, all.n, "/hold?1", 7);
    const char *second = memmem(all.p, all.n, "/hold?2", 7);
    assert_true(first && second && first < second);
    assert_int_equal(rig.finished, 3);
    client_free(c);
}

static void pipelining_is_bounded(void **state)
{
    (void)state;
    struct client *c = client_new(&rig);
    client_send(c, GET("/hold?1") GET("/hold?2") GET("/hold?3") GET("/hold?4") GET("/hold?5") GET("/hold?6"));
    rig_wait(&rig, rig.heads == 4);
    rig_settle(&rig);
    assert_int_equal(rig.heads, 4);
    rig_answer(&rig);
    rig_wait(&rig, rig.heads == 5);
    rig_settle(&rig);
    assert_int_equal(rig.heads, 5);
    while (rig.held_count) {
        rig_answer(&rig);
        rig_settle(&rig);
    }
    client_wait(c, "/hold?6");
    assert_int_equal(client_count(c, "HTTP/1.1 200 OK"), 6);
    client_free(c);
}

static void a_flood_of_requests_is_served_in_order(void **state)
{
    (void)state;
    struct client *c = client_new(&rig);
    for (int i = 0; i < 2000; i++) {
        char text[64];
        snprintf(text, sizeof text, "GET /hello?%d HTTP/1.1\r\nHost: h\r\n\r\n", i);
        client_send(c, text);
    }
    rig_wait(&rig, rig.finished == 2000);
    assert_string_equal(rig.seen_target, "/hello?1999");
    client_free(c);
}

static void a_held_request_is_pressed_by_the_next(void **state)
{
    (void)state;
    struct client *c = client_new(&rig);
    client_send(c, GET("/hold?1"));
    rig_wait(&rig, rig.held_count == 1);
    rig_settle(&rig);
    assert_int_equal(rig.pressed, 0);
    client_send(c, "GET /h");
    rig_wait(&rig, rig.pressed == 1);
    rig_answer(&rig);
    client_wait(c, "/hold?1");
    client_free(c);
}

static void requests_that_come_together_press(void **state)
{
    (void)state;
    struct client *c = client_new(&rig);
    client_send(c, GET("/hold?1") GET("/hold?2"));
    rig_wait(&rig, rig.pressed > 0);
    rig_answer(&rig);
    rig_answer(&rig);
    client_wait(c, "/hold?2");
    client_free(c);
}

static void head_has_no_body(void **state)
{
    (void)state;
    struct client *c = client_new(&rig);
    client_send(c, "HEAD /hello HTTP/1.1\r\nHost: h\r\n\r\n");
    client_wait(c, "Content-Length: 5\r\n");
    client_send(c, GET("/close"));
    client_wait_eof(c);
    assert_int_equal(client_count(c, "hello"), 0);
    assert_int_equal(client_count(c, "bye"), 1);
    client_free(c);
}

static void http_1_0_closes_unless_asked(void **state)
{
    (void)state;
    struct client *c = client_new(&rig);
    client_send(c, "GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    client_wait(c, "Connection: keep-alive\r\n");
    client_expect(c, "hello");
    client_send(c, "GET /hello HTTP/1.0\r\n\r\n");
    client_wait(c, "Connection: close\r\n");
    client_wait_eof(c);
    client_free(c);
}

static void either_side_can_end_the_connection(void **state)
{
    (void)state;
    struct client *c = client_new(&rig);
    client_send(c, "GET /hello HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n" GET("/hello"));
    client_wait(c, "Connection: close\r\n");
    client_wait_eof(c);
    assert_int_equal(client_count(c, "hello"), 1);
    client_free(c);
    c = client_new(&rig);
    client_send(c, GET("/hold") GET("/close") GET("/hello"));
    rig_wait(&rig, rig.held_count == 1);
    rig_answer(&rig);
    client_wait_eof(c);
    assert_int_equal(client_count(c, "HTTP/1.1 200"), 2);
    assert_int_equal(client_count(c, "Connection: close"), 1);
    assert_int_equal(rig.heads, 3);
    client_free(c);
}

static void what_follows_the_last_answer_is_dropped(void **state)
{
    (void)state;
    struct client *c = client_new(&rig);
    client_send(c, GET("/hold?1") GET("/hold/close") GET("/hold?3"));
    rig_wait(&rig, rig.held_count == 3);
    rig_answer(&rig);
    rig_answer(&rig);
    client_wait_eof(c);
    assert_int_equal(client_count(c, "HTTP/1.1 200 OK"), 2);
    assert_null(rig.held[0]->conn);
    rig_answer(&rig);
    rig_wait(&rig, rig.finished == 3);
    assert_int_equal(rig.finished_in_vain, 1);
    client_free(c);
    c = client_new(&rig);
    client_send(c, "GET /hold HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n" GET("/hello"));
    rig_wait(&rig, rig.held_count == 1);
    rig_settle(&rig);
    rig_answer(&rig);
    client_wait_eof(c);
    assert_int_equal(rig.heads, 4);
    assert_int_equal(rig.refused, 0);
    client_free(c);
}

static void an_absolute_target_names_the_host(void **state)
{
    (void)state;
    struct client *c = client_new(&rig);
    client_send(c, "GET http://other:80/hello?x HTTP/1.1\r\nHost: h\r\n\r\n");
    client_expect(c, "hello");
    assert_string_equal(rig.seen_host, "other:80");
    client_send(c, "GET http://other?x HTTP/1.1\r\nHost: h\r\n\r\n");
    client_expect(c, "ignored");
    client_send(c, "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n");
    client_expect(c, "ignored");
    client_free(c);
}

static void a_refusal_says_why(void **state)
{
    (void)state;
    struct client *c = client_new(&rig);
    client_send(c, "GET / HTTP/1.1\r\n\r\n");
    client_wait(c, "HTTP/1.1 400 Bad Request\r\n");
    client_wait(c, "\r\nx-amzn-RequestId: ");
    client_wait(c, "\r\nContent-Type: application/json\r\n");
    client_wait(c, "\r\nConnection: close\r\n");
    client_wait(c, "\r\n\r\n{\"message\":\"The request has no Host header.\"}");
    client_wait_eof(c);
    assert_false(c->reset);
    assert_int_equal(rig.refused, 1);
    assert_int_equal(rig.heads, 0);
    client_free(c);
}

static void each_fault_has_its_status(void **state)
{
    (void)state;
    static const struct {
        const char *request;
        const char *status;
    } faults[] = {
        {"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "400 Bad Request"},
        {"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "400 Bad Request"},
        {"GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", "400 Bad Request"},
        {"GET /#f HTTP/1.1\r\nHost: a\r\n\r\n", "400 Bad Request"},
        {"GET a HTTP/1.1\r\nHost: a\r\n\r\n", "400 Bad Request"},
        {"GET * HTTP/1.1\r\nHost: a\r\n\r\n", "400 Bad Request"},
        {"GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n", "400 Bad Request"},
        {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400 Bad Request"},
        {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: "
         "chunked\r\n\r\n0\r\n\r\n",
         "400 Bad Request"},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
         "400 Bad Request"},
        {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "501 Not Implemented"},
        {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n", "501 Not Implemented"},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551615\r\n\r\n",
         "413 Content Too Large"},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9223372036854775808\r\n\r\n",
         "413 Content Too Large"},
        {"POST / HTTP/1.1\r\nHost: a\r\nExpect: wonders\r\n\r\n", "417 Expectation Failed"},
        {"BREW / HTTP/1.1\r\nHost: a\r\n\r\n", "501 Not Implemented"},
        {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", "505 HTTP Version Not Supported"},
        {"\x16\x03\x01", "400 Bad Request"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
        struct client *c = client_new(&rig);
        client_send(c, faults[i].request);
        client_wait_eof(c);
        client_wait(c, faults[i].status);
        client_free(c);
    }
    assert_int_equal(rig.heads, 0);
    assert_int_equal(rig.refused, ARRAY_SIZE(faults));
}

static void send_long(struct client *c, const char *before, int n, const char *after)
{
    char *text = mem_new((size_t)n + 1);
    memset(text, 'a', (size_t)n);
    client_send(c, before);
    client_send(c, text);
    client_send(c, after);
    free(text);
}

static void long_parts_are_refused(void **state)
{
    (void)state;
    struct client *c = client_new(&rig);
    send_long(c, "GET /", 2048, " HTTP/1.1\r\nHost: h\r\n\r\n");
    client_wait(c, "414 URI Too Long");
    client_wait_eof(c);
    client_free(c);
    c = client_new(&rig);
    send_long(c, "GET / HTTP/1.1\r\nHost: h\r\nX: ", 100000, "\r\n\r\n");
    client_wait(c, "431 Request Header Fields Too Large");
    client_wait_eof(c);
    client_free(c);
    c = client_new(&rig);
    client_send(c, "GET / HTTP/1.1\r\nHost: h\r\n");
    for (int i = 0; i < 50; i++)
        client_send(c, "X: y\r\n");
    client_send(c, "\r\n");
    client_wait(c, "431 Request Header Fields Too Large");
    client_free(c);
}

static void a_refusal_waits_for_its_turn(void **state)
{
    (void)state;
    struct client *c = client_new(&rig);
    client_send(c, GET("/hold?1") "nonsense\r\n\r\n");
    rig_wait(&rig, rig.refused == 1);
    rig_settle(&rig);
    assert_int_equal(c->in.n, 0);
    rig_answer(&rig);
    client_wait_eof(c);
    assert_int_equal(client_count(c, "HTTP/1.1 200 OK"), 1);
    assert_int_equal(client_count(c, "HTTP/1.1 400 Bad Request"), 1);
    client_free(c);
}

static void a_refused_head_has_no_body(void **state)
{
    (void)state;
    struct client *c = client_new(&rig);
    client_send(c, "HEAD / HTTP/1.1\r\n\r\n");
    client_wait_eof(c);
    assert_int_equal(client_count(c, "400 Bad Request"), 1);
    assert_int_equal(client_count(c, "message"), 0);
    client_free(c);
}

static void values_cannot_break_out_of_their_header(void **state)
{
    (void)state;
    struct client *c = client_new(&rig);
    rig.value = STR("a\r\nSet-Cookie: b\n\x01\x7F\t\xC3\xA4");
    client_send(c, GET("/head"));
    client_wait(c, "X-Value: a  Set-Cookie: b   \t\xC3\xA4\r\n");
    client_free(c);
}

static void large_answers_arrive_whole(void **state)
{
    (void)state;
    struct client *c = client_new(&rig);
    rig.big_bytes = 20 << 20;
    client_send(c, GET("/big") GET("/hello"));
    rig_wait(&rig, c->in.n > rig.big_bytes && rig.finished == 2);
    client_wait(c, "hello");
    client_free(c);
}

static void answers_wait_for_a_client_that_does_not_read(void **state)
{
    (void)state;
    struct client *c = client_new(&rig);
    rig.big_bytes = 8 << 20;
    client_set_deaf(c, true);
    for (int i = 0; i < 10; i++)
        client_send(c, GET("/big"));
    rig_wait(&rig, rig.heads > 0);
    rig_settle(&rig);
    size_t heads = rig.heads;
    assert_true(heads <= rig.limits.pipeline);
    rig_settle(&rig);
    assert_int_equal(rig.heads, heads);
    client_set_deaf(c, false);
    rig_wait(&rig, rig.finished == 10);
    client_free(c);
}

static void large_answers_that_come_together_queue_up(void **state)
{
    (void)state;
    struct client *c = client_new(&rig);
    rig.big_bytes = 40 << 20;
    client_send(c, GET("/hold/big") GET("/hold/big") GET("/hold/big"));
    rig_wait(&rig, rig.held_count == 3);
    client_set_deaf(c, true);
    rig_answer(&rig);
    rig_answer(&rig);
    rig_answer(&rig);
    rig_settle(&rig);
    client_set_deaf(c, false);
    rig_wait(&rig, rig.finished == 3 && c->in.n >= 3 * rig.big_bytes);
    client_free(c);
}

static void hosts_that_cannot_be_listened_on_are_told(void **state)
{
    (void)state;
    struct err err;
    assert_null(http_server_start(rig.loop, "192.0.2.1", 0, NULL, &rig.limits, &rig.handler, &err));
    assert_true(str_contains(str_from(err.text), STR("cannot listen on 192.0.2.1")));
    uint16_t taken = http_server_port(rig.server);
    assert_null(http_server_start(rig.loop, "127.0.0.1", taken, NULL, &rig.limits, &rig.handler, &err));
    assert_true(str_contains(str_from(err.text), STR("address already in use")));
}

static void free_server(void *ctx)
{
    http_server_free(ctx);
}

static void a_name_can_be_listened_on(void **state)
{
    (void)state;
    struct err err;
    struct http_server *s =
        http_server_start(rig.loop, "localhost", 0, NULL, &rig.limits, &rig.handler, &err);
    assert_non_null(s);
    assert_true(http_server_port(s) > 0);
    http_server_drain(s, 0, free_server, s);
    rig_settle(&rig);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, rig_set_up, rig_tear_down)
    const struct CMUnitTest tests[] = {
        T(an_answer_is_complete),
        T(a_connection_serves_many_requests),
        T(bytes_may_come_one_by_one),
        T(answers_keep_the_order_of_requests),
        T(pipelining_is_bounded),
        T(a_flood_of_requests_is_served_in_order),
        T(a_held_request_is_pressed_by_the_next),
        T(requests_that_come_together_press),
        T(head_has_no_body),
        T(http_1_0_closes_unless_asked),
        T(either_side_can_end_the_connection),
        T(what_follows_the_last_answer_is_dropped),
        T(an_absolute_target_names_the_host),
        T(a_refusal_says_why),
        T(each_fault_has_its_status),
        T(long_parts_are_refused),
        T(a_refusal_waits_for_its_turn),
        T(a_refused_head_has_no_body),
        T(values_cannot_break_out_of_their_header),
        T(large_answers_arrive_whole),
        T(answers_wait_for_a_client_that_does_not_read),
        T(large_answers_that_come_together_queue_up),
        T(hosts_that_cannot_be_listened_on_are_told),
        T(a_name_can_be_listened_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
