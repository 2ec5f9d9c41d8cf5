#include "objects/s3/access.h"

#include "objects/s3/call.h"
#include "objects/s3/elsewhere.h"
#include "objects/s3/operation.h"
#include "store/missing.h"

static bool covers_bucket(const struct s3_grant *grant, struct str bucket)
{
    return str_is(grant->bucket, "*") || str_eq(grant->bucket, bucket);
}

bool s3_may_reach(const struct s3_grants *g, struct str bucket, struct str key, bool write)
{
    for (size_t i = 0; g && i < g->count; i++) {
        const struct s3_grant *grant = &g->items[i];
        if (covers_bucket(grant, bucket) && str_starts(key, grant->prefix) && !(write && grant->read_only))
            return true;
    }
    return !g;
}

bool s3_may_see(const struct s3_grants *g, struct str bucket)
{
    for (size_t i = 0; g && i < g->count; i++)
        if (covers_bucket(&g->items[i], bucket))
            return true;
    return !g;
}

static int deny(struct err *err)
{
    return err_set(err, ERR_ACCESS_DENIED,
                   "Access Denied. The session's role does not reach this (settings session.buckets and "
                   "[role NAME]).");
}

bool s3_may_lead_out(struct str key)
{
    while (key.p) {
        struct str segment = str_cut(&key, '/');
        if (str_is(segment, ".") || str_is(segment, ".."))
            return true;
    }
    return false;
}

static bool leads_out(const struct s3_call *call, struct str bucket, struct str key)
{
    return call->grants && s3_lives_elsewhere(call, bucket) && s3_may_lead_out(key);
}

int s3_check_key(const struct s3_call *call, struct str bucket, struct str key, bool write, struct err *err)
{
    bool reached = s3_may_reach(call->grants, bucket, key, write) && !leads_out(call, bucket, key);
    return reached ? 0 : deny(err);
}

static bool is_read(const struct s3_call *call)
{
    return str_is(call->req->method, "GET") || str_is(call->req->method, "HEAD");
}

/* --- Above what is granted --- */

struct str s3_way_to_grant(const struct s3_grant *grant, struct str bucket, struct str prefix)
{
    if (!covers_bucket(grant, bucket) || !str_starts(grant->prefix, prefix))
        return STR_NULL;
    for (size_t i = prefix.n; i < grant->prefix.n; i++)
        if (grant->prefix.p[i] == '/')
            return str_sub(grant->prefix, 0, i + 1);
    return STR_NULL;
}

static bool is_above(const struct s3_grants *g, struct str bucket, struct str prefix)
{
    for (size_t i = 0; g && i < g->count; i++)
        if (s3_way_to_grant(&g->items[i], bucket, prefix).p)
            return true;
    return false;
}

bool s3_lists_above_grants(const struct s3_call *call)
{
    struct str prefix = s3_query_get(&call->query, "prefix");
    return call->operation && call->target.level == S3_BUCKET &&
           str_starts(str_from(call->operation->name), STR("ListObject")) &&
           str_is(s3_query_get(&call->query, "delimiter"), "/") &&
           !s3_may_reach(call->grants, call->target.bucket, prefix, false) &&
           is_above(call->grants, call->target.bucket, prefix);
}

/* "x" where something below "x/" is granted. */
static bool is_folder_above(const struct s3_call *call)
{
    const struct s3_grants *g = call->grants;
    struct str key = call->target.key;
    for (size_t i = 0; g && i < g->count; i++) {
        struct str way = s3_way_to_grant(&g->items[i], call->target.bucket, key);
        if (way.n == key.n + 1)
            return true;
    }
    return false;
}

/* --- The request --- */

/* A listing shows the names below its prefix. HeadBucket and the like tell what whoever reaches a part of the
 * bucket may know. The keys of DeleteObjects are asked one by one. */
static bool may_use_bucket(const struct s3_call *call)
{
    const struct s3_grants *g = call->grants;
    struct str bucket = call->target.bucket;
    if (str_starts(str_from(call->operation->name), STR("List"))) {
        struct str prefix = s3_query_get(&call->query, "prefix");
        return (s3_may_reach(g, bucket, prefix, false) && !leads_out(call, bucket, prefix)) ||
               s3_lists_above_grants(call);
    }
    if (is_read(call) || str_is(call->req->method, "POST"))
        return s3_may_see(g, bucket);
    return s3_may_reach(g, bucket, STR(""), true);
}

int s3_check_access(const struct s3_call *call, struct err *err)
{
    switch (call->target.level) {
    case S3_SERVICE: return 0; /* ListBuckets shows what may be seen */
    case S3_BUCKET: return may_use_bucket(call) ? 0 : deny(err);
    case S3_OBJECT: break;
    }
    if (s3_check_key(call, call->target.bucket, call->target.key, !is_read(call), err) == 0)
        return 0;
    return is_read(call) && is_folder_above(call) ? no_such_key(err) : -1;
}
