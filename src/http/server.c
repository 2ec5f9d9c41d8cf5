#include "http/server_private.h"
#include "http/tls.h"
#include "http/transfer.h"

#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 511 };

void server_mark_ready(struct http_server *s, struct http_conn *c)
{
    if (list_empty(&c->ready))
        list_append(&s->ready, &c->ready);
}

void server_mark_gone(struct http_server *s, struct request *r)
{
    if (s->freed)
        request_release(r);
    else
        list_append(&s->gone, &r->link);
}

static void turn_all(struct http_server *s)
{
    for (struct list *first; (first = list_first(&s->ready));) {
        list_remove(first);
        conn_turn(CONTAINER_OF(first, struct http_conn, ready));
    }
    for (struct list *first; (first = list_first(&s->gone));)
        request_finish_gone(request_at(first));
}

static void on_before_wait(uv_prepare_t *h)
{
    turn_all(h->data);
}

static void on_after_wait(uv_check_t *h)
{
    turn_all(h->data);
}

/* Accepting. */

/* One connection too many: a plain client is told so. */
static void reject(const struct http_server *s, int fd)
{
    static const char text[] = "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\n"
                               "Content-Length: 55\r\nRetry-After: 1\r\nConnection: close\r\n\r\n"
                               "{\"message\":\"The server has no room for a connection.\"}\n";
    if (!s->tls)
        (void)send(fd, text, sizeof text - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    close(fd);
}

static void on_connection(void *ctx, int fd)
{
    struct http_server *s = ctx;
    if (s->conn_count >= s->limits.connections) {
        reject(s, fd);
        return;
    }
    struct http_conn *c = conn_new(s);
    s->conn_count++;
    if (uv_tcp_open(&c->tcp, fd) == 0) {
        conn_start(c);
        return;
    }
    close(fd);
    conn_close(c);
}

static void tell_drained(struct http_server *s);

static void on_transfer_ended(void *ctx)
{
    tell_drained(ctx);
}

/* Starting. */

static int resolve(struct http_server *s, const char *host, uint16_t port, struct sockaddr_storage *ret,
                   struct err *err)
{
    if (uv_ip4_addr(host, port, (struct sockaddr_in *)ret) == 0 ||
        uv_ip6_addr(host, port, (struct sockaddr_in6 *)ret) == 0)
        return 0;
    uv_getaddrinfo_t look_up;
    char service[8];
    snprintf(service, sizeof service, "%u", port);
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_family = AF_UNSPEC};
    int rc = uv_getaddrinfo(loop_uv(s->loop), &look_up, NULL, host, service, &hints);
    if (rc != 0)
        return err_set(err, ERR_INVALID_REQUEST, "cannot listen on '%s': %s", host, uv_strerror(rc));
    memcpy(ret, look_up.addrinfo->ai_addr, look_up.addrinfo->ai_addrlen);
    uv_freeaddrinfo(look_up.addrinfo);
    return 0;
}

static int listen_on(struct http_server *s, const char *host, uint16_t port, struct err *err)
{
    struct sockaddr_storage address = {0};
    if (resolve(s, host, port, &address, err) != 0)
        return -1;
    int error;
    s->listener = listener_open(s->loop, (struct sockaddr *)&address, BACKLOG, on_connection, s, &error);
    if (!s->listener)
        return err_set(err, ERR_INTERNAL, "cannot listen on %s port %u: %s", host, port, uv_strerror(error));
    s->open_handles++;
    return 0;
}

static void init_handles(struct http_server *s)
{
    uv_loop_t *uv = loop_uv(s->loop);
    REQUIRE(uv_prepare_init(uv, &s->before_wait) == 0);
    REQUIRE(uv_check_init(uv, &s->after_wait) == 0);
    s->before_wait.data = s->after_wait.data = s;
    uv_prepare_start(&s->before_wait, on_before_wait);
    uv_check_start(&s->after_wait, on_after_wait);
    uv_unref((uv_handle_t *)&s->before_wait);
    uv_unref((uv_handle_t *)&s->after_wait);
    s->open_handles = 2;
}

struct http_server *http_server_start(struct loop *loop, const char *host, uint16_t port,
                                      struct http_tls *tls, const struct http_limits *limits,
                                      const struct http_handler *handler, struct err *err)
{
    struct http_server *s = mem_new(sizeof *s);
    s->loop = loop;
    s->limits = *limits;
    s->handler = *handler;
    s->date_s = INT64_MIN;
    list_init(&s->conns);
    list_init(&s->ready);
    list_init(&s->gone);
    list_init(&s->spares);
    buf_init(&s->spare_output, READ_BYTES);
    init_handles(s);
    s->transfers = http_transfers_new(loop, on_transfer_ended, s);
    if (listen_on(s, host, port, err) != 0) {
        http_server_free(s);
        return NULL;
    }
    s->tls = tls;
    return s;
}

uint16_t http_server_port(const struct http_server *s)
{
    return s->listener ? listener_port(s->listener) : 0;
}

void http_server_set_tls(struct http_server *s, struct http_tls *tls)
{
    http_tls_free(s->tls);
    s->tls = tls;
}

size_t http_server_connections(const struct http_server *s)
{
    return s->conn_count;
}

/* Ending. */

static void tell_drained(struct http_server *s)
{
    if (!s->drained || s->conn_count || s->open_handles > 2 || http_transfers_count(s->transfers))
        return;
    loop_fn *drained = TAKE(s->drained);
    timer_stop(loop_timers(s->loop), &s->grace);
    turn_all(s); /* requests that ended with their connections */
    drained(s->drained_ctx);
}

void server_conn_closed(struct http_server *s)
{
    s->conn_count--;
    tell_drained(s);
}

static void on_listener_closed(void *ctx)
{
    struct http_server *s = ctx;
    s->open_handles--;
    tell_drained(s);
}

static void on_grace_over(struct timer *t)
{
    struct http_server *s = t->ctx;
    LIST_EACH_SAFE(link, &s->conns)
        conn_close(CONTAINER_OF(link, struct http_conn, link));
}

void http_server_drain(struct http_server *s, int64_t grace_ms, loop_fn *drained, void *ctx)
{
    REQUIRE(!s->draining);
    s->draining = true;
    s->drained = drained;
    s->drained_ctx = ctx;
    LIST_EACH(link, &s->conns)
        conn_drain(CONTAINER_OF(link, struct http_conn, link));
    timer_start(loop_timers(s->loop), &s->grace, grace_ms, on_grace_over, s);
    listener_close(TAKE(s->listener), on_listener_closed, s);
}

static void free_if_unused(struct http_server *s)
{
    if (!s->freed || s->open_handles || s->request_count)
        return;
    http_tls_free(s->tls);
    free(s);
}

void server_request_released(struct http_server *s)
{
    free_if_unused(s);
}

static void on_last_closed(void *ctx)
{
    struct http_server *s = ctx;
    s->open_handles--;
    free_if_unused(s);
}

static void on_handle_closed(uv_handle_t *h)
{
    on_last_closed(h->data);
}

void http_server_free(struct http_server *s)
{
    REQUIRE(s->conn_count == 0);
    s->freed = true;
    request_spares_free(s);
    http_transfers_free(TAKE(s->transfers));
    free(s->spare_output.p);
    if (s->listener)
        listener_close(TAKE(s->listener), on_last_closed, s);
    uv_close((uv_handle_t *)&s->before_wait, on_handle_closed);
    uv_close((uv_handle_t *)&s->after_wait, on_handle_closed);
}
