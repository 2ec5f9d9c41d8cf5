/* AWS JSON 1.1: signature, operation, input, answer. */
#include "main/exchange.h"

#include "aws/digest.h"

enum { ANSWER_MAX = 32 * 1024 * 1024, UNSIGNED_BODY_MAX = 64 * 1024 };

/* The service of X-Amz-Target's prefix, else of the signature, else Athena. */
static const struct op_service *find_service(const struct http_request *req)
{
    struct str target = http_header(&req->headers, "x-amz-target");
    struct str prefix = str_cut(&target, '.');
    struct str signed_for = sigv4_peek_service(&req->headers, req->query);
    for (size_t i = 0; i < op_service_count; i++)
        if (str_eq(op_services[i].model->target, prefix))
            return &op_services[i];
    for (size_t i = 0; i < op_service_count; i++)
        if (str_eq(op_services[i].model->name, signed_for))
            return &op_services[i];
    return &op_services[0];
}

static void fail(struct exchange *x, const struct err *err)
{
    struct err settled = *err;
    if (x->op.service->settle_error)
        x->op.service->settle_error(&settled);
    exchange_fail(x, &settled);
}

static void on_reply(struct op_call *call, const void *output, const struct err *err)
{
    struct exchange *x = call->ctx;
    CLEANUP_BUF struct buf body;
    struct err e;
    buf_init(&body, ANSWER_MAX);
    if (err) {
        fail(x, err);
        return;
    }
    model_encode(call->operation->output, output, &body);
    if (body.overflow) {
        err_set(&e, ERR_INTERNAL, "The answer is too large. Ask for a smaller page.");
        fail(x, &e);
        return;
    }
    exchange_ok(x, buf_str(&body));
}

/* "AmazonAthena.GetSession": the service's prefix, then the operation. */
static const struct model_operation *find_operation(struct exchange *x, struct err *err)
{
    const struct model_service *model = x->op.service->model;
    struct str name = http_header(&x->req->headers, "x-amz-target");
    struct str prefix = str_cut(&name, '.');
    const struct model_operation *op =
        str_eq(model->target, prefix) && name.p ? model_find_operation(model, name) : NULL;
    if (!op)
        err_set(err, ERR_UNKNOWN_OPERATION,
                "The header X-Amz-Target names no operation of this service that this server has.");
    return op;
}

static int prepare(struct exchange *x, struct err *err)
{
    struct http_request *req = x->req;
    char hash[SHA256_HEX_LEN + 1];
    struct sigv4_auth auth;
    sha256_hex(req->body, hash);
    if (exchange_verify(x, SIGV4_STANDARD, str_from(hash), &auth, err) < 0)
        return -1;
    const struct model_operation *op = find_operation(x, err);
    if (!op)
        return -1;
    x->operation = op->name;
    void *input = arena_alloc(req->arena, op->input->size);
    x->op = (struct op_call){
        .core = x->server->core,
        .queries = x->server->queries,
        .catalog = x->server->catalog,
        .service = x->op.service,
        .config = &x->server->ops_config,
        .operation = op,
        .arena = req->arena,
        .input = input,
        .principal = x->principal,
        .invocation_id = http_header(&req->headers, "amz-sdk-invocation-id"),
        .reply = on_reply,
        .ctx = x,
    };
    return model_decode(op->input, req->body, req->arena, input, err);
}

static void on_body(struct exchange *x)
{
    struct err err = {0};
    if (prepare(x, &err) < 0)
        fail(x, &err);
    else
        op_run(&x->op);
}

static void on_too_large(void *ctx, struct http_request *req)
{
    struct err err;
    (void)ctx;
    err_set(&err, ERR_TOO_LARGE, "The request's body is larger than the server's limit (http.max_body).");
    fail(req->user, &err);
}

/* Larger bodies are kept in memory only for those who name a key of this server. */
static bool is_small(const struct http_request *req)
{
    return !req->has_body || (req->content_length >= 0 && req->content_length <= UNSIGNED_BODY_MAX);
}

void json_head(struct exchange *x)
{
    struct err err;
    x->protocol = AWS_PROTOCOL_JSON;
    x->op.service = find_service(x->req);
    x->service = x->op.service->model->name.p;
    x->done = on_body;
    if (!str_is(x->req->method, "POST") || !str_is(x->req->path, "/"))
        err_set(&err, ERR_UNKNOWN_OPERATION, "Operations of this service are sent by POST to /.");
    else if (is_small(x->req) || exchange_check_key(x, SIGV4_STANDARD, &err) == 0) {
        http_body_buffer(x->req, (size_t)x->server->settings.http_max_body, on_too_large);
        return;
    }
    fail(x, &err);
}
