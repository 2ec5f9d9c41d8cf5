/* Operations on buckets, and the list of them. */
#include "base/encode.h"
#include "base/xml.h"
#include "objects/s3/access.h"
#include "objects/s3/call.h"
#include "objects/s3/elsewhere.h"
#include "objects/s3/operation.h"
#include "objects/s3/refuse.h"
#include "objects/s3/xml_read.h"

/* --- HeadBucket, GetBucketLocation --- */

static void respond_head(struct s3_call *call)
{
    s3_add_header(call, "x-amz-bucket-region", call->endpoint->config.region);
    s3_respond(call, 200, STR_NULL);
}

void s3_head_bucket(struct s3_call *call)
{
    s3_with_bucket(call, respond_head);
}

static bool in_first_region(const struct s3_call *call)
{
    return str_is(call->endpoint->config.region, "us-east-1");
}

/* The first region has an empty name here, as on AWS. */
static void respond_location(struct s3_call *call)
{
    CLEANUP_BUF struct buf xml;
    s3_xml_begin(&xml, "LocationConstraint");
    if (!in_first_region(call))
        xml_escape(&xml, call->endpoint->config.region);
    s3_xml_end(&xml, "LocationConstraint");
    s3_respond_xml(call, &xml);
}

void s3_get_bucket_location(struct s3_call *call)
{
    s3_with_bucket(call, respond_location);
}

/* --- CreateBucket --- */

/* The body is absent, or <CreateBucketConfiguration> with this server's region or none. */
static int check_location(const struct s3_call *call, struct err *err)
{
    if (!call->req->body.n)
        return 0;
    struct arena *arena CLEANUP_ARENA = arena_new(XML_READ_ARENA_BYTES);
    const struct xml_node *root = xml_read(arena, call->req->body, err);
    if (!root)
        return -1;
    if (!str_is(root->name, "CreateBucketConfiguration"))
        return err_set(err, ERR_SERIALIZATION, "The root element is not CreateBucketConfiguration.");
    const struct xml_node *location = xml_child(root, "LocationConstraint");
    if (!location || !location->text.n || str_eq(location->text, call->endpoint->config.region))
        return 0;
    return err_set(
        err, ERR_ILLEGAL_LOCATION,
        "The %.*s location constraint is incompatible for the region specific endpoint this request was "
        "sent to.",
        STR_ARG(location->text));
}

static void created(void *ctx, const struct err *err)
{
    struct s3_call *call = ctx;
    bool again = err && err->code == ERR_BUCKET_EXISTS && in_first_region(call);
    if (err && !again) {
        s3_fail(call, err);
        return;
    }
    s3_add_header(call, "Location", arena_printf(call->req->arena, "/%.*s", STR_ARG(call->target.bucket)));
    s3_respond(call, 200, STR_NULL);
}

void s3_create_bucket(struct s3_call *call)
{
    struct store *store = call->endpoint->store;
    struct err err;
    if (s3_refuse_headers(&call->req->headers, &err) < 0 || check_location(call, &err) < 0) {
        s3_fail(call, &err);
        return;
    }
    struct bucket_record r = {.name = call->target.bucket, .created_ms = s3_now_ms(call)};
    struct store_batch *batch = store_batch_new(store);
    store_add_bucket(batch, &r);
    store_commit(store, batch, created, call);
}

/* --- DeleteBucket --- */

static void deleted(void *ctx, const struct err *err)
{
    struct s3_call *call = ctx;
    if (err)
        s3_fail(call, err);
    else
        s3_respond(call, 204, STR_NULL);
}

void s3_delete_bucket(struct s3_call *call)
{
    struct store *store = call->endpoint->store;
    struct store_batch *batch = store_batch_new(store);
    store_delete_bucket(batch, call->target.bucket);
    store_commit(store, batch, deleted, call);
}

/* --- ListBuckets --- */

enum { BUCKETS_MAX = 10000 };

struct bucket_query {
    struct str prefix;
    struct str after; /* the last name of the page before; empty: from the start */
    int64_t max;
};

static int read_bucket_query(struct s3_call *call, struct bucket_query *ret, struct err *err)
{
    struct str token = s3_query_get(&call->query, "continuation-token");
    ret->prefix = s3_query_get(&call->query, "prefix");
    ret->after = token;
    return s3_query_int(&call->query, "max-buckets", BUCKETS_MAX, BUCKETS_MAX, &ret->max, err);
}

static void write_bucket(struct buf *xml, const struct bucket_record *r, const struct s3_call *call)
{
    buf_add_cstr(xml, "<Bucket>");
    xml_element(xml, "Name", r->name);
    s3_xml_time(xml, "CreationDate", r->created_ms);
    xml_element(xml, "BucketRegion", call->endpoint->config.region);
    buf_add_cstr(xml, "</Bucket>");
}

static void write_buckets(struct buf *xml, const struct s3_call *call, const struct bucket_query *q,
                          const struct bucket_record *r, size_t count)
{
    int64_t written = 0;
    struct str last = STR_NULL;
    buf_add_cstr(xml, "<Buckets>");
    for (size_t i = 0; i < count; i++) {
        if (!str_starts(r[i].name, q->prefix) || str_cmp(r[i].name, q->after) <= 0 ||
            !s3_may_see(call->grants, r[i].name))
            continue;
        if (written == q->max)
            break;
        write_bucket(xml, &r[i], call);
        last = r[i].name;
        written++;
    }
    buf_add_cstr(xml, "</Buckets>");
    if (written == q->max && count && str_cmp(last, r[count - 1].name) < 0)
        xml_element(xml, "ContinuationToken", last);
}

static void got_buckets(void *ctx, const struct bucket_record *r, size_t count, const struct err *err)
{
    struct s3_call *call = ctx;
    const struct bucket_query *q = call->state;
    if (err) {
        s3_fail(call, err);
        return;
    }
    r = s3_with_elsewhere(call, r, &count);
    CLEANUP_BUF struct buf xml;
    s3_xml_begin(&xml, "ListAllMyBucketsResult");
    s3_xml_owner(&xml, call);
    write_buckets(&xml, call, q, r, count);
    xml_element(&xml, "Prefix", q->prefix);
    s3_xml_end(&xml, "ListAllMyBucketsResult");
    s3_respond_xml(call, &xml);
}

void s3_list_buckets(struct s3_call *call)
{
    struct bucket_query *q = arena_alloc(call->req->arena, sizeof *q);
    struct err err;
    call->state = q;
    if (read_bucket_query(call, q, &err) < 0)
        s3_fail(call, &err);
    else
        store_list_buckets(call->endpoint->store, got_buckets, call);
}
