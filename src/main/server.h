/* The whole server: its parts in the order in which they start. */
#pragma once

#include "aws/keys.h"
#include "aws/sigv4.h"
#include "aws/temporary.h"
#include "catalog/catalog.h"
#include "core/core.h"
#include "hive/server.h"
#include "http/server.h"
#include "main/metrics.h"
#include "main/paths.h"
#include "main/settings/settings.h"
#include "main/version.h"
#include "objects/s3/s3.h"
#include "ops/op.h"
#include "query/query.h"
#include "remote/proxy/proxy.h"
#include "shim/client.h"

/* An address, and who may come there: clients with access keys and with credentials of sessions, or the code
 * of sessions alone. */
struct listener {
    struct server *server;
    struct http_server *http;
    char url[128];
};

struct server {
    struct settings settings;
    struct paths paths;
    int lock_fd;
    struct loop *loop;
    struct keys *keys;
    struct temporary_keys *temporary;
    struct sigv4_verifier *verifier;
    struct store *store;
    struct objects *objects;
    struct catalog *catalog;
    struct hive_server *hive;
    char metastore_uri[64];
    struct shim_config shim_config;
    struct remotes *remotes;
    struct deliveries_config deliveries_config;
    struct deliveries *deliveries;
    struct proxy *proxy;
    struct runner *runner;
    struct core_config core_config;
    struct core *core;
    struct query_config query_config;
    struct queries *queries;
    struct str *engine_versions;
    struct ops_config ops_config;
    struct s3_endpoint *s3;
    struct metrics *metrics;
    struct listener clients;
    struct listener sessions;
    struct disk_keeper *disk_keeper;
    struct log_retention *log_retention;
    struct session_logs *session_logs;
    bool isolated; /* drivers run under users of their own */
    bool ready;
    bool ending;
};

/* Starts all parts; on failure what had started is ended by server_stop. */
int server_start(struct server *s, struct err *err) MUST_CHECK;
/* Frees all parts in reverse order; sessions that live are left to the next server. */
void server_stop(struct server *s);
/* SIGHUP: settings that allow it, the certificate, the keys. `fresh` was read anew. */
void server_reload(struct server *s, struct settings *fresh);
