#include "main/metrics.h"

#include "base/map.h"

#include <stdio.h>

enum { BUCKETS = 16, KEY_MAX = 128 };

/* Upper bounds in microseconds; the last bucket has none. */
static const uint64_t bounds_us[BUCKETS - 1] = {
    100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000, 5000000, 30000000};
static const char *const outcome_names[OUTCOMES] = {"ok", "client_error", "server_error", "gone"};

struct operation {
    char key[KEY_MAX]; /* service/operation */
    char service[16];
    char name[KEY_MAX - 16];
    uint64_t outcomes[OUTCOMES];
    uint64_t buckets[BUCKETS];
    uint64_t count;
    uint64_t nanos;
};

struct metrics {
    struct map operations;
};

struct metrics *metrics_new(void)
{
    struct metrics *m = mem_new(sizeof *m);
    map_init(&m->operations);
    return m;
}

void metrics_free(struct metrics *m)
{
    size_t at = 0;
    if (!m)
        return;
    for (struct operation *o; (o = map_next(&m->operations, &at));)
        free(o);
    map_done(&m->operations);
    free(m);
}

static struct operation *operation_for(struct metrics *m, const char *service, struct str name)
{
    struct operation fresh = {0};
    snprintf(fresh.key, sizeof fresh.key, "%s/%.*s", service, STR_ARG(name));
    struct operation *o = map_get(&m->operations, str_from(fresh.key));
    if (o)
        return o;
    snprintf(fresh.service, sizeof fresh.service, "%s", service);
    snprintf(fresh.name, sizeof fresh.name, "%.*s", STR_ARG(name));
    o = mem_new(sizeof *o);
    *o = fresh;
    map_put(&m->operations, str_from(o->key), o);
    return o;
}

static size_t bucket_of(uint64_t nanos)
{
    size_t i = 0;
    while (i < BUCKETS - 1 && nanos > bounds_us[i] * 1000)
        i++;
    return i;
}

void metrics_count(struct metrics *m, const char *service, struct str operation, enum metrics_outcome outcome,
                   uint64_t nanos)
{
    struct operation *o = operation_for(m, service, operation);
    o->outcomes[outcome]++;
    o->buckets[bucket_of(nanos)]++;
    o->count++;
    o->nanos += nanos;
}

static void heading(struct buf *out, const char *name, const char *type, const char *help)
{
    buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void print_requests(const struct metrics *m, struct buf *out)
{
    size_t at = 0;
    heading(out, "glaux_requests_total", "counter", "Requests by operation and outcome.");
    for (const struct operation *o; (o = map_next(&m->operations, &at));)
        for (size_t i = 0; i < OUTCOMES; i++)
            if (o->outcomes[i])
                buf_printf(out, "glaux_requests_total{service=\"%s\",operation=\"%s\",outcome=\"%s\"} %llu\n",
                           o->service, o->name, outcome_names[i], (unsigned long long)o->outcomes[i]);
}

static void print_latency(const struct operation *o, struct buf *out)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < BUCKETS; i++) {
        sum += o->buckets[i];
        buf_printf(out, "glaux_request_duration_seconds_bucket{service=\"%s\",operation=\"%s\",le=\"",
                   o->service, o->name);
        if (i < BUCKETS - 1)
            buf_printf(out, "%g", (double)bounds_us[i] / 1e6);
        else
            buf_add_cstr(out, "+Inf");
        buf_printf(out, "\"} %llu\n", (unsigned long long)sum);
    }
    buf_printf(out, "glaux_request_duration_seconds_sum{service=\"%s\",operation=\"%s\"} %.9f\n", o->service,
               o->name, (double)o->nanos / 1e9);
    buf_printf(out, "glaux_request_duration_seconds_count{service=\"%s\",operation=\"%s\"} %llu\n",
               o->service, o->name, (unsigned long long)o->count);
}

static void print_sessions(const struct core_stats *s, struct buf *out)
{
    static const char *const ends[] = {"TERMINATED", "FAILED"};
    heading(out, "glaux_sessions", "gauge", "Live sessions by state.");
    for (size_t i = 1; i <= SESSION_STATES; i++)
        buf_printf(out, "glaux_sessions{state=\"%.*s\"} %llu\n",
                   STR_ARG(session_state_text((enum athena_session_state)i)),
                   (unsigned long long)s->sessions[i]);
    heading(out, "glaux_sessions_started_total", "counter", "Sessions started.");
    buf_printf(out, "glaux_sessions_started_total %llu\n", (unsigned long long)s->sessions_started);
    heading(out, "glaux_sessions_ended_total", "counter", "Sessions ended, by their last state.");
    for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
        buf_printf(out, "glaux_sessions_ended_total{state=\"%s\"} %llu\n", ends[i],
                   (unsigned long long)s->sessions_ended[i]);
}

static void print_calculations(const struct core_stats *s, struct buf *out)
{
    heading(out, "glaux_calculations_running", "gauge", "Calculations that have not ended.");
    buf_printf(out, "glaux_calculations_running %llu\n", (unsigned long long)s->calculations_running);
    heading(out, "glaux_calculations_ended_total", "counter", "Calculations ended, by their last state.");
    for (size_t i = 1; i <= CALCULATION_STATES; i++) {
        enum athena_calculation_execution_state state = (enum athena_calculation_execution_state)i;
        if (calculation_state_ended(state))
            buf_printf(out, "glaux_calculations_ended_total{state=\"%.*s\"} %llu\n",
                       STR_ARG(calculation_state_text(state)), (unsigned long long)s->calculations_ended[i]);
    }
}

static void single(struct buf *out, const char *name, const char *type, const char *help, double value)
{
    heading(out, name, type, help);
    buf_printf(out, "%s %.17g\n", name, value);
}

static void print_gauges(const struct metrics_gauges *g, struct buf *out)
{
    single(out, "glaux_pool_memory_reserved_bytes", "gauge", "Memory that live sessions have reserved.",
           (double)g->core.memory_reserved_bytes);
    single(out, "glaux_pool_memory_room_bytes", "gauge", "Memory that sessions may reserve.",
           (double)g->memory_room_bytes);
    single(out, "glaux_pool_dpus", "gauge", "DPUs in use.", (double)g->core.dpus);
    single(out, "glaux_pool_dpus_limit", "gauge", "DPUs that may be in use.", (double)g->account_dpus);
    single(out, "glaux_connections", "gauge", "Open connections.", (double)g->connections);
    single(out, "glaux_store_commits_total", "counter", "Transactions committed.", (double)g->store.commits);
    single(out, "glaux_store_batches_total", "counter", "Changes committed; several share a transaction.",
           (double)g->store.batches);
    single(out, "glaux_store_failures_total", "counter", "Changes that could not be committed.",
           (double)g->store.failures);
    single(out, "glaux_store_reads_total", "counter", "Reads.", (double)g->store.reads);
    single(out, "glaux_store_queued", "gauge", "Changes that wait for their commit.",
           (double)g->store.queued);
    single(out, "glaux_store_commit_seconds_total", "counter", "Time spent committing.",
           (double)g->store.commit_nanos / 1e9);
}

static void print_deliveries(const struct metrics_gauges *g, struct buf *out)
{
    single(out, "glaux_deliveries_waiting", "gauge", "Objects that wait here for a bucket elsewhere.",
           (double)g->deliveries.waiting);
    single(out, "glaux_deliveries_waiting_bytes", "gauge", "Their bytes.",
           (double)g->deliveries.waiting_bytes);
    single(out, "glaux_deliveries_oldest_timestamp_seconds", "gauge",
           "Since when the oldest of them waits; 0: none.", (double)g->deliveries.oldest_ms / 1e3);
    single(out, "glaux_deliveries_total", "counter", "Objects delivered to buckets elsewhere.",
           (double)g->deliveries.delivered);
    single(out, "glaux_delivery_failures_total", "counter", "Attempts to deliver that failed.",
           (double)g->deliveries.failures);
}

static void print_remote(void *ctx, const struct remote_state *s)
{
    buf_printf(ctx, "glaux_remote_up{remote=\"%s\"} %d\n", s->name, s->away_since_ms == 0);
}

static void count_away(void *ctx, const struct remote_state *s)
{
    *(size_t *)ctx += s->away_since_ms != 0;
}

static void print_remotes(const struct remotes *r, struct buf *out)
{
    size_t away = 0;
    remotes_each_state(r, count_away, &away);
    single(out, "glaux_remotes", "gauge", "Other S3s that the settings name.", (double)remotes_count(r));
    single(out, "glaux_remotes_away", "gauge", "Those of them that did not answer the last request.",
           (double)away);
    heading(out, "glaux_remote_up", "gauge",
            "Whether the other S3 answered the last request, if there was one.");
    remotes_each_state(r, print_remote, out);
}

void metrics_print(const struct metrics *m, const struct metrics_gauges *g, struct buf *out)
{
    size_t at = 0;
    print_requests(m, out);
    heading(out, "glaux_request_duration_seconds", "histogram",
            "From a request's head to the end of its answer.");
    for (const struct operation *o; (o = map_next(&m->operations, &at));)
        print_latency(o, out);
    print_sessions(&g->core, out);
    print_calculations(&g->core, out);
    print_gauges(g, out);
    print_deliveries(g, out);
    print_remotes(g->remotes, out);
    single(out, "glaux_catalog_up", "gauge", "Whether the catalog's database answered the last transaction.",
           g->catalog_up);
}
