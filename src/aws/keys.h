/* The server's view of the access keys: a table in memory that follows DIR/keys.json. The file is looked at once a
 * second at most, and at once when a key is unknown: a new key works immediately, a disabled one ends within a second.
 * Loop thread. */
#pragma once

#include "aws/key_file.h"
#include "base/arena.h"
#include "base/clock.h"

struct keys;

/* Loads DIR/keys.json. `clock` must outlive the table. NULL with a sentence on failure. */
struct keys *keys_open(const char *dir, const struct clock *clock, struct err *err) MUST_CHECK;
void keys_free(struct keys *k); /* zeroes the secrets; NULL is allowed */
/* Reads the file again now, for SIGHUP. On failure the keys stay as they were. */
int keys_reload(struct keys *k, struct err *err) MUST_CHECK;

/* The active key of the credentials that a request claims. `session_token` is absent for long-lived ones.
 * ERR_UNRECOGNIZED_CLIENT if the key is unknown or disabled, ERR_INVALID_TOKEN for a token that is not of this server.
 * The key is valid until the next call of any function of the table. */
const struct access_key *keys_find(struct keys *k, struct str access_key_id, struct str session_token,
                                   struct err *err) MUST_CHECK;

/* Who a request acts for. */
struct aws_principal {
    struct str access_key_id;
    struct str account;
    struct str user;
    struct str user_id;    /* AIDA..., the same for the same account and user */
    struct str arn;        /* arn:aws:iam::ACCOUNT:user/NAME */
    struct str session_id; /* the session whose temporary credentials these are; absent otherwise */
};

/* Copies into the arena. */
void aws_principal_of(const struct access_key *key, struct str account, struct arena *arena, struct aws_principal *ret);
