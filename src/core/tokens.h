/* Idempotency: what a client's token stands for. A token is claimed before a resource is made and settled
 * after the commit that stores both. Calls with a token whose first call is still under way wait for its end.
 */
#pragma once

#include "core/core.h"

struct token_claim;

struct token_request {
    struct str scope; /* operation and caller */
    struct str token;
    struct str digest;  /* of the parameters */
    int64_t max_age_ms; /* an older one counts as new; 0: any age */
};

/* One of: `claim` set: the token is new, the caller goes on and settles it; `resource_id` set: what the first
 * call made; `err` set. ERR_INVALID_REQUEST with IDEMPOTENT_PARAMETER_MISMATCH if the digest differs. */
typedef void token_fn(void *ctx, struct token_claim *claim, struct str resource_id, const struct err *err);
void token_claim(struct core *c, const struct token_request *r, token_fn *fn, void *ctx);
/* Ends the claim; who waits gets the resource, or the error. */
void token_settle(struct core *c, struct token_claim *claim, struct str resource_id, const struct err *err);
/* For the batch that makes the resource; absent scope if the token is not to be stored (again). */
struct token_record token_claim_record(const struct core *c, const struct token_claim *claim);
