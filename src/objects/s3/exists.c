/* Whether what a request names exists. */
#include "objects/s3/call.h"
#include "store/missing.h"

struct bucket_wait {
    struct s3_call *call;
    s3_then_fn *then;
};

static void got_bucket(void *ctx, const struct bucket_record *r, const struct err *err)
{
    const struct bucket_wait *w = ctx;
    struct err missing;
    if (!err && !r) {
        no_such_bucket(&missing);
        err = &missing;
    }
    if (err)
        s3_fail(w->call, err);
    else
        w->then(w->call);
}

void s3_with_bucket(struct s3_call *call, s3_then_fn *then)
{
    struct bucket_wait *w = arena_alloc(call->req->arena, sizeof *w);
    *w = (struct bucket_wait){call, then};
    store_get_bucket(call->endpoint->store, call->target.bucket, got_bucket, w);
}

struct object_wait {
    struct s3_call *call;
    s3_object_fn *then;
    void *ctx;
};

static void got_object(void *ctx, const struct object_record *r, const struct err *err)
{
    const struct object_wait *w = ctx;
    struct err missing;
    if (!err && !r) {
        no_such_key(&missing);
        err = &missing;
    }
    if (err)
        s3_fail(w->call, err);
    else
        w->then(w->ctx, r);
}

void s3_with_object_at(struct s3_call *call, struct str bucket, struct str key, s3_object_fn *then, void *ctx)
{
    struct object_wait *w = arena_alloc(call->req->arena, sizeof *w);
    *w = (struct object_wait){call, then, ctx};
    store_get_object(call->endpoint->store, bucket, key, got_object, w);
}

void s3_with_object(struct s3_call *call, s3_object_fn *then, void *ctx)
{
    s3_with_object_at(call, call->target.bucket, call->target.key, then, ctx);
}
