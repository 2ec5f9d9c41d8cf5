/* DeleteObject. */
#include "objects/s3/call.h"
#include "objects/s3/conditional.h"
#include "objects/s3/operation.h"

static void delete_key(struct s3_call *call)
{
    struct store_batch *batch = store_batch_new(call->endpoint->store);
    store_delete_object(batch, call->target.bucket, call->target.key, call->state);
    store_commit(call->endpoint->store, batch, s3_removed, call);
}

void s3_delete_object(struct s3_call *call)
{
    struct object_condition *condition = arena_alloc(call->req->arena, sizeof *condition);
    struct err err;
    call->state = condition;
    if (s3_header(call, "if-none-match").p)
        s3_fail_with(call, ERR_NOT_IMPLEMENTED, "A delete takes If-Match only.");
    else if (s3_header(call, "x-amz-if-match-last-modified-time").p ||
             s3_header(call, "x-amz-if-match-size").p)
        s3_fail_with(call, ERR_NOT_IMPLEMENTED,
                     "This store has no deletes that ask for a time or a size (headers x-amz-if-match-*).");
    else if (condition_for_write(&call->req->headers, condition, &err) < 0)
        s3_fail(call, &err);
    else
        s3_with_bucket(call, delete_key);
}
