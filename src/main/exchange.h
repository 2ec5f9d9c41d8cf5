/* One request on its way through the server: which protocol, whose, what for. Lies in the request's arena;
 * req->user points to it. Loop thread. */
#pragma once

#include "aws/principal.h"
#include "aws/protocol.h"
#include "aws/sigv4_chain.h"
#include "main/server.h"

struct exchange {
    struct server *server;
    struct http_request *req;
    bool for_sessions; /* it came to the sessions' listener */
    enum aws_protocol protocol;
    const char *service;  /* for metrics and logs: "athena", "glue", "sts", "s3", "operator" */
    struct str operation; /* a name of the model or of S3 */
    struct aws_principal principal;
    struct sigv4_chain *chain; /* of a body in signed chunks; NULL: none */
    struct s3_call *s3;
    struct op_call op;
    void (*done)(struct exchange *x); /* the body is whole */
    enum err_code error;              /* of the answer, for the log */
};

/* Answers with the error in the exchange's protocol. */
void exchange_fail(struct exchange *x, const struct err *err);
/* Answers 200 with a body of the exchange's protocol. */
void exchange_ok(struct exchange *x, struct str body);
/* Answers what is no protocol of AWS; nobody keeps it. */
void exchange_answer(struct exchange *x, int status, const char *content_type, struct str body);
void exchange_text(struct exchange *x, int status, const char *text);

/* Verifies the signature. `body_hash` is absent where the client has declared it. On success x->principal and
 * x->chain are filled. */
int exchange_verify(struct exchange *x, enum sigv4_style style, struct str body_hash,
                    struct sigv4_auth *ret_auth, struct err *err) MUST_CHECK;

/* What can be told of the signature before the body is there: that it is well-formed and of a key of this
 * server. */
int exchange_check_key(struct exchange *x, enum sigv4_style style, struct err *err) MUST_CHECK;

/* The protocols: each takes the exchange when the head is complete. */
void json_head(struct exchange *x);  /* AWS JSON 1.1: Athena and Glue */
void query_head(struct exchange *x); /* the query protocol: STS */
void s3_route_head(struct exchange *x);
void operator_head(struct exchange *x); /* under /-/, unsigned */
void session_head(struct exchange *x);  /* under /-/ of the sessions' listener: credentials */

/* For http_server_start. The listener outlives it. */
struct http_handler front_handler(struct listener *l);
