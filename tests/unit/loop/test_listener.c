#include "loop/listener.h"

#include "base/mem.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

enum { CLIENTS = 5, FILES_MAX = 256, BACKLOG = 16, TICK_MS = 120 };

struct rig {
    struct loop *loop;
    struct listener *listener;
    struct timer tick;
    int clients[CLIENTS];
    int taken[FILES_MAX]; /* descriptors that nobody else gets */
    size_t taken_count;
    size_t accepted;
    bool blocked_seen;
};

static void on_closed(void *ctx)
{
    const struct rig *r = ctx;
    loop_stop(r->loop);
}

static void on_socket(void *ctx, int fd)
{
    struct rig *r = ctx;
    close(fd);
    if (++r->accepted == CLIENTS)
        listener_close(TAKE(r->listener), on_closed, r);
}

static void open_listener(struct rig *r)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int error;
    r->loop = loop_new();
    r->listener = listener_open(r->loop, (struct sockaddr *)&a, BACKLOG, on_socket, r, &error);
    assert_non_null(r->listener);
}

/* They wait in the listener's backlog. */
static void connect_all(struct rig *r)
{
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_addr = {htonl(INADDR_LOOPBACK)},
                            .sin_port = htons(listener_port(r->listener))};
    for (size_t i = 0; i < CLIENTS; i++) {
        r->clients[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_int_equal(connect(r->clients[i], (struct sockaddr *)&a, sizeof a), 0);
    }
}

static void close_all(struct rig *r)
{
    for (size_t i = 0; i < CLIENTS; i++)
        close(r->clients[i]);
    loop_free(r->loop);
}

static void every_client_is_accepted(void **state)
{
    struct rig r = {0};
    (void)state;
    open_listener(&r);
    connect_all(&r);
    loop_run(r.loop);
    assert_int_equal(r.accepted, CLIENTS);
    close_all(&r);
}

static void take_descriptors(struct rig *r)
{
    struct rlimit few = {FILES_MAX, FILES_MAX};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    for (int fd; r->taken_count < FILES_MAX && (fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0)) >= 0;)
        r->taken[r->taken_count++] = fd;
}

static void give_descriptors_back(struct timer *t)
{
    struct rig *r = t->ctx;
    r->blocked_seen = r->accepted == 0;
    while (r->taken_count)
        close(r->taken[--r->taken_count]);
}

/* The loop goes on meanwhile: the timer is what ends it. */
static void without_a_descriptor_clients_wait(void **state)
{
    struct rig r = {0};
    (void)state;
    open_listener(&r);
    connect_all(&r);
    take_descriptors(&r);
    timer_start(loop_timers(r.loop), &r.tick, TICK_MS, give_descriptors_back, &r);
    loop_run(r.loop);
    assert_true(r.blocked_seen);
    assert_int_equal(r.accepted, CLIENTS);
    close_all(&r);
}

static void a_port_that_is_taken_is_told(void **state)
{
    struct rig r = {0};
    (void)state;
    open_listener(&r);
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_addr = {htonl(INADDR_LOOPBACK)},
                            .sin_port = htons(listener_port(r.listener))};
    int error = 0;
    assert_null(listener_open(r.loop, (struct sockaddr *)&a, BACKLOG, on_socket, &r, &error));
    assert_int_equal(error, UV_EADDRINUSE);
    listener_close(TAKE(r.listener), on_closed, &r);
    loop_run(r.loop);
    loop_free(r.loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_client_is_accepted),
        cmocka_unit_test(a_port_that_is_taken_is_told),
        cmocka_unit_test(without_a_descriptor_clients_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
