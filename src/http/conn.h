/* A connection: bytes in, requests in order, answers in the same order, bytes out. conn.c reads and decides,
 * receive.c makes requests of what comes, answers.c puts answers in their order, output.c writes, deadline.c
 * ends what takes too long. */
#pragma once

#include "http/output.h"
#include "http/parser.h"
#include "http/request.h"

enum conn_state {
    CONN_READING,   /* takes requests */
    CONN_ENDING,    /* takes no more; answers are under way */
    CONN_LINGERING, /* all is sent and our side is closed; what the client still sends is dropped, so that no
                     * reset overtakes the last answer */
    CONN_CLOSED,    /* freed when libuv has closed the socket */
};

enum conn_wait {
    WAIT_NOTHING, /* the handler works */
    WAIT_IDLE,
    WAIT_HEAD,
    WAIT_BODY,
    WAIT_WRITE,
    WAIT_LINGER,
};

struct tls_session;

struct http_conn {
    uv_tcp_t tcp;
    uv_shutdown_t shutdown;
    struct http_server *server;
    struct list link;  /* the server's connections */
    struct list ready; /* the server's connections with something to do */
    enum conn_state state;
    bool reading;       /* libuv delivers bytes */
    bool eof;           /* the client will send no more */
    bool held;          /* parsing stopped before the bytes' end */
    bool idle_at_drain; /* no request was under way when the server began to end */
    bool progress;      /* bytes moved since the last look at the clock */

    struct http_parser parser;
    struct buf stash; /* bytes that are read but not parsed, while held */
    struct list requests;
    size_t request_count;
    struct request *receiving; /* its body is under way; the last of `requests` */
    uint64_t dropped_bytes;    /* of a body that nobody wants */

    struct tls_session *tls; /* NULL: plain */
    struct output out;
    struct http_transfer *transfer; /* writes to the socket in place of `out`; NULL: none */
    uint64_t transfer_sent_before;  /* at the last look, to see progress */

    struct timer timer;
    enum conn_wait wait;
    int64_t wait_since_ms;
    char peer[64];
};

struct http_conn *conn_new(struct http_server *s);
void conn_start(struct http_conn *c);
/* Does what has become possible: answers, writes, reads on, closes. The connection may be closed after it. */
void conn_turn(struct http_conn *c);
/* Ends it at once. Its requests stay with their handlers. */
void conn_close(struct http_conn *c);
/* Ends it when its requests are answered. */
void conn_drain(struct http_conn *c);

/* receive.c */

/* Takes one event out of the bytes; false when they are used up. */
bool conn_take_event(struct http_conn *c, struct str *bytes);

/* deadline.c */

/* After each turn: what the connection waits for, and until when. */
void conn_set_deadline(struct http_conn *c);

/* answers.c */

/* Moves answers whose turn has come into the output. */
void conn_answer(struct http_conn *c);
/* A file can leave now that the output is empty. */
bool conn_file_is_due(const struct http_conn *c);
/* Tells the handler of requests whose answers have left, and frees them. */
void conn_finish(struct http_conn *c);
/* Answers what is no request, after the answers under way, and ends the connection. */
void conn_refuse(struct http_conn *c, int status, const char *reason);
/* The body under way will not be completed. True if its request is gone without an answer; `status` is what
 * `finished` sees. */
bool conn_abort_body(struct http_conn *c, int status);
/* As conn_finish, for a request in the server's list of gone ones. */
void request_finish_gone(struct request *r);
