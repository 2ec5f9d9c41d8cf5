#include "remote/check.h"

#include "remote/remote_private.h"
#include "remote/request.h"

struct check {
    struct remote *remote;
    struct remote_call *call;
    struct timer deadline;
    char *bucket;
    remote_check_fn *fn;
    void *ctx;
};

static void end(struct check *c, bool missing)
{
    timer_stop(loop_timers(c->remote->loop), &c->deadline);
    remote_call_cancel(TAKE(c->call));
    c->fn(c->ctx, missing);
    remote_unref(c->remote);
    free(c->bucket);
    free(c);
}

static void on_answer(void *ctx, const struct remote_answer *answer, const struct err *err)
{
    struct check *c = ctx;
    (void)answer;
    c->call = NULL;
    end(c, err && err->code == ERR_NO_SUCH_BUCKET);
}

static void on_deadline(struct timer *t)
{
    end(t->ctx, false);
}

void remote_check_bucket(struct remote *r, struct str bucket, int64_t wait_ms, remote_check_fn *fn, void *ctx)
{
    struct check *c = mem_new(sizeof *c);
    *c = (struct check){.remote = remote_ref(r), .bucket = mem_new(bucket.n + 1), .fn = fn, .ctx = ctx};
    memcpy(c->bucket, bucket.p, bucket.n);
    timer_start(loop_timers(r->loop), &c->deadline, wait_ms, on_deadline, c);
    /* An empty list: HeadBucket's refusals have no body that tells a missing bucket from wrong keys. */
    struct remote_request request = {
        .method = STR("GET"),
        .bucket = str_of(c->bucket, bucket.n),
        .query = STR("list-type=2&max-keys=0"),
    };
    c->call = remote_send(r, &request, on_answer, c);
}
