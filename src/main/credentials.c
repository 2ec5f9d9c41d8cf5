/* Where the code of a session fetches its credentials: as from the agent of ECS. */
#include "base/jsonw.h"
#include "main/exchange.h"
#include "main/session_access.h"

enum { CREDENTIALS_MAX = 4096 };

static void answer_refusal(struct exchange *x, const struct err *err)
{
    CLEANUP_BUF struct buf body;
    struct jsonw w;
    buf_init(&body, CREDENTIALS_MAX);
    jsonw_init(&w, &body);
    jsonw_object(&w);
    jsonw_member_str(&w, "code", STR("AccessDenied"));
    jsonw_member_str(&w, "message", str_from(err->text));
    jsonw_end_object(&w);
    x->error = err->code;
    exchange_answer(x, 403, "application/json", buf_str(&body));
}

static void answer_credentials(struct exchange *x)
{
    CLEANUP_BUF struct buf body;
    struct err err;
    buf_init(&body, CREDENTIALS_MAX);
    x->operation = STR("credentials");
    if (session_access_credentials(x->server, http_header(&x->req->headers, "authorization"), &body, &err) <
        0)
        answer_refusal(x, &err);
    else
        exchange_answer(x, 200, "application/json", buf_str(&body));
    buf_wipe(&body);
}

void session_head(struct exchange *x)
{
    x->service = "session";
    x->protocol = AWS_PROTOCOL_JSON;
    if (str_is(x->req->method, "GET") && str_is(x->req->path, SESSION_CREDENTIALS_PATH))
        answer_credentials(x);
    else
        exchange_text(x, 404, "there is GET credentials\n");
}
