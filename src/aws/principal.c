#include "aws/principal.h"

#include "aws/digest.h"

enum { USER_ID_LEN = 21 };

/* IAM's unique ids are opaque; ours comes from the names, so that it needs no storage. */
static struct str user_id_of(struct str account, struct str user, struct arena *arena)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    unsigned char hash[DIGEST_SIZE_MAX];
    char id[USER_ID_LEN + 1] = "AIDA";
    digest_of(DIGEST_SHA256, arena_printf(arena, "%.*s/%.*s", STR_ARG(account), STR_ARG(user)), hash);
    for (size_t i = 4; i < USER_ID_LEN; i++)
        id[i] = alphabet[hash[i] % 32];
    return arena_str(arena, str_of(id, USER_ID_LEN));
}

void aws_principal_of(const struct access_key *key, struct str account, struct arena *arena,
                      struct aws_principal *ret)
{
    struct str user = str_from(key->user);
    *ret = (struct aws_principal){
        .access_key_id = arena_str(arena, str_from(key->id)),
        .account = arena_str(arena, account),
        .user = arena_str(arena, user),
        .user_id = user_id_of(account, user, arena),
        .arn = arena_printf(arena, "arn:aws:iam::%.*s:user/%.*s", STR_ARG(account), STR_ARG(user)),
        .session_id = STR_NULL,
    };
}
