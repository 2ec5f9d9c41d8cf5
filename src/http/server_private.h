/* The server's own state; for the files of this folder and their tests. */
#pragma once

#include "base/list.h"
#include "http/conn.h"
#include "http/server.h"
#include "loop/listener.h"

enum {
    READ_BYTES = 64 * 1024,
    DATE_BLOCK_MAX = 128,
};

struct http_server {
    struct loop *loop;
    struct http_limits limits;
    struct http_handler handler;
    struct http_tls *tls;

    struct listener *listener; /* NULL: it has closed, or will */
    uv_prepare_t before_wait;  /* both look at `ready` and `gone`, so that nothing waits behind the poll */
    uv_check_t after_wait;
    int open_handles;

    struct list conns;
    size_t conn_count;
    struct list ready; /* connections with something to do */
    struct list gone;  /* requests without a connection, to be finished */
    struct list spares;
    size_t spare_count;
    size_t request_count; /* alive, spares apart */
    struct buf spare_output;
    struct http_transfers *transfers;

    bool draining;
    bool freed;
    loop_fn *drained;
    void *drained_ctx;
    struct timer grace;

    int64_t date_s; /* of date_block */
    size_t date_block_bytes;
    char date_block[DATE_BLOCK_MAX]; /* headers that are the same for a second */

    /* One turn at a time uses them: what is left is copied away. */
    char wire[READ_BYTES];
    char plain[READ_BYTES];
};

/* Sees to it that conn_turn is called before the loop waits. */
void server_mark_ready(struct http_server *s, struct http_conn *c);
/* Sees to it that the request without a connection is finished before the loop waits. */
void server_mark_gone(struct http_server *s, struct request *r);
/* The connection's socket is closed. */
void server_conn_closed(struct http_server *s);
/* Frees what http_server_free left for the last request. */
void server_request_released(struct http_server *s);
