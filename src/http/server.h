/* The HTTP/1.1 server: a listener and its connections on the loop. A request is handed over when its head is
 * complete; the handler says how the body is to be taken, and answers exactly once. Loop thread throughout.
 * No function here calls back before it returns.
 *
 * What is no HTTP/1.1 request never reaches the handler: the server answers 400, 408 (too slow), 414, 417,
 * 431, 501 or 505 with a small JSON body and its request id, and ends the connection. Connections above the
 * limit get 503. */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "http/message.h"
#include "loop/loop.h"

struct http_server;
struct http_conn;

struct http_limits {
    size_t target_bytes; /* request line's target */
    size_t head_bytes;   /* request line and headers together */
    size_t header_count;
    size_t connections;
    int64_t head_timeout_ms;  /* from the first byte of a request to its head's end */
    int64_t body_timeout_ms;  /* longest wait for the next byte of a body */
    int64_t idle_timeout_ms;  /* between requests */
    int64_t write_timeout_ms; /* longest wait for the client to take bytes */
    size_t pipeline;          /* requests of one connection under way; beyond it the connection is not read */
};

enum {
    HTTP_ARENA_MAX = 64 << 20,    /* bytes of a request's arena; crossing it ends the program */
    HTTP_RESPONSE_MAX = 64 << 20, /* bytes of a response's body in memory */
};

struct http_request;

struct http_handler {
    void *ctx;
    /* The head is complete. Before it returns, call one of http_body_buffer and http_body_stream, or answer
     * (the body is then read and dropped, or the connection closed if it is long). Neither: the request has
     * no use for a body; a body that comes is dropped. `done` follows in all cases but an answer. */
    void (*head)(void *ctx, struct http_request *req);
    /* The body is whole, or there is none, or it is of no use. The request is to be answered now or later,
     * whatever becomes of the client. */
    void (*done)(void *ctx, struct http_request *req);
    /* After the answer was given to the kernel, or was in vain as the client is gone: access log, metrics. It
     * follows every `head`, also where a client went away amid a body that was to be buffered. The request is
     * freed after it. */
    void (*finished)(void *ctx, struct http_request *req);
    /* The client sent more on the connection while this request, the oldest without an answer, is held: an
     * answer that waits for something should go now. May come more than once. NULL if no answer ever waits.
     */
    void (*pressed)(void *ctx, struct http_request *req);
    /* The server answered something that was no request. NULL if nobody wants to know. */
    void (*refused)(void *ctx, int status, const char *reason, const char *peer, const char *id);
};

/* Takes the body of a request piece by piece. */
struct http_sink {
    void *ctx;
    /* Borrowed bytes, never empty, at most 64 KiB. Return false to pause reading until http_body_resume. */
    bool (*data)(void *ctx, struct str bytes);
    /* The client went away or broke the protocol before the body's end; `done` will not follow. The request
     * stays valid until the handler answers it, now or later: the answer goes nowhere, but frees the request.
     */
    void (*aborted)(void *ctx);
    /* A client that waits for 100 Continue waits until http_body_resume, so that a refusal spares it the
     * body. */
    bool hold_continue;
};

struct http_request {
    struct arena *arena; /* lives until after `finished` */
    char id[37];         /* the request id of the answer: a UUID */
    struct str method;
    struct str target; /* raw */
    struct str path;   /* raw, before '?' */
    struct str query;  /* raw, after '?'; absent if there is none */
    struct http_headers headers;
    struct str host;
    struct str body;        /* when buffered */
    int64_t content_length; /* -1: none sent */
    bool chunked;
    bool has_body; /* Content-Length above 0, or chunked */
    bool tls;
    char peer[64]; /* address of the client */
    uint64_t started_ns;
    void *user; /* the handler's */
    /* For `finished`. */
    int status; /* 0: the client went away before the answer */
    uint64_t sent_bytes;
    struct http_conn *conn; /* the server's own; NULL: the client is gone */
};

/* Collects the body into req->body. For one longer than `max_bytes`, `too_large` is called in place of
 * `done`, as soon as that is known; it answers (413). */
void http_body_buffer(struct http_request *req, size_t max_bytes,
                      void (*too_large)(void *ctx, struct http_request *req));
void http_body_stream(struct http_request *req, const struct http_sink *sink);
void http_body_resume(struct http_request *req);

/* Answers. Header names and values and the body are copied; control characters in values become spaces.
 * Content-Length, Date, Connection, Server and x-amzn-RequestId come from the server. The request may be used
 * until `finished`. Answering a request whose client went away is allowed; it only frees the request. HEAD
 * requests get the headers only, with the length that the body would have. */
struct http_response {
    int status;
    struct http_header headers[64]; /* an S3 object may carry forty of its own */
    size_t header_count;
    struct str body;
    bool close; /* end the connection after it */
};
void http_respond(struct http_request *req, const struct http_response *res);
/* Bytes of a file. */
struct http_piece {
    int fd;
    uint64_t offset;
    uint64_t length;
};
/* A body made of pieces, which are asked for in their order when their turn comes. */
struct http_pieces {
    void *ctx;
    /* Opens the next piece; its descriptor is the server's then. False: errno says why it cannot. Another
     * thread calls it, one at a time; it may block as a disk does. */
    bool (*next)(void *ctx, struct http_piece *ret);
    /* `next` will not be called again; once, on the loop, also where it never was. */
    void (*done)(void *ctx);
};
/* The body is `length` bytes of the pieces, which have as many at least, read off the loop at flat memory.
 * Pieces that turn out shorter than they say end the connection. */
void http_respond_pieces(struct http_request *req, const struct http_response *res, uint64_t length,
                         const struct http_pieces *pieces);
/* The body comes piece by piece, `length` bytes in all: from http_flow_add, at the client's pace. */
struct http_flow;
struct http_flow_events {
    void (*drained)(void *ctx); /* more may be added; not from inside it */
    void (*gone)(void *ctx);    /* the client went away: the flow is no more, nor is the request */
};
/* NULL: nothing is to be added, as the answer has no body or nobody waits for it. The flow is the handler's
 * until it has added the last byte, broke it off or was told that the client is gone. */
struct http_flow *http_respond_flow(struct http_request *req, const struct http_response *res,
                                    uint64_t length, const struct http_flow_events *events, void *ctx);
/* False: there is enough, `drained` follows. */
bool http_flow_ready(struct http_flow *f);
/* At most 512 KiB at once, and only to a flow that is ready. */
void http_flow_add(struct http_flow *f, struct str bytes);
/* There are no more bytes, though more were promised: ends the connection. */
void http_flow_break(struct http_flow *f);

static inline void http_add_header(struct http_response *res, struct str name, struct str value)
{
    REQUIRE(res->header_count < ARRAY_SIZE(res->headers));
    res->headers[res->header_count++] = (struct http_header){name, value};
}

struct http_tls; /* certificate and key; NULL: plain */
struct http_tls *http_tls_load(const char *cert_file, const char *key_file, struct err *err) MUST_CHECK;
void http_tls_free(struct http_tls *t);

/* Copies limits and handler. Listens at once; `port` 0 picks a free one. NULL with a sentence on failure;
 * `tls` is the server's on success only. */
struct http_server *http_server_start(struct loop *loop, const char *host, uint16_t port,
                                      struct http_tls *tls, const struct http_limits *limits,
                                      const struct http_handler *handler, struct err *err) MUST_CHECK;
uint16_t http_server_port(const struct http_server *s);
/* New connections use the new certificate; the server owns it from now on. */
void http_server_set_tls(struct http_server *s, struct http_tls *tls);
size_t http_server_connections(const struct http_server *s);
/* Stops accepting, lets requests under way end (at most `grace_ms`), closes, then calls `drained`. */
void http_server_drain(struct http_server *s, int64_t grace_ms, loop_fn *drained, void *ctx);
/* After `drained`. Requests that are still unanswered stay valid until they are answered; `finished` follows
 * no more. The loop must run once more before loop_free's end; loop_free does that. */
void http_server_free(struct http_server *s);
