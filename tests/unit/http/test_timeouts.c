/* Clients that are too slow. */
#include "rig.h"

#include <sys/mman.h>

static int set_up(void **state)
{
    (void)state;
    rig_init(&rig);
    return 0;
}

static void an_idle_connection_is_closed(void **state)
{
    (void)state;
    rig.limits.idle_timeout_ms = 30;
    rig_start(&rig);
    struct client *c = client_new(&rig);
    client_wait_eof(c);
    assert_int_equal(c->in.n, 0);
    client_free(c);
    c = client_new(&rig);
    client_send(c, "GET /hello HTTP/1.1\r\nHost: h\r\n\r\n");
    client_expect(c, "hello");
    client_wait_eof(c);
    assert_int_equal(c->in.n, 0);
    client_free(c);
}

static void a_slow_head_gets_408(void **state)
{
    (void)state;
    rig.limits.head_timeout_ms = 60;
    rig.limits.head_bytes = 8 << 20; /* a quick machine sends much in that time */
    rig_start(&rig);
    struct client *c = client_new(&rig);
    int64_t start = clock_mono_ms(&clock_system);
    client_send(c, "GET /hello HTTP/1.1\r\nX: ");
    while (!c->eof && clock_mono_ms(&clock_system) - start < 10000)
        client_drip(c, "y"); /* bytes that trickle in do not prolong it */
    client_wait(c, "408 Request Timeout");
    assert_int_equal(rig.refused, 1);
    assert_true(clock_mono_ms(&clock_system) - start >= 60);
    client_free(c);
}

static void a_slow_body_gets_408(void **state)
{
    (void)state;
    rig.limits.body_timeout_ms = 30;
    rig_start(&rig);
    struct client *c = client_new(&rig);
    client_send(c, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nabc");
    client_wait(c, "408 Request Timeout");
    client_wait_eof(c);
    assert_int_equal(rig.last_status, 408);
    assert_int_equal(rig.finished, 1);
    client_free(c);
}

static void a_slow_streamed_body_is_aborted(void **state)
{
    (void)state;
    rig.limits.body_timeout_ms = 30;
    rig_start(&rig);
    struct client *c = client_new(&rig);
    client_send(c, "PUT /stream HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nabc");
    client_wait(c, "408 Request Timeout");
    assert_int_equal(rig.aborted, 1);
    http_respond(rig.streaming, &(struct http_response){.status = 500});
    rig_wait(&rig, rig.finished == 1);
    client_free(c);
}

static void a_paused_sink_is_not_the_clients_fault(void **state)
{
    (void)state;
    rig.limits.body_timeout_ms = 30;
    rig_start(&rig);
    struct client *c = client_new(&rig);
    client_send(c, "PUT /stream/hold HTTP/1.1\r\nHost: h\r\nContent-Length: 300000\r\n\r\n");
    char bytes[150000] = {0};
    client_send_bytes(c, bytes, sizeof bytes);
    client_send_bytes(c, bytes, sizeof bytes);
    rig_wait(&rig, rig.pieces == 1);
    rig_pass(&rig, 100);
    assert_int_equal(rig.aborted, 0);
    rig_resume(&rig);
    client_wait(c, "length 300000");
    client_free(c);
}

static void a_client_that_takes_nothing_is_cut_off(void **state)
{
    (void)state;
    rig.limits.write_timeout_ms = 50;
    rig_start(&rig);
    rig.big_bytes = 30 << 20;
    struct client *c = client_new(&rig);
    client_set_deaf(c, true);
    client_send(c, "GET /big HTTP/1.1\r\nHost: h\r\n\r\n");
    rig_wait(&rig, http_server_connections(rig.server) == 1 && rig.heads == 1);
    rig_wait(&rig, http_server_connections(rig.server) == 0);
    assert_int_equal(rig.finished, 1);
    client_free(c);
}

static void make_sparse_file(size_t n)
{
    rig.file_fd = memfd_create("body", MFD_CLOEXEC);
    assert_int_equal(ftruncate(rig.file_fd, (off_t)n), 0);
    rig.file_length = n;
}

static void a_client_that_takes_nothing_of_a_file_is_cut_off(void **state)
{
    (void)state;
    rig.limits.write_timeout_ms = 50;
    rig_start(&rig);
    make_sparse_file(30 << 20);
    struct client *c = client_new(&rig);
    client_set_deaf(c, true);
    client_send(c, "GET /file HTTP/1.1\r\nHost: h\r\n\r\n");
    rig_wait(&rig, rig.heads == 1);
    rig_wait(&rig, http_server_connections(rig.server) == 0);
    assert_int_equal(rig.finished, 1);
    assert_true(rig.last_sent_bytes > 0 && rig.last_sent_bytes < 30 << 20);
    client_free(c);
}

static void a_held_request_has_no_deadline(void **state)
{
    (void)state;
    rig.limits.idle_timeout_ms = rig.limits.head_timeout_ms = rig.limits.body_timeout_ms = 30;
    rig_start(&rig);
    struct client *c = client_new(&rig);
    client_send(c, "GET /hold HTTP/1.1\r\nHost: h\r\n\r\n");
    rig_wait(&rig, rig.held_count == 1);
    rig_pass(&rig, 100);
    assert_false(c->eof);
    rig_answer(&rig);
    client_expect(c, "/hold");
    client_wait_eof(c);
    client_free(c);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, rig_tear_down)
    const struct CMUnitTest tests[] = {
        T(an_idle_connection_is_closed),
        T(a_slow_head_gets_408),
        T(a_slow_body_gets_408),
        T(a_slow_streamed_body_is_aborted),
        T(a_paused_sink_is_not_the_clients_fault),
        T(a_client_that_takes_nothing_is_cut_off),
        T(a_client_that_takes_nothing_of_a_file_is_cut_off),
        T(a_held_request_has_no_deadline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
