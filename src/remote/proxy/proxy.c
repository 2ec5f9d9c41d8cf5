#include "remote/proxy/proxy.h"

#include "objects/s3/conditional.h"
#include "objects/s3/copy_source.h"
#include "objects/s3/document.h"
#include "objects/s3/operation.h"
#include "objects/s3/refuse.h"
#include "remote/copy/copy.h"
#include "remote/proxy/delete_objects.h"
#include "remote/proxy/list.h"
#include "remote/proxy/pass.h"

struct proxy {
    struct remotes *remotes;
    struct deliveries *deliveries;
    struct s3_elsewhere elsewhere;
};

/* --- What waits here --- */

static bool is_one_of(const struct s3_call *call, const char *const *names, size_t n)
{
    for (size_t i = 0; call->operation && i < n; i++)
        if (strcmp(call->operation->name, names[i]) == 0)
            return true;
    return false;
}

/* An object that waits is read here, with all that is told of it. It is none of the remote's versions. */
static bool is_read_here(const struct proxy *p, const struct s3_call *call)
{
    if (s3_version_id(call).p)
        return false;
    bool reads = str_is(call->req->method, "GET") || str_is(call->req->method, "HEAD");
    return call->operation && reads && call->target.level == S3_OBJECT &&
           deliveries_has(p->deliveries, call->target.bucket, call->target.key);
}

/* The request may replace or delete the current object of its key. */
static bool overtakes(const struct s3_call *call)
{
    static const char *const names[] = {"PutObject", "CopyObject", "DeleteObject", "CompleteMultipartUpload"};
    return is_one_of(call, names, ARRAY_SIZE(names)) && !s3_version_id(call).p;
}

/* What the request overtakes if it succeeds, held; NULL: nothing. */
static struct waiting *hold_overtaken(const struct proxy *p, const struct s3_call *call)
{
    return overtakes(call) ? deliveries_hold(p->deliveries, call->target.bucket, call->target.key) : NULL;
}

/* Whether If-Match and If-None-Match hold for what waits; the remote, which is asked as well, does not have
 * it. */
static int check_conditions(const struct proxy *p, const struct s3_call *call, struct err *err)
{
    struct object_record waits = {0};
    struct object_condition condition;
    if (overtakes(call))
        waits.etag = deliveries_etag(p->deliveries, call->target.bucket, call->target.key);
    if (!waits.etag.p)
        return 0;
    if (condition_for_write(&call->req->headers, &condition, err) < 0)
        return -1;
    return condition_check_write(&condition, &waits, err);
}

/* A remote copies by itself what it has. */
static bool is_between_stores(const struct proxy *p, const struct s3_call *call)
{
    struct s3_copy_source source;
    struct str bucket = s3_copy_source_bucket(call);
    struct err ignored;
    if (!call->operation || !call->operation->copies)
        return false;
    return remotes_find(p->remotes, bucket) != remotes_find(p->remotes, call->target.bucket) ||
           (s3_copy_source_read(call, &source, &ignored) == 0 &&
            deliveries_has(p->deliveries, source.bucket, source.key));
}

/* --- The endpoint's side --- */

static bool lives_elsewhere(void *ctx, struct str bucket)
{
    const struct proxy *p = ctx;
    return remotes_find(p->remotes, bucket) != NULL;
}

static bool deletes_many(const struct s3_call *call)
{
    static const char *const name[] = {"DeleteObjects"};
    return is_one_of(call, name, 1);
}

static void take_deletions(struct s3_call *call)
{
    struct err err;
    if (s3_refuse_framing(call, &err) < 0)
        s3_fail(call, &err);
    else
        s3_document_take(call);
}

static enum s3_way take(void *ctx, struct s3_call *call)
{
    struct proxy *p = ctx;
    struct err err;
    struct remote *remote = remotes_find(p->remotes, call->target.bucket);
    if (check_conditions(p, call, &err) < 0) {
        s3_fail(call, &err);
        return S3_ELSEWHERE;
    }
    if (is_between_stores(p, call)) {
        remote_copy(p->remotes, p->deliveries, call);
        return S3_ELSEWHERE;
    }
    if (!remote || is_read_here(p, call))
        return S3_HERE;
    if (call->target.level == S3_BUCKET && remote_list(remote, p->deliveries, call))
        return S3_ELSEWHERE;
    if (deletes_many(call)) {
        take_deletions(call);
        return S3_ELSEWHERE;
    }
    call->state = pass_start(remote, call, hold_overtaken(p, call), &err);
    if (!call->state)
        s3_fail(call, &err);
    return S3_ELSEWHERE;
}

static void body_whole(void *ctx, struct s3_call *call)
{
    const struct proxy *p = ctx;
    struct remote *remote = remotes_find(p->remotes, call->target.bucket);
    struct err err;
    if (call->state)
        pass_body_whole(call->state);
    if (!deletes_many(call))
        return;
    if (!remote)
        err_set(&err, ERR_UNAVAILABLE, "The settings of the bucket have just changed: try again.");
    if (!remote || s3_document_check(call, &err) < 0)
        s3_fail(call, &err);
    else
        remote_delete_objects(remote, p->deliveries, call);
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
