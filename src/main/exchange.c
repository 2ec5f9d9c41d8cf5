#include "main/exchange.h"

#include "base/log.h"

enum { ERROR_BODY_MAX = 16 * 1024 };

static void log_failure(const struct exchange *x, const struct err *err)
{
    if (aws_error_status(x->protocol, err) >= 500)
        log_error("http", "request failed", F_STR("request_id", str_from(x->req->id)), F_ERR(err));
}

void exchange_fail(struct exchange *x, const struct err *err)
{
    CLEANUP_BUF struct buf body;
    buf_init(&body, ERROR_BODY_MAX);
    x->error = err->code;
    log_failure(x, err);
    aws_error_body(x->protocol, err, x->req->path, str_from(x->req->id), &body);
    struct http_response res = {.status = aws_error_status(x->protocol, err), .body = buf_str(&body)};
    http_add_header(&res, STR("Content-Type"), str_from(aws_content_type(x->protocol)));
    if (x->protocol == AWS_PROTOCOL_JSON)
        http_add_header(&res, STR("x-amzn-ErrorType"), str_from(aws_error_name(x->protocol, err)));
    if (x->protocol == AWS_PROTOCOL_S3)
        http_add_header(&res, STR("x-amz-request-id"), str_from(x->req->id));
    http_respond(x->req, &res);
}

void exchange_ok(struct exchange *x, struct str body)
{
    struct http_response res = {.status = 200, .body = body};
    http_add_header(&res, STR("Content-Type"), str_from(aws_content_type(x->protocol)));
    http_respond(x->req, &res);
}

static struct sigv4_request signed_request(const struct exchange *x, enum sigv4_style style)
{
    const struct http_request *req = x->req;
    return (struct sigv4_request){
        style, str_from(x->service), req->method, req->path, req->query, &req->headers,
    };
}

int exchange_check_key(struct exchange *x, enum sigv4_style style, struct err *err)
{
    const struct sigv4_request r = signed_request(x, style);
    struct sigv4_auth auth;
    if (sigv4_parse(&r, x->req->arena, &auth, err) < 0)
        return -1;
    return keys_find(x->server->keys, style, &auth, err) ? 0 : -1;
}

int exchange_verify(struct exchange *x, enum sigv4_style style, struct str body_hash,
                    struct sigv4_auth *ret_auth, struct err *err)
{
    struct server *s = x->server;
    const struct sigv4_request r = signed_request(x, style);
    if (sigv4_parse(&r, x->req->arena, ret_auth, err) < 0)
        return -1;
    const struct access_key *key = keys_find(s->keys, style, ret_auth, err);
    if (!key)
        return -1;
    if (sigv4_verify(s->verifier, &r, ret_auth, body_hash, str_from(key->secret),
                     clock_wall_ms(&clock_system), err) < 0)
        return -1;
    aws_principal_of(key, str_from(s->settings.server_account), x->req->arena, &x->principal);
    return 0;
}
