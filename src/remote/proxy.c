#include "remote/proxy.h"

#include "objects/s3/copy_source.h"
#include "objects/s3/operation.h"
#include "remote/pass.h"

struct proxy {
    struct remotes *remotes;
    struct deliveries *deliveries;
    struct s3_elsewhere elsewhere;
};

/* --- What is served from here --- */

static bool reads_object(const struct s3_call *call)
{
    return call->operation && call->target.level == S3_OBJECT &&
           (str_is(call->req->method, "GET") || str_is(call->req->method, "HEAD")) &&
           str_is(str_from(call->operation->name),
                  str_is(call->req->method, "GET") ? "GetObject" : "HeadObject");
}

static bool waits_here(const struct proxy *p, const struct s3_call *call)
{
    return call->target.level == S3_OBJECT &&
           deliveries_has(p->deliveries, call->target.bucket, call->target.key);
}

static int check_copy(const struct proxy *p, const struct s3_call *call, struct err *err)
{
    struct str bucket = s3_copy_source_bucket(call);
    if (!bucket.p || remotes_find(p->remotes, bucket) == remotes_find(p->remotes, call->target.bucket))
        return 0;
    return err_set(
        err, ERR_NOT_IMPLEMENTED,
        "%.*s and %.*s live in different stores: an object is not copied between them by one request. "
        "Read it and write it.",
        STR_ARG(str_sub(bucket, 0, 63)), STR_ARG(call->target.bucket));
}

/* --- The endpoint's side --- */

static bool lives_elsewhere(void *ctx, struct str bucket)
{
    const struct proxy *p = ctx;
    return remotes_find(p->remotes, bucket) != NULL;
}

static void on_dropped(void *ctx, const struct err *err)
{
    pass_go(ctx, err);
}

static enum s3_way take(void *ctx, struct s3_call *call)
{
    struct proxy *p = ctx;
    struct err err;
    struct remote *remote = remotes_find(p->remotes, call->target.bucket);
    bool here = waits_here(p, call);
    if (check_copy(p, call, &err) < 0) {
        s3_fail(call, &err);
        return S3_ELSEWHERE;
    }
    if (!remote || (here && reads_object(call)))
        return S3_HERE;
    struct pass *pass = pass_new(remote, call, &err);
    call->state = pass;
    if (!pass)
        s3_fail(call, &err);
    else if (here)
        deliveries_drop(p->deliveries, call->target.bucket, call->target.key, on_dropped, pass);
    else
        pass_go(pass, NULL);
    return S3_ELSEWHERE;
}

static void body_whole(void *ctx, struct s3_call *call)
{
    (void)ctx;
    if (call->state)
        pass_body_whole(call->state);
}

static void each_bucket(void *ctx, void (*fn)(void *to, struct str bucket), void *to)
{
    const struct proxy *p = ctx;
    remotes_each_bucket(p->remotes, fn, to);
}

struct proxy *proxy_new(struct remotes *remotes, struct deliveries *deliveries)
{
    struct proxy *p = mem_new(sizeof *p);
    p->remotes = remotes;
    p->deliveries = deliveries;
    p->elsewhere = (struct s3_elsewhere){p, lives_elsewhere, take, body_whole, each_bucket};
    return p;
}

void proxy_free(struct proxy *p)
{
    free(p);
}

const struct s3_elsewhere *proxy_elsewhere(const struct proxy *p)
{
    return &p->elsewhere;
}
