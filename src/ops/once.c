#include "ops/once.h"

#include "aws/digest.h"

enum { INPUT_MAX = 4 * 1024 * 1024, INVOCATION_MAX = 128 };

static struct str digest(struct op_call *call, const void *input)
{
    CLEANUP_BUF struct buf b;
    buf_init(&b, INPUT_MAX);
    model_encode(call->operation->input, input, &b);
    char hex[SHA256_HEX_LEN + 1];
    sha256_hex(buf_str(&b), hex);
    return arena_str(call->arena, str_from(hex));
}

void once_claim(struct op_call *call, struct str token, const void *digest_input, token_fn *fn, void *ctx)
{
    struct str name = call->operation->name;
    struct str caller = call->principal.access_key_id;
    struct token_request r = {.token = token, .digest = digest(call, digest_input)};
    if (token.p) {
        r.scope = arena_printf(call->arena, "%.*s/%.*s", STR_ARG(name), STR_ARG(caller));
    } else if (call->invocation_id.n && call->invocation_id.n <= INVOCATION_MAX) {
        /* Other parameters under the same id are another call: the digest is part of the token. */
        r.scope = arena_printf(call->arena, "%.*s#invocation/%.*s", STR_ARG(name), STR_ARG(caller));
        r.token = arena_printf(call->arena, "%.*s/%.*s", STR_ARG(call->invocation_id), STR_ARG(r.digest));
        r.max_age_ms = core_config_of(call->core)->invocation_ms;
    } else {
        fn(ctx, NULL, STR_NULL, NULL);
        return;
    }
    token_claim(call->core, &r, fn, ctx);
}

bool once_record(const struct op_call *call, const struct token_claim *claim, struct token_record *ret)
{
    if (!claim)
        return false;
    *ret = token_claim_record(call->core, claim);
    return ret->scope.p != NULL;
}
