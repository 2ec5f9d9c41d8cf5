#include "aws/principal.h"

#include "aws/digest.h"

enum { UNIQUE_ID_LEN = 21 };

/* IAM's unique ids are opaque; ours comes from the names, so that it needs no storage. `kind` has four
 * letters: AIDA for users, AROA for roles. */
static struct str unique_id_of(const char *kind, struct str account, struct str name, struct arena *arena)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    unsigned char hash[DIGEST_SIZE_MAX];
    char id[UNIQUE_ID_LEN];
    digest_of(DIGEST_SHA256, arena_printf(arena, "%.*s/%.*s", STR_ARG(account), STR_ARG(name)), hash);
    memcpy(id, kind, 4);
    for (size_t i = 4; i < UNIQUE_ID_LEN; i++)
        id[i] = alphabet[hash[i] % 32];
    return arena_str(arena, str_of(id, UNIQUE_ID_LEN));
}

void aws_principal_of(const struct access_key *key, struct str account, struct arena *arena,
                      struct aws_principal *ret)
{
    struct str user = str_from(key->user);
    *ret = (struct aws_principal){
        .access_key_id = arena_str(arena, str_from(key->id)),
        .account = arena_str(arena, account),
        .user = arena_str(arena, user),
        .user_id = unique_id_of("AIDA", account, user, arena),
        .arn = arena_printf(arena, "arn:aws:iam::%.*s:user/%.*s", STR_ARG(account), STR_ARG(user)),
    };
}

void aws_principal_of_session(const struct temporary_credentials *c, struct str role, struct str workgroup,
                              struct str account, struct arena *arena, struct aws_principal *ret)
{
    struct str name = arena_printf(arena, "AthenaExecutor-%s", c->session_id);
    struct str id = unique_id_of("AROA", account, role, arena);
    *ret = (struct aws_principal){
        .access_key_id = arena_str(arena, str_from(c->access_key_id)),
        .account = arena_str(arena, account),
        .user = name,
        .user_id = arena_printf(arena, "%.*s:%.*s", STR_ARG(id), STR_ARG(name)),
        .arn = arena_printf(arena, "arn:aws:sts::%.*s:assumed-role/%.*s/%.*s", STR_ARG(account),
                            STR_ARG(role), STR_ARG(name)),
        .session_id = arena_str(arena, str_from(c->session_id)),
        .workgroup = arena_str(arena, workgroup),
    };
}
