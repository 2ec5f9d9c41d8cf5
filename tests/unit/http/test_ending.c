/* Clients that go away, servers that end, and connections beyond the limit. */
#include "rig.h"

#include <sys/socket.h>

static int set_up(void **state)
{
    (void)state;
    rig_init(&rig);
    rig.limits.connections = 3;
    rig_start(&rig);
    return 0;
}

/* Closes with a reset. */
static void client_reset(struct client *c)
{
    const struct linger now = {.l_onoff = 1, .l_linger = 0};
    setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    client_free(c);
}

static void a_half_closed_client_gets_its_answers(void **state)
{
    (void)state;
    struct client *c = client_new(&rig);
    client_send(c, GET("/hold?1") GET("/hello"));
    client_half_close(c);
    rig_wait(&rig, rig.heads == 2);
    rig_settle(&rig);
    rig_answer(&rig);
    client_wait_eof(c);
    assert_int_equal(client_count(c, "HTTP/1.1 200 OK"), 2);
    assert_false(c->reset);
    rig_wait(&rig, http_server_connections(rig.server) == 0);
    client_free(c);
}

static void half_a_head_is_no_request(void **state)
{
    (void)state;
    struct client *c = client_new(&rig);
    client_send(c, "GET /hello HT");
    client_half_close(c);
    client_wait_eof(c);
    assert_int_equal(rig.heads, 0);
    assert_int_equal(c->in.n, 0);
    client_free(c);
}

static void a_request_outlives_its_client(void **state)
{
    (void)state;
    struct client *c = client_new(&rig);
    client_send(c, GET("/hold"));
    rig_wait(&rig, rig.held_count == 1);
    assert_non_null(rig.held[0]->conn);
    client_reset(c);
    rig_wait(&rig, http_server_connections(rig.server) == 0);
    assert_null(rig.held[0]->conn);
    assert_int_equal(rig.finished, 0);
    assert_true(str_is(rig.held[0]->path, "/hold"));
    rig_answer(&rig);
    rig_wait(&rig, rig.finished == 1);
    assert_int_equal(rig.finished_in_vain, 1);
}

static void half_a_buffered_body_ends_its_request(void **state)
{
    (void)state;
    struct client *c = client_new(&rig);
    client_send(c, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nab");
    rig_wait(&rig, rig.heads == 1);
    client_half_close(c);
    client_wait_eof(c);
    assert_int_equal(rig.finished_in_vain, 1);
    assert_int_equal(rig.dones, 0);
    client_free(c);
    c = client_new(&rig);
    client_send(c, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nab");
    rig_wait(&rig, rig.heads == 2);
    client_reset(c);
    rig_wait(&rig, rig.finished_in_vain == 2);
}

static void half_a_streamed_body_is_aborted(void **state)
{
    (void)state;
    struct client *c = client_new(&rig);
    client_send(c, "PUT /stream HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nab");
    rig_wait(&rig, rig.pieces == 1);
    client_reset(c);
    rig_wait(&rig, rig.aborted == 1);
    assert_int_equal(rig.finished, 0);
    http_body_resume(rig.streaming);
    http_respond(rig.streaming, &(struct http_response){.status = 500});
    rig_wait(&rig, rig.finished == 1);
    assert_int_equal(rig.finished_in_vain, 1);
}

static void a_paused_sink_learns_of_a_lost_client_later(void **state)
{
    (void)state;
    struct client *c = client_new(&rig);
    client_send(
        c,
        "PUT /stream/hold HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n2\r\ncd\r\n");
    rig_wait(&rig, rig.pieces == 1);
    client_reset(c);
    rig_settle(&rig);
    rig_resume(&rig);
    rig_wait(&rig, rig.aborted == 1);
    assert_int_equal(rig.pieces, 2);
    http_respond(rig.streaming, &(struct http_response){.status = 500});
}

static void a_client_gone_amid_an_answer_is_no_harm(void **state)
{
    (void)state;
    struct client *c = client_new(&rig);
    rig.big_bytes = 30 << 20;
    client_set_deaf(c, true);
    client_send(c, GET("/big") GET("/big"));
    rig_wait(&rig, rig.heads == 1);
    rig_settle(&rig);
    client_reset(c);
    rig_wait(&rig, http_server_connections(rig.server) == 0);
    rig_wait(&rig, rig.finished == rig.heads);
}

static void connections_beyond_the_limit_get_503(void **state)
{
    (void)state;
    struct client *c[3];
    for (size_t i = 0; i < 3; i++) {
        c[i] = client_new(&rig);
        client_send(c[i], GET("/hello"));
        client_expect(c[i], "hello");
    }
    struct client *late = client_new(&rig);
    client_wait(late, "HTTP/1.1 503 Service Unavailable\r\n");
    client_wait(late, "Retry-After: 1\r\n");
    client_wait(late, "connection.\"}");
    client_wait_eof(late);
    client_free(late);
    client_free(c[0]);
    rig_wait(&rig, http_server_connections(rig.server) == 2);
    c[0] = client_new(&rig);
    client_send(c[0], GET("/hello"));
    client_expect(c[0], "hello");
    for (size_t i = 0; i < 3; i++)
        client_free(c[i]);
}

static void draining_lets_requests_end(void **state)
{
    (void)state;
    struct client *idle = client_new(&rig);
    struct client *busy = client_new(&rig);
    client_send(idle, GET("/hello"));
    client_expect(idle, "hello");
    client_send(busy, GET("/hold?1") GET("/hold?2"));
    rig_wait(&rig, rig.held_count == 2);
    uint16_t port = http_server_port(rig.server);
    rig_drain(&rig, 60000);
    client_wait_eof(idle);
    assert_int_equal(idle->in.n, 0);
    assert_false(rig.drained);

    struct sockaddr_in a = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_not_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    close(fd);

    rig_answer(&rig);
    rig_answer(&rig);
    client_wait(busy, "/hold?2");
    assert_int_equal(client_count(busy, "Connection: close"), 1);
    client_wait_eof(busy);
    client_free(idle);
    client_free(busy);
    rig_wait(&rig, rig.drained);
    assert_int_equal(rig.finished_in_vain, 0);
}

static void draining_takes_a_request_that_has_begun(void **state)
{
    (void)state;
    struct client *c = client_new(&rig);
    client_send(c, "GET /hel");
    rig_wait(&rig, http_server_connections(rig.server) == 1);
    rig_settle(&rig);
    rig_drain(&rig, 60000);
    rig_settle(&rig);
    client_send(c, "lo HTTP/1.1\r\nHost: h\r\n\r\n");
    client_wait(c, "Connection: close");
    client_wait_eof(c);
    client_free(c);
    rig_wait(&rig, rig.drained);
}

static void draining_ends_after_its_grace(void **state)
{
    (void)state;
    struct client *c = client_new(&rig);
    client_send(c, GET("/hold"));
    rig_wait(&rig, rig.held_count == 1);
    rig_drain(&rig, 20);
    rig_wait(&rig, rig.drained);
    client_wait_eof(c);
    rig_answer(&rig);
    rig_wait(&rig, rig.finished_in_vain == 1);
    client_free(c);
}

static void draining_without_connections_ends_at_once(void **state)
{
    (void)state;
    rig_drain(&rig, 60000);
    assert_false(rig.drained); /* never before the call returns */
    rig_wait(&rig, rig.drained);
}

/* The last request of a server that is freed already frees the rest. */
static void a_request_outlives_its_server(void **state)
{
    (void)state;
    static struct rig other;
    rig_init(&other);
    rig_start(&other);
    struct client *c = client_new(&other);
    client_send(c, GET("/hold"));
    rig_wait(&other, other.held_count == 1);
    rig_drain(&other, 0);
    rig_wait(&other, other.drained);
    http_server_free(other.server);
    client_free(c);
    rig_settle(&other);
    assert_null(other.held[0]->conn);
    rig_answer(&other);
    assert_int_equal(other.finished, 0);
    loop_free(other.loop);
    buf_done(&other.streamed);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, rig_tear_down)
    const struct CMUnitTest tests[] = {
        T(a_half_closed_client_gets_its_answers),
        T(half_a_head_is_no_request),
        T(a_request_outlives_its_client),
        T(half_a_buffered_body_ends_its_request),
        T(half_a_streamed_body_is_aborted),
        T(a_paused_sink_learns_of_a_lost_client_later),
        T(a_client_gone_amid_an_answer_is_no_harm),
        T(connections_beyond_the_limit_get_503),
        T(draining_lets_requests_end),
        T(draining_takes_a_request_that_has_begun),
        T(draining_ends_after_its_grace),
        T(draining_without_connections_ends_at_once),
        T(a_request_outlives_its_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
