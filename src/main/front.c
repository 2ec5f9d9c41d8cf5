/* The front door: decides which protocol a request speaks, and counts and logs it when it is over. */
#include "main/exchange.h"

#include "base/log.h"

#define OPERATOR_PREFIX "/-/"

static bool is_form(const struct http_request *req)
{
    return str_starts(http_header(&req->headers, "content-type"), STR("application/x-www-form-urlencoded"));
}

/* X-Amz-Target is AWS JSON; a form, or a signature for STS, is the query protocol; the rest is S3. */
static void route(struct exchange *x)
{
    struct http_request *req = x->req;
    struct str service = sigv4_peek_service(&req->headers, req->query);
    if (str_starts(req->path, STR(OPERATOR_PREFIX)))
        x->for_sessions ? session_head(x) : operator_head(x);
    else if (http_header(&req->headers, "x-amz-target").p || str_is(service, "athena") ||
             str_is(service, "glue"))
        json_head(x);
    else if (str_is(service, "sts") ||
             (str_is(req->path, "/") && str_is(req->method, "POST") && is_form(req)))
        query_head(x);
    else
        s3_route_head(x);
}

static void on_head(void *ctx, struct http_request *req)
{
    struct exchange *x = arena_alloc(req->arena, sizeof *x);
    const struct listener *l = ctx;
    x->server = l->server;
    x->for_sessions = l == &l->server->sessions;
    x->req = req;
    req->user = x;
    route(x);
}

static void on_done(void *ctx, struct http_request *req)
{
    struct exchange *x = req->user;
    (void)ctx;
    if (x->done)
        x->done(x);
}

static enum metrics_outcome outcome_of(const struct http_request *req)
{
    if (req->status == 0)
        return OUTCOME_GONE;
    return req->status < 400 ? OUTCOME_OK : req->status < 500 ? OUTCOME_CLIENT_ERROR : OUTCOME_SERVER_ERROR;
}

static void on_finished(void *ctx, struct http_request *req)
{
    const struct listener *l = ctx;
    const struct server *s = l->server;
    const struct exchange *x = req->user;
    uint64_t nanos = clock_nanos() - req->started_ns;
    struct str operation = x->s3            ? str_from(s3_operation_name(x->s3))
                           : x->operation.p ? x->operation
                                            : STR("Unknown");
    metrics_count(s->metrics, x->service, operation, outcome_of(req), nanos);
    log_info("http", "request", F_STR("request_id", str_from(req->id)), F_CSTR("service", x->service),
             F_STR("op", operation), F_INT("status", req->status),
             F_CSTR("error", x->error ? err_info(x->error)->symbol : ""), F_INT("duration_us", nanos / 1000),
             F_INT("bytes", req->sent_bytes),
             F_STR("key", x->principal.access_key_id.p ? x->principal.access_key_id : STR("")),
             F_STR("peer", str_from(req->peer)));
}

static void on_refused(void *ctx, int status, const char *reason, const char *peer, const char *id)
{
    const struct listener *l = ctx;
    metrics_count(l->server->metrics, "http", STR("Refused"), OUTCOME_CLIENT_ERROR, 0);
    log_info("http", "refused", F_CSTR("request_id", id), F_INT("status", status), F_CSTR("reason", reason),
             F_CSTR("peer", peer));
}

struct http_handler front_handler(struct listener *l)
{
    return (struct http_handler){
        .ctx = l, .head = on_head, .done = on_done, .finished = on_finished, .refused = on_refused};
}
