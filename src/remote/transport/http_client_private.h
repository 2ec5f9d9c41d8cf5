/* Between the files of the client: http_client.c has libcurl on the loop, turns.c who may have a connection,
 * transfer.c one request. */
#pragma once

#include "base/buf.h"
#include "base/list.h"
#include "remote/transport/http_client.h"

#include <curl/curl.h>

struct http_client {
    struct loop *loop;
    CURLM *multi;
    uv_timer_t timer;
    uv_async_t turn;  /* a transfer is to go on, or to begin */
    unsigned handles; /* of libuv, not closed yet */
    bool freed;
    /* turns.c */
    size_t connections;
    struct list transfers; /* libcurl has them */
    size_t begun;
    size_t stalled;        /* of these */
    struct list queue;     /* wait for a connection */
    struct timer patience; /* runs while any waits */
};

struct transfer {
    struct http_client *client;
    struct list link; /* of `transfers` or `queue` */
    CURL *easy;
    struct curl_slist *headers;
    const struct transfer_events *events;
    void *ctx;
    bool begun;
    bool stalled;              /* who reads or writes here makes it wait */
    uint64_t stalled_since_ms; /* by the loop's time */
    bool go_on;                /* asked for */
    bool head_told;
    size_t head_lines;
    int status;
    struct buf head; /* "name: value\n" lines of the answer under way */
    char error[CURL_ERROR_SIZE];
};

/* turns.c. Only turn_stall may be called from inside libcurl. */
void turn_take(struct transfer *t); /* begins it, or lets it wait */
void turn_leave(struct transfer *t);
void turn_stall(struct transfer *t, bool stalled);
void turns_go_on(struct http_client *c); /* begins what may */

/* transfer.c */
/* Ends it with what libcurl says, or, not NULL, with the error. */
void transfer_finish(struct transfer *t, CURLcode code, const struct err *err);
void transfer_free(struct transfer *t);
