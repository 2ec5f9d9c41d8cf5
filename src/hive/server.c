#include "hive/server.h"

#include "hive/conn.h"

enum { BACKLOG = 128 };

static void on_connection(uv_stream_t *listener, int status)
{
    struct hive_server *s = listener->data;
    if (status < 0)
        return;
    struct hive_conn *c = hive_conn_new(s);
    if (uv_accept(listener, (uv_stream_t *)&c->tcp) != 0 || s->count > s->config.max_connections)
        hive_conn_close(c);
    else
        hive_conn_start(c);
}

static void on_listener_closed(uv_handle_t *h)
{
    struct hive_server *s = h->data;
    s->handles--;
    hive_server_free_if_unused(s);
}

struct hive_server *hive_server_start(struct loop *loop, uint16_t port, const struct hive_config *config,
                                      struct err *err)
{
    struct hive_server *s = mem_new(sizeof *s);
    struct sockaddr_in address;
    s->loop = loop;
    s->config = *config;
    s->handles = 1;
    s->listener.data = s;
    list_init(&s->conns);
    REQUIRE(uv_tcp_init(loop_uv(loop), &s->listener) == 0);
    REQUIRE(uv_ip4_addr("127.0.0.1", port, &address) == 0);
    int rc = uv_tcp_bind(&s->listener, (const struct sockaddr *)&address, 0);
    if (rc == 0)
        rc = uv_listen((uv_stream_t *)&s->listener, BACKLOG, on_connection);
    if (rc == 0)
        return s;
    err_set(err, ERR_INTERNAL, "cannot listen on 127.0.0.1 port %u for the metastore: %s", port,
            uv_strerror(rc));
    hive_server_stop(s);
    return NULL;
}

uint16_t hive_server_port(const struct hive_server *s)
{
    struct sockaddr_in a;
    int n = sizeof a;
    return uv_tcp_getsockname(&s->listener, (struct sockaddr *)&a, &n) == 0 ? ntohs(a.sin_port) : 0;
}

void hive_server_stop(struct hive_server *s)
{
    if (!s)
        return;
    s->stopped = true;
    LIST_EACH_SAFE(node, &s->conns)
        hive_conn_close(CONTAINER_OF(node, struct hive_conn, link));
    uv_close((uv_handle_t *)&s->listener, on_listener_closed);
}
