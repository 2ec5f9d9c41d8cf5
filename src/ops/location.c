#include "ops/location.h"

#include "remote/check.h"

enum { REMOTE_CHECK_MS = 3000 };

struct looking {
    location_fn *fn;
    void *ctx;
};

static void on_bucket(void *ctx, const struct bucket_record *bucket, const struct err *err)
{
    const struct looking *g = ctx;
    g->fn(g->ctx, !bucket, err);
}

static void on_remote_bucket(void *ctx, bool missing)
{
    const struct looking *g = ctx;
    g->fn(g->ctx, missing, NULL);
}

void location_check(struct op_call *call, struct str location, location_fn *fn, void *ctx)
{
    struct str rest = str_sub(location, sizeof "s3://" - 1, SIZE_MAX);
    struct str bucket = str_cut(&rest, '/');
    const struct remotes *remotes = core_remotes(call->core);
    struct remote *remote = remotes ? remotes_find(remotes, bucket) : NULL;
    struct looking *g = arena_alloc(call->arena, sizeof *g);
    *g = (struct looking){fn, ctx};
    if (remote)
        remote_check_bucket(remote, bucket, REMOTE_CHECK_MS, on_remote_bucket, g);
    else
        store_get_bucket(core_store(call->core), bucket, on_bucket, g);
}
