#include "main/metastore.h"

#include "core/session.h"
#include "main/data_folder.h"
#include "main/dropped_data.h"
#include "main/lasting_port.h"
#include "main/session_access.h"

#include <stdio.h>

/* The ticket that the session was started with, as long as it lives. */
static bool authorize(void *ctx, struct str token)
{
    struct server *s = ctx;
    char id[UUID_TEXT_LEN + 1];
    struct session_owner owner;
    return temporary_ticket_read(s->temporary, token, id) && session_owner_of(s->core, str_from(id), &owner);
}

static bool may_write(const void *ctx, struct str location)
{
    return dropped_data_reached(ctx, location);
}

/* What the session may not delete, the catalog does not delete for it. */
static const struct catalog_caller *caller_of(void *ctx, struct str token, struct arena *a)
{
    struct server *s = ctx;
    char id[UUID_TEXT_LEN + 1] = "";
    bool known = temporary_ticket_read(s->temporary, token, id);
    struct catalog_caller *caller = arena_alloc(a, sizeof *caller);
    *caller = (struct catalog_caller){session_access_grants(s, known ? str_from(id) : STR(""), a), may_write};
    return caller;
}

static int open_at(void *ctx, uint16_t port, struct err *err)
{
    struct server *s = ctx;
    struct hive_config config = {
        .catalog = s->catalog,
        .max_connections = (size_t)s->settings.metastore_max_connections,
        .max_message = (size_t)s->settings.metastore_max_message,
        .authorize = authorize,
        .caller = caller_of,
        .ctx = s,
    };
    s->hive = hive_server_start(s->loop, port, &config, err);
    return s->hive ? 0 : -1;
}

static int open_listener(struct server *s, struct err *err)
{
    struct server_info last = {0};
    struct err none;
    if (data_folder_read_info(s->paths.data, &last, &none) < 0)
        last.metastore_port = 0;
    const struct lasting_port port = {
        .asked = (uint16_t)s->settings.metastore_port,
        .last = last.metastore_port,
        .lost = "the metastore's port is taken by another program; another one is used, and sessions of the "
                "last server reach no tables",
        .open = open_at,
        .ctx = s,
    };
    return lasting_port_open(&port, err);
}

int metastore_start(struct server *s, struct err *err)
{
    if (open_listener(s, err) < 0)
        return -1;
    snprintf(s->metastore_uri, sizeof s->metastore_uri, "thrift://127.0.0.1:%u", hive_server_port(s->hive));
    return 0;
}
