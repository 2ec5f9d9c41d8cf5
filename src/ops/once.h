/* At most once: the client's token of a call, or the SDK's invocation id where it sent none. */
#pragma once

#include "core/tokens.h"
#include "ops/op.h"

/* Claims what the call carries. `fn` as in tokens.h; a call with neither gets fn(ctx, NULL, STR_NULL, NULL)
 * at once and goes on. The token's member must be absent in `digest_input`, which has the operation's input
 * shape. */
void once_claim(struct op_call *call, struct str token, const void *digest_input, token_fn *fn, void *ctx);
/* The record for the batch; false if there is nothing to store. */
bool once_record(const struct op_call *call, const struct token_claim *claim, struct token_record *ret);
