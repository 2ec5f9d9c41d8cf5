#include "hive/server.h"

#include "hive/conn.h"

#include <unistd.h>

enum { BACKLOG = 128 };

/* Who has shown no token must not keep others out. */
static struct hive_conn *oldest_stranger(const struct hive_server *s)
{
    LIST_EACH(node, &s->conns) {
        struct hive_conn *c = CONTAINER_OF(node, struct hive_conn, link);
        if (!c->token[0])
            return c;
    }
    return NULL;
}

/* False: there is none. */
static bool has_room(const struct hive_server *s)
{
    struct hive_conn *stranger = s->count < s->config.max_connections ? NULL : oldest_stranger(s);
    if (stranger)
        hive_conn_close(stranger);
    return stranger || s->count < s->config.max_connections;
}

static void on_connection(void *ctx, int fd)
{
    struct hive_server *s = ctx;
    if (!has_room(s)) {
        close(fd);
        return;
    }
    struct hive_conn *c = hive_conn_new(s);
    if (uv_tcp_open(&c->tcp, fd) == 0) {
        hive_conn_start(c);
        return;
    }
    close(fd);
    hive_conn_close(c);
}

static void on_listener_closed(void *ctx)
{
    struct hive_server *s = ctx;
    s->handles--;
    hive_server_free_if_unused(s);
}

struct hive_server *hive_server_start(struct loop *loop, uint16_t port, const struct hive_config *config,
                                      struct err *err)
{
    struct hive_server *s = mem_new(sizeof *s);
    struct sockaddr_in address;
    int error;
    s->loop = loop;
    s->config = *config;
    list_init(&s->conns);
    REQUIRE(uv_ip4_addr("127.0.0.1", port, &address) == 0);
    s->listener = listener_open(loop, (const struct sockaddr *)&address, BACKLOG, on_connection, s, &error);
    if (s->listener) {
        s->handles = 1;
        return s;
    }
    err_set(err, ERR_INTERNAL, "cannot listen on 127.0.0.1 port %u for the metastore: %s", port,
            uv_strerror(error));
    free(s);
    return NULL;
}

uint16_t hive_server_port(const struct hive_server *s)
{
    return s->listener ? listener_port(s->listener) : 0;
}

void hive_server_stop(struct hive_server *s)
{
    if (!s)
        return;
    s->stopped = true;
    LIST_EACH_SAFE(node, &s->conns)
        hive_conn_close(CONTAINER_OF(node, struct hive_conn, link));
    listener_close(TAKE(s->listener), on_listener_closed, s);
}
