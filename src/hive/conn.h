/* Connections of Hive clients, and the call that is under way on each: server.c and conn.c collect a message,
 * carry_out.c runs it on the catalog's thread and sends the answer. Loop thread, but for what a call does in
 * its transaction. */
#pragma once

#include "base/list.h"
#include "hive/call.h"
#include "hive/server.h"
#include "hive/thrift.h"
#include "loop/listener.h"

#include <stdatomic.h>

struct hive_server {
    struct listener *listener; /* NULL: it has closed, or will */
    struct loop *loop;
    struct hive_config config;
    struct list conns;
    size_t count;
    size_t input_bytes;         /* of all connections and calls */
    atomic_size_t answer_bytes; /* that are not yet with their clients */
    bool stopped;
    size_t handles; /* open ones: the listener and the connections */
};

struct hive_exchange;

struct hive_conn {
    uv_tcp_t tcp;
    struct list link;
    struct hive_server *server;
    struct buf input;
    struct thrift_scan scan;
    struct timer first;         /* until it has shown its token */
    struct timer write;         /* the client takes nothing of an answer */
    size_t unwritten;           /* when `write` was started */
    struct hive_exchange *call; /* under way */
    char token[HIVE_TOKEN_MAX + 1];
    bool closing;
};

/* A call and its answer. Outlives its connection where that closes first, not the server. */
struct hive_exchange {
    struct hive_server *server;
    struct hive_conn *conn; /* NULL: nobody waits for the answer */
    struct buf bytes;       /* the message */
    bool refused;
    struct thrift_message message;
    const struct hive_method *method;
    struct arena *arena;
    struct arena *caller; /* who calls */
    struct buf answer;
    size_t counted; /* of the answer, in answer_bytes */
    uv_write_t write;
};

/* --- conn.c --- */

/* The connection is on the server's list, accepted or not; it is read from when it was started. */
struct hive_conn *hive_conn_new(struct hive_server *s);
void hive_conn_start(struct hive_conn *c);
/* A call that is under way goes on; nobody waits for its answer then. */
void hive_conn_close(struct hive_conn *c);
/* Looks for the next message in what has come; reads on if there is none. */
void hive_conn_next(struct hive_conn *c);
/* Frees the server that has stopped, when its last handle has closed. */
void hive_server_free_if_unused(struct hive_server *s);

/* --- carry_out.c --- */

/* The call's method is known and its client may call it: runs it, answers, goes on with the connection. */
void hive_carry_out(struct hive_exchange *call);
/* Answers with a TApplicationException. */
void hive_refuse(struct hive_exchange *call, int32_t type, const char *text);
void hive_exchange_free(struct hive_exchange *call);
