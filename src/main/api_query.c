/* The query protocol: STS GetCallerIdentity, whose parameters are a form in the body, or in the query when
 * presigned. */
#include "main/exchange.h"

#include "aws/digest.h"
#include "base/encode.h"
#include "model/sts.gen.h"

enum { FORM_MAX = 64 * 1024, ANSWER_MAX = 64 * 1024 };

/* The decoded value of a parameter, or absent. */
static struct str parameter(struct arena *a, struct str form, const char *name)
{
    while (form.p) {
        struct str value = str_cut(&form, '&');
        struct str key = str_cut(&value, '=');
        struct str decoded;
        if (str_is(key, name) && value.p && uri_decode(a, value, true, &decoded))
            return decoded;
    }
    return STR_NULL;
}

static const struct model_operation *find_operation(struct exchange *x, struct err *err)
{
    struct http_request *req = x->req;
    struct str form = str_is(req->method, "POST") ? req->body : req->query;
    struct str action = parameter(req->arena, form, "Action");
    struct str version = parameter(req->arena, form, "Version");
    if (version.p && !str_eq(version, sts_service.version)) {
        err_set(err, ERR_UNKNOWN_OPERATION, "Could not find operation %.*s for version %.*s",
                STR_ARG(str_sub(action, 0, 100)), STR_ARG(str_sub(version, 0, 100)));
        return NULL;
    }
    const struct model_operation *op = action.p ? model_find_operation(&sts_service, action) : NULL;
    if (!op)
        err_set(err, ERR_UNKNOWN_OPERATION, "Could not find operation %.*s for version %.*s",
                STR_ARG(str_sub(action, 0, 100)), STR_ARG(sts_service.version));
    return op;
}

static void answer_identity(struct exchange *x, const struct model_operation *op)
{
    struct sts_get_caller_identity_response out = {
        .user_id = x->principal.user_id,
        .account = x->principal.account,
        .arn = x->principal.arn,
    };
    CLEANUP_BUF struct buf body;
    buf_init(&body, ANSWER_MAX);
    model_encode_query(&sts_service, op, &out, str_from(x->req->id), &body);
    exchange_ok(x, buf_str(&body));
}

static void on_body(struct exchange *x)
{
    char hash[SHA256_HEX_LEN + 1];
    struct sigv4_auth auth;
    struct err err;
    sha256_hex(x->req->body, hash);
    if (exchange_verify(x, SIGV4_STANDARD, str_from(hash), &auth, &err) < 0) {
        exchange_fail(x, &err);
        return;
    }
    const struct model_operation *op = find_operation(x, &err);
    if (!op) {
        exchange_fail(x, &err);
        return;
    }
    x->operation = op->name;
    REQUIRE(op->id == STS_OP_GET_CALLER_IDENTITY);
    answer_identity(x, op);
}

static void on_too_large(void *ctx, struct http_request *req)
{
    struct err err;
    (void)ctx;
    err_set(&err, ERR_TOO_LARGE, "The request's body is larger than %d bytes.", FORM_MAX);
    exchange_fail(req->user, &err);
}

void query_head(struct exchange *x)
{
    x->protocol = AWS_PROTOCOL_QUERY;
    x->service = "sts";
    x->done = on_body;
    http_body_buffer(x->req, FORM_MAX, on_too_large);
}
