/* Between the files of a pass: pass.c has the request and its end, pass_answer.c what comes back. */
#pragma once

#include "remote/proxy/frames.h"
#include "remote/proxy/pass.h"
#include "remote/proxy/proxy_body.h"
#include "remote/stream.h"

struct pass {
    struct remote *remote;
    struct remote_work work;
    struct s3_call *call; /* NULL: answered, or its client is gone */
    struct str bucket;    /* of the request; for sentences while it lives */
    bool is_head;
    struct proxy_body *body; /* NULL: none */
    bool framed;
    bool held;         /* until the body is verified */
    bool with_trailer; /* the content goes in `frames` */
    struct frames frames;
    struct stream *stream;     /* NULL: it has not begun, or has ended */
    struct timer later;        /* what must not happen inside a call of the connection's */
    struct waiting *overtaken; /* by a success; NULL: nothing */
    int status;
    const char *wrong; /* with the answer; NULL: nothing */
    bool repeats;      /* once the answer has come */
    bool repeated;
    struct http_response answer; /* its head; strings in the request's arena */
    int64_t answer_bytes;        /* -1: only its end tells */
    struct buf collected;        /* an answer that is looked at, or whose length is not known */
    bool collects;
    struct http_flow *flow;
    int64_t flow_left;
};

/* pass.c */
void pass_send(struct pass *p);
/* Answers with an error where there is no answer yet; one under way is broken off. */
void pass_end_failed(struct pass *p, const struct err *err);
void pass_end_well(struct pass *p);
/* The client is gone. At the loop's next turn. */
void pass_end_soon(struct pass *p);
/* The request is not to be touched any more. */
void pass_forget_request(struct pass *p);

/* pass_answer.c: of the stream */
void pass_on_head(void *ctx, int status, const struct http_headers *headers);
bool pass_on_data(void *ctx, struct str bytes);
void pass_on_done(void *ctx, const struct err *err);
