/* DeleteObject. */
#include "objects/s3/call.h"
#include "objects/s3/operation.h"

static void deleted(void *ctx, const struct err *err)
{
    struct s3_call *call = ctx;
    if (err) {
        s3_fail(call, err);
        return;
    }
    objects_sweep(call->endpoint->objects);
    s3_respond(call, 204, STR_NULL);
}

static void delete_key(struct s3_call *call)
{
    struct store_batch *batch = store_batch_new(call->endpoint->store);
    store_delete_object(batch, call->target.bucket, call->target.key, NULL);
    store_commit(call->endpoint->store, batch, deleted, call);
}

void s3_delete_object(struct s3_call *call)
{
    if (s3_header(call, "if-match").p)
        s3_fail_with(call, ERR_NOT_IMPLEMENTED, "This store has no conditional deletes (header If-Match).");
    else
        s3_with_bucket(call, delete_key);
}
