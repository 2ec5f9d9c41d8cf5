/* Who a request acts for. Any thread. */
#pragma once

#include "aws/key_file.h"
#include "aws/temporary.h"
#include "base/arena.h"

struct aws_principal {
    struct str access_key_id;
    struct str account;
    struct str user;
    struct str user_id; /* AIDA and 17 characters, the same for the same account and user */
    struct str arn;     /* arn:aws:iam::ACCOUNT:user/NAME */
    /* Of temporary credentials; absent for long-lived keys. */
    struct str session_id;
    struct str workgroup; /* the session's */
};

/* Copies into the arena. */
void aws_principal_of(const struct access_key *key, struct str account, struct arena *arena,
                      struct aws_principal *ret);
/* The assumed role of a session: its name in the role is AthenaExecutor-<session id>, as on AWS. `role` is
 * the role's name. Copies into the arena. */
void aws_principal_of_session(const struct temporary_credentials *c, struct str role, struct str workgroup,
                              struct str account, struct arena *arena, struct aws_principal *ret);
