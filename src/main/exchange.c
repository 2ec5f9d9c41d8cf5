#include "main/exchange.h"

#include "aws/signing_key.h"
#include "base/log.h"
#include "main/session_access.h"

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

void exchange_answer(struct exchange *x, int status, const char *content_type, struct str body)
{
    struct http_response res = {.status = status, .body = body};
    http_add_header(&res, STR("Content-Type"), str_from(content_type));
    http_add_header(&res, STR("Cache-Control"), STR("no-store"));
    http_respond(x->req, &res);
}

void exchange_text(struct exchange *x, int status, const char *text)
{
    exchange_answer(x, status, "text/plain; charset=utf-8", str_from(text));
}

static struct sigv4_request signed_request(const struct exchange *x, enum sigv4_style style)
{
    const struct http_request *req = x->req;
    return (struct sigv4_request){
        style, str_from(x->service), req->method, req->path, req->query, &req->headers,
    };
}

/* The principal and its secret, which has TEMPORARY_SECRET_LEN + 1 or more bytes. Long-lived keys are not
 * for the code of sessions. */
static int find_principal(struct exchange *x, enum sigv4_style style, const struct sigv4_auth *auth,
                          char ret_secret[SIGNING_SECRET_MAX], struct err *err)
{
    struct server *s = x->server;
    if (auth->session_token.p)
        return session_access_find(s, style, auth, x->req->arena, &x->principal, ret_secret, err);
    if (x->for_sessions)
        return err_set(err, ERR_UNRECOGNIZED_CLIENT,
                       "Only temporary credentials of sessions are taken here; access keys are for %s.",
                       s->clients.url);
    const struct access_key *key = keys_find(s->keys, style, auth, err);
    if (!key)
        return -1;
    aws_principal_of(key, str_from(s->settings.server_account), x->req->arena, &x->principal);
    memcpy(ret_secret, key->secret, sizeof key->secret);
    return 0;
}

int exchange_check_key(struct exchange *x, enum sigv4_style style, struct err *err)
{
    const struct sigv4_request r = signed_request(x, style);
    struct sigv4_auth auth;
    char secret[SIGNING_SECRET_MAX];
    int rc = -1;
    if (sigv4_parse(&r, x->req->arena, &auth, err) == 0)
        rc = find_principal(x, style, &auth, secret, err);
    explicit_bzero(secret, sizeof secret);
    x->principal = (struct aws_principal){0};
    return rc;
}

static void start_chain(struct exchange *x, const struct sigv4_auth *auth, struct str secret)
{
    unsigned char signing_key[SHA256_SIZE];
    if (auth->payload != SIGV4_PAYLOAD_STREAMING && auth->payload != SIGV4_PAYLOAD_STREAMING_TRAILER)
        return;
    x->chain = arena_alloc(x->req->arena, sizeof *x->chain);
    sigv4_verifier_key(x->server->verifier, auth, secret, signing_key);
    sigv4_chain_begin(signing_key, auth, x->chain);
    explicit_bzero(signing_key, sizeof signing_key);
}

int exchange_verify(struct exchange *x, enum sigv4_style style, struct str body_hash,
                    struct sigv4_auth *ret_auth, struct err *err)
{
    const struct sigv4_request r = signed_request(x, style);
    char secret[SIGNING_SECRET_MAX];
    int rc = -1;
    if (sigv4_parse(&r, x->req->arena, ret_auth, err) == 0 &&
        find_principal(x, style, ret_auth, secret, err) == 0)
        rc = sigv4_verify(x->server->verifier, &r, ret_auth, body_hash, str_from(secret),
                          clock_wall_ms(&clock_system), err);
    if (rc == 0)
        start_chain(x, ret_auth, str_from(secret));
    explicit_bzero(secret, sizeof secret);
    if (rc < 0)
        x->principal = (struct aws_principal){0};
    return rc;
}
