/* The Hive metastore's Thrift protocol on a listener of its own: what Spark's Hive client, Iceberg's
 * HiveCatalog and other clients of a metastore of Hive 2.3 speak. Calls of a connection are answered one
 * after another. Loop thread. */
#pragma once

#include "catalog/catalog.h"

struct hive_server;

struct hive_config {
    struct catalog *catalog;
    size_t max_connections;
    size_t max_message; /* bytes of a call; before a connection is authorized HIVE_FIRST_MESSAGE_MAX */
    /* Whether the token is that of a live session. A client shows it as one of the groups of set_ugi, which
     * is its first call; it is asked again for every call. */
    bool (*authorize)(void *ctx, struct str token);
    /* For whom the calls of a connection with this token work; in the arena, or NULL. */
    const struct catalog_caller *(*caller)(void *ctx, struct str token, struct arena *a);
    void *ctx;
};

enum {
    HIVE_FIRST_MESSAGE_MAX = 64 * 1024,
    HIVE_ANSWER_MAX = 256 * 1024 * 1024,
    HIVE_ANSWERS_MAX = 2 * HIVE_ANSWER_MAX, /* of all that wait for their clients */
    HIVE_LARGE_MESSAGES = 4,                /* so many of max_message are kept at once */
    HIVE_TOKEN_MAX = 256,
    HIVE_FIRST_CALL_MS = 10000, /* a connection that has not shown its token by then is closed */
    HIVE_WRITE_MS = 60000,      /* longest wait for the client to take a byte */
};

/* Listens on 127.0.0.1; port 0 takes a free one. NULL with a sentence on failure. */
struct hive_server *hive_server_start(struct loop *loop, uint16_t port, const struct hive_config *config,
                                      struct err *err) MUST_CHECK;
uint16_t hive_server_port(const struct hive_server *s);
/* Closes all connections. Calls under way end when the catalog closes, which must follow; then the loop must
 * run once more. NULL is allowed. */
void hive_server_stop(struct hive_server *s);
