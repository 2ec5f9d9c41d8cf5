/* Temporary credentials of sessions. They are computed from a secret of the data folder (session.secret, made
 * once, mode 0600) and never stored: the token says for which session and until when they are, and carries a
 * MAC. Whether the session still lives is the caller's to ask. Loop thread. */
#pragma once

#include "aws/sigv4.h"
#include "base/random.h"

struct temporary_keys;

enum {
    TEMPORARY_ID_LEN = 20, /* ASIA and 16 characters */
    TEMPORARY_SECRET_LEN = 40,
    TEMPORARY_TOKEN_MAX = 160,
};

struct temporary_credentials {
    char session_id[UUID_TEXT_LEN + 1];
    char access_key_id[TEMPORARY_ID_LEN + 1];
    char secret[TEMPORARY_SECRET_LEN + 1];
    char token[TEMPORARY_TOKEN_MAX];
    int64_t expires_ms; /* wall clock, whole seconds */
};

/* Reads DIR/session.secret, or makes it. Blocks. NULL with a sentence on failure. */
struct temporary_keys *temporary_keys_open(const char *dir, struct err *err) MUST_CHECK;
void temporary_keys_free(struct temporary_keys *k); /* zeroes the secret; NULL is allowed */

/* The credentials of a session until `expires_ms`. The same arguments give the same credentials. */
void temporary_issue(struct temporary_keys *k, struct str session_id, int64_t expires_ms,
                     struct temporary_credentials *ret);
/* The credentials that a request with a session token claims. ERR_INVALID_TOKEN for a token that is not of
 * this folder or belongs to another access key, ERR_EXPIRED_TOKEN after its time. */
int temporary_find(struct temporary_keys *k, enum sigv4_style style, const struct sigv4_auth *auth,
                   int64_t now_ms, struct temporary_credentials *ret, struct err *err) MUST_CHECK;

/* What a session shows to be given credentials, as long as it lives. */
void temporary_ticket(struct temporary_keys *k, struct str session_id, char ret[TEMPORARY_TOKEN_MAX]);
/* False: the ticket is none of this folder. */
bool temporary_ticket_read(struct temporary_keys *k, struct str ticket,
                           char ret_session_id[UUID_TEXT_LEN + 1]);
