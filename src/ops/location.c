#include "ops/location.h"

#include "base/s3_uri.h"
#include "objects/objects.h"
#include "remote/check.h"

enum { LOCATION_MAX = 700, REMOTE_CHECK_MS = 3000 };

bool location_valid(struct str location)
{
    struct str bucket, key;
    return s3_uri_split(location, &bucket, &key) && bucket_name_valid(bucket) && location.n <= LOCATION_MAX;
}

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
    struct str bucket, key;
    (void)s3_uri_split(location, &bucket, &key);
    const struct remotes *remotes = core_remotes(call->core);
    struct remote *remote = remotes ? remotes_find(remotes, bucket) : NULL;
    struct looking *g = arena_alloc(call->arena, sizeof *g);
    *g = (struct looking){fn, ctx};
    if (remote)
        remote_check_bucket(remote, bucket, REMOTE_CHECK_MS, on_remote_bucket, g);
    else
        store_get_bucket(core_store(call->core), bucket, on_bucket, g);
}
