/* Who the code of a session is: its credentials, and what they reach. Loop thread. */
#pragma once

#include "main/server.h"

/* The principal of a request that carries a session token. ERR_EXPIRED_TOKEN also where the session has
 * ended. `ret_secret` has TEMPORARY_SECRET_LEN + 1 bytes. */
int session_access_find(struct server *s, enum sigv4_style style, const struct sigv4_auth *auth,
                        struct arena *arena, struct aws_principal *ret, char *ret_secret,
                        struct err *err) MUST_CHECK;
/* The buckets that the session reaches, in the arena; none once it is ending. */
const struct s3_grants *session_access_grants(struct server *s, struct str session_id, struct arena *arena);
/* JSON with new credentials for the session whose ticket this is, as ECS's agent answers. ERR_ACCESS_DENIED
 * for another ticket, and once the session is ending. */
int session_access_credentials(struct server *s, struct str ticket, struct buf *out,
                               struct err *err) MUST_CHECK;
/* For shim_config: the ticket that a session's driver is started with. */
void session_access_ticket(void *server, struct str session_id, char *ret, size_t size);
