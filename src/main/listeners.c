#include "main/listeners.h"

#include "base/log.h"
#include "main/data_folder.h"
#include "main/exchange.h"
#include "main/lasting_port.h"
#include "main/settings/address.h"

static int load_tls(const struct settings *g, struct http_tls **ret, struct err *err)
{
    *ret = NULL;
    if (!g->tls_cert_file[0])
        return 0;
    *ret = http_tls_load(g->tls_cert_file, g->tls_key_file, err);
    return *ret ? 0 : -1;
}

static struct http_limits http_limits_of(const struct settings *g)
{
    return (struct http_limits){
        .target_bytes = (size_t)g->http_max_head,
        .head_bytes = (size_t)g->http_max_head,
        .header_count = (size_t)g->http_max_headers,
        .connections = (size_t)g->http_max_connections,
        .head_timeout_ms = g->http_head_timeout,
        .body_timeout_ms = g->http_body_timeout,
        .idle_timeout_ms = g->http_idle_timeout,
        .write_timeout_ms = g->http_write_timeout,
        .pipeline = (size_t)g->http_max_pipeline,
    };
}

static int open_at(struct listener *l, const struct address *a, uint16_t port, struct http_tls *tls,
                   struct err *err)
{
    struct server *s = l->server;
    struct http_limits limits = http_limits_of(&s->settings);
    struct http_handler handler = front_handler(l);
    l->http = http_server_start(s->loop, a->host, port, tls, &limits, &handler, err);
    if (!l->http)
        return -1;
    address_url(a, http_server_port(l->http), tls != NULL, l->url, sizeof l->url);
    return 0;
}

/* At the port of the last start where the settings leave it open. */
static int open_for_clients(struct server *s, const struct server_info *last, struct err *err)
{
    struct address a;
    struct http_tls *tls;
    if (address_parse(s->settings.server_listen, &a, err) < 0 || load_tls(&s->settings, &tls, err) < 0)
        return -1;
    uint16_t port = a.port ? a.port : last->port;
    int rc = open_at(&s->clients, &a, port, tls, err);
    if (rc < 0 && !a.port && port) {
        log_warn("main", "the port of the last start is taken, another one is used", F_INT("port", port),
                 F_ERR(err));
        rc = open_at(&s->clients, &a, 0, tls, err);
    }
    if (rc < 0)
        http_tls_free(tls);
    return rc;
}

/* --- Sessions --- */

static int open_sessions_at(void *ctx, uint16_t port, struct err *err)
{
    struct server *s = ctx;
    struct address loopback = {.host = "127.0.0.1", .loopback = true};
    return open_at(&s->sessions, &loopback, port, NULL, err);
}

static int open_for_sessions(struct server *s, const struct server_info *last, struct err *err)
{
    const struct lasting_port port = {
        .asked = (uint16_t)s->settings.server_sessions_port,
        .last = last->sessions_port,
        .lost = "the port at which sessions reach data is taken by another program; another one is used, and "
                "sessions of the last server reach no data",
        .open = open_sessions_at,
        .ctx = s,
    };
    return lasting_port_open(&port, err);
}

int listeners_start(struct server *s, struct err *err)
{
    struct server_info last;
    struct err none;
    if (data_folder_read_info(s->paths.data, &last, &none) < 0)
        last = (struct server_info){0};
    return open_for_clients(s, &last, err) < 0 ? -1 : open_for_sessions(s, &last, err);
}

/* --- The end --- */

struct drain {
    loop_fn *done;
    void *ctx;
    unsigned left;
};

static void on_drained(void *ctx)
{
    struct drain *d = ctx;
    if (--d->left)
        return;
    d->done(d->ctx);
    free(d);
}

void listeners_drain(struct server *s, loop_fn *done, void *ctx)
{
    struct drain *d = mem_new(sizeof *d);
    *d = (struct drain){done, ctx, 2};
    http_server_drain(s->clients.http, s->settings.server_drain_timeout, on_drained, d);
    http_server_drain(s->sessions.http, s->settings.server_drain_timeout, on_drained, d);
}

void listeners_free(struct server *s)
{
    if (s->clients.http)
        http_server_free(s->clients.http);
    if (s->sessions.http)
        http_server_free(s->sessions.http);
}

/* A listener speaks TLS or it does not: only its certificate can change. */
void listeners_reload(struct server *s)
{
    struct http_tls *tls;
    struct err err;
    bool over_tls = str_starts(str_from(s->clients.url), STR("https:"));
    if (load_tls(&s->settings, &tls, &err) < 0)
        log_error("main", "the certificate was not reloaded", F_ERR(&err));
    else if (tls && over_tls)
        http_server_set_tls(s->clients.http, tls);
    else if (tls || over_tls)
        log_warn("main", "TLS is switched on or off by a restart only");
    if (!over_tls)
        http_tls_free(tls);
}
