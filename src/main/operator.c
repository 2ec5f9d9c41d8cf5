/* What an operator and a load balancer ask, unsigned, under /-/. */
#include "base/timefmt.h"
#include "main/exchange.h"

enum { METRICS_MAX = 4 * 1024 * 1024, READY_MAX = 64 * 1024 };

static void answer_metrics(struct exchange *x)
{
    struct server *s = x->server;
    struct metrics_gauges g = {
        .connections = http_server_connections(s->clients.http) + http_server_connections(s->sessions.http),
        .memory_room_bytes = s->core_config.memory_room_bytes,
        .account_dpus = s->core_config.account_dpus,
    };
    struct catalog_state catalog;
    CLEANUP_BUF struct buf body;
    buf_init(&body, METRICS_MAX);
    core_get_stats(s->core, &g.core);
    store_get_stats(s->store, &g.store);
    deliveries_get_stats(s->deliveries, &g.deliveries);
    catalog_get_state(s->catalog, &catalog);
    g.remotes = s->remotes;
    g.catalog_up = catalog.away_since_ms == 0;
    metrics_print(s->metrics, &g, &body);
    exchange_answer(x, 200, "text/plain; version=0.0.4; charset=utf-8", buf_str(&body));
}

static void print_away(void *ctx, const struct remote_state *s)
{
    char since[TIME_TEXT_MAX];
    if (!s->away_since_ms)
        return;
    time_format_iso(s->away_since_ms, since);
    buf_printf(ctx, "remote %s does not answer since %s: %s\n", s->name, since, s->why);
}

static void print_catalog(struct catalog *c, struct buf *out)
{
    struct catalog_state state;
    char since[TIME_TEXT_MAX];
    catalog_get_state(c, &state);
    if (!state.away_since_ms)
        return;
    time_format_iso(state.away_since_ms, since);
    buf_printf(out, "the catalog's database does not answer since %s: %s\n", since, state.why);
}

static void print_waiting(const struct deliveries *d, struct buf *out)
{
    struct deliveries_stats stats;
    char since[TIME_TEXT_MAX];
    deliveries_get_stats(d, &stats);
    if (!stats.waiting)
        return;
    time_format_iso(stats.oldest_ms, since);
    buf_printf(out, "%zu objects wait for buckets elsewhere, %lld bytes, the oldest since %s\n",
               stats.waiting, (long long)stats.waiting_bytes, since);
}

/* A catalog or a store elsewhere that is away does not keep all else from being served: it is told, and no
 * more. */
static void answer_ready(struct exchange *x)
{
    const struct server *s = x->server;
    CLEANUP_BUF struct buf body;
    if (!s->ready || s->ending) {
        exchange_text(x, 503, "not ready\n");
        return;
    }
    buf_init(&body, READY_MAX);
    buf_add_cstr(&body, "ready\n");
    print_catalog(s->catalog, &body);
    remotes_each_state(s->remotes, print_away, &body);
    print_waiting(s->deliveries, &body);
    exchange_answer(x, 200, "text/plain; charset=utf-8", buf_str(&body));
}

void operator_head(struct exchange *x)
{
    struct str path = x->req->path;
    x->service = "operator";
    x->protocol = AWS_PROTOCOL_JSON;
    if (!str_is(x->req->method, "GET") && !str_is(x->req->method, "HEAD")) {
        exchange_text(x, 405, "only GET and HEAD are known here\n");
    } else if (str_is(path, "/-/healthz")) {
        x->operation = STR("healthz");
        exchange_text(x, 200, "ok\n");
    } else if (str_is(path, "/-/readyz")) {
        x->operation = STR("readyz");
        answer_ready(x);
    } else if (str_is(path, "/-/metrics")) {
        x->operation = STR("metrics");
        answer_metrics(x);
    } else {
        exchange_text(x, 404, "there is healthz, readyz and metrics\n");
    }
}
