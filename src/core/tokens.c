#include "core/tokens.h"

#include "core/internal.h"

struct waiter {
    struct waiter *next;
    token_fn *fn;
    void *ctx;
};

struct token_claim {
    struct core *core;
    struct arena *arena;
    struct str key; /* scope and token */
    struct token_request request;
    bool known_but_old;
    token_fn *fn;
    void *ctx;
    struct waiter *waiters;
};

enum { CLAIM_ARENA_MAX = 64 * 1024 };

static void mismatch(struct err *err)
{
    err_set_detail(err, ERR_INVALID_REQUEST, "IDEMPOTENT_PARAMETER_MISMATCH",
                   "Idempotent parameters do not match");
}

static void release(struct token_claim *claim)
{
    map_remove(&claim->core->tokens, claim->key);
    for (struct waiter *w = claim->waiters, *next; w; w = next) {
        next = w->next;
        free(w);
    }
    arena_free(claim->arena);
    free(claim);
}

void token_settle(struct core *c, struct token_claim *claim, struct str resource_id, const struct err *err)
{
    (void)c;
    for (struct waiter *w = claim->waiters; w; w = w->next)
        w->fn(w->ctx, NULL, resource_id, err);
    release(claim);
}

static void settle_with_first(struct token_claim *claim, struct str resource_id, const struct err *err)
{
    token_fn *fn = claim->fn;
    void *ctx = claim->ctx;
    fn(ctx, NULL, resource_id, err);
    token_settle(claim->core, claim, resource_id, err);
}

static void on_read(void *ctx, const struct token_record *r, const struct err *err)
{
    struct token_claim *claim = ctx;
    int64_t max_age = claim->request.max_age_ms;
    struct err e;
    if (err) {
        settle_with_first(claim, STR_NULL, err);
    } else if (!r) {
        claim->fn(claim->ctx, claim, STR_NULL, NULL);
    } else if (max_age && core_now_ms(claim->core) - r->created_ms > max_age) {
        claim->known_but_old = true;
        claim->fn(claim->ctx, claim, STR_NULL, NULL);
    } else if (!str_eq(r->digest, claim->request.digest)) {
        mismatch(&e);
        settle_with_first(claim, STR_NULL, &e);
    } else {
        settle_with_first(claim, r->resource_id, NULL);
    }
}

static void wait_for(struct token_claim *claim, const struct token_request *r, token_fn *fn, void *ctx)
{
    if (!str_eq(claim->request.digest, r->digest)) {
        struct err e;
        mismatch(&e);
        fn(ctx, NULL, STR_NULL, &e);
        return;
    }
    struct waiter *w = mem_new(sizeof *w);
    *w = (struct waiter){claim->waiters, fn, ctx};
    claim->waiters = w;
}

void token_claim(struct core *c, const struct token_request *r, token_fn *fn, void *ctx)
{
    struct arena *a = arena_new(CLAIM_ARENA_MAX);
    struct str key = arena_printf(a, "%.*s %.*s", STR_ARG(r->scope), STR_ARG(r->token));
    struct token_claim *claim = map_get(&c->tokens, key);
    if (claim) {
        wait_for(claim, r, fn, ctx);
        arena_free(a);
        return;
    }
    claim = mem_new(sizeof *claim);
    *claim = (struct token_claim){.core = c, .arena = a, .key = key, .fn = fn, .ctx = ctx};
    claim->request = (struct token_request){arena_str(a, r->scope), arena_str(a, r->token),
                                            arena_str(a, r->digest), r->max_age_ms};
    map_put(&c->tokens, key, claim);
    store_get_token(c->p.store, claim->request.scope, claim->request.token, on_read, claim);
}

struct token_record token_claim_record(const struct core *c, const struct token_claim *claim)
{
    return (struct token_record){
        .scope = claim->known_but_old ? STR_NULL : claim->request.scope,
        .token = claim->request.token,
        .digest = claim->request.digest,
        .created_ms = core_now_ms(c),
    };
}
