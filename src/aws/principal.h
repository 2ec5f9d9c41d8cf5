/* Who a request acts for. Any thread. */
#pragma once

#include "aws/key_file.h"
#include "base/arena.h"

struct aws_principal {
    struct str access_key_id;
    struct str account;
    struct str user;
    struct str user_id;    /* AIDA and 17 characters, the same for the same account and user */
    struct str arn;        /* arn:aws:iam::ACCOUNT:user/NAME */
    struct str session_id; /* the session whose temporary credentials these are; absent for long-lived keys */
};

/* Copies into the arena. */
void aws_principal_of(const struct access_key *key, struct str account, struct arena *arena,
                      struct aws_principal *ret);
