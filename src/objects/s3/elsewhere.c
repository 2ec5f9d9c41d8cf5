#include "objects/s3/elsewhere.h"

#include "objects/s3/access.h"
#include "objects/s3/copy_source.h"

bool s3_lives_elsewhere(const struct s3_call *call, struct str bucket)
{
    const struct s3_elsewhere *e = call->endpoint->config.elsewhere;
    return e && bucket.n && e->has(e->ctx, bucket);
}

bool s3_is_elsewhere(const struct s3_call *call)
{
    return call->target.level != S3_SERVICE && !s3_lists_above_grants(call) &&
           (s3_lives_elsewhere(call, call->target.bucket) ||
            s3_lives_elsewhere(call, s3_copy_source_bucket(call)));
}

bool s3_take_elsewhere(struct s3_call *call)
{
    const struct s3_elsewhere *e = call->endpoint->config.elsewhere;
    call->elsewhere = s3_is_elsewhere(call) && e->take(e->ctx, call) == S3_ELSEWHERE;
    return call->elsewhere;
}

/* --- ListBuckets --- */

struct names {
    struct bucket_record *items;
    size_t count;
    size_t room;
};

static void count_one(void *ctx, struct str bucket)
{
    size_t *n = ctx;
    (void)bucket;
    ++*n;
}

static void add_one(void *ctx, struct str bucket)
{
    struct names *n = ctx;
    if (n->count < n->room)
        n->items[n->count++] = (struct bucket_record){bucket, 0};
}

/* One that is known here as well comes with its time first. */
static int compare(const void *a, const void *b)
{
    const struct bucket_record *x = a, *y = b;
    int c = str_cmp(x->name, y->name);
    return c ? c : (x->created_ms < y->created_ms) - (x->created_ms > y->created_ms);
}

const struct bucket_record *s3_with_elsewhere(const struct s3_call *call, const struct bucket_record *here,
                                              size_t *count)
{
    const struct s3_elsewhere *e = call->endpoint->config.elsewhere;
    size_t more = 0, kept = 0;
    if (e)
        e->each_bucket(e->ctx, count_one, &more);
    if (!more)
        return here;
    struct names all = {.room = *count + more};
    all.items = arena_array(call->req->arena, all.room, sizeof *all.items);
    for (size_t i = 0; i < *count; i++)
        all.items[all.count++] = here[i];
    e->each_bucket(e->ctx, add_one, &all);
    qsort(all.items, all.count, sizeof *all.items, compare);
    for (size_t i = 0; i < all.count; i++)
        if (!kept || !str_eq(all.items[i].name, all.items[kept - 1].name))
            all.items[kept++] = all.items[i];
    *count = kept;
    return all.items;
}
