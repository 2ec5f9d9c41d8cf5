/* A request inside the server: the public part, how its body is taken, and where its answer stands. */
#pragma once

#include "base/list.h"
#include "http/head.h"

enum {
    UNWANTED_BODY_MAX = 256 * 1024, /* bytes of a body that are read only to keep the connection */
};

enum request_stage {
    REQUEST_OPEN,     /* no answer yet */
    REQUEST_ANSWERED, /* its answer waits until those before it are on the way */
    REQUEST_SENDING,  /* a file or a flow is being sent */
    REQUEST_SENT,     /* the whole answer is in the connection's output */
};

enum request_body {
    BODY_DROP,
    BODY_BUFFER,
    BODY_STREAM,
};

struct file_source;
struct http_flow;

struct request {
    struct http_request pub;
    struct list
        link; /* its connection's requests; without a connection: the server's spares, or its gone ones */
    struct http_server *server;
    struct http_framing framing;
    enum request_stage stage;
    bool in_head;        /* the handler's `head` is on the stack */
    bool internal;       /* the server's own answer to what was no request; no handler knows of it */
    bool owed;           /* the handler has it and will answer */
    bool wants_continue; /* 100 Continue is to be sent */

    enum request_body mode;
    bool paused;  /* the sink wants no more bytes */
    bool resumed; /* http_body_resume was called while the sink looked at bytes */
    size_t body_max;
    void (*too_large)(void *ctx, struct http_request *req);
    struct http_sink sink;
    struct buf body;

    bool close; /* its answer ends the connection */
    struct buf answer;
    struct file_source *file;
    struct http_flow *flow;
    uint64_t end; /* place in the connection's output where the answer ends */
};

static inline struct request *request_of(struct http_request *req)
{
    return CONTAINER_OF(req, struct request, pub);
}

static inline struct request *request_at(struct list *link)
{
    return CONTAINER_OF(link, struct request, link);
}

/* A fresh request of the connection, in no list yet. */
struct request *request_new(struct http_server *s, struct http_conn *c);
/* Frees it, or keeps it as a spare. It is in no list. */
void request_release(struct request *r);
void request_spares_free(struct http_server *s);

/* Takes the request away from its connection, which ends: the handler may still answer it. */
void request_detach(struct request *r);
