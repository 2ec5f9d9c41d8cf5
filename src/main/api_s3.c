/* S3: the signature is verified on the head; the endpoint takes the body. */
#include "main/exchange.h"
#include "main/session_access.h"

static void on_done(struct exchange *x)
{
    if (x->s3)
        s3_done(x->s3);
}

void s3_route_head(struct exchange *x)
{
    struct sigv4_auth auth;
    struct err err;
    x->protocol = AWS_PROTOCOL_S3;
    x->service = "s3";
    x->done = on_done;
    if (exchange_verify(x, SIGV4_S3, STR_NULL, &auth, &err) < 0) {
        exchange_fail(x, &err);
        return;
    }
    struct s3_auth s3_auth = {auth.payload, arena_str(x->req->arena, auth.payload_hash), x->chain};
    const struct s3_grants *grants = NULL;
    if (x->principal.session_id.p)
        grants = session_access_grants(x->server, x->principal.session_id, x->req->arena);
    x->s3 = s3_head(x->server->s3, x->req, &s3_auth, grants);
}
