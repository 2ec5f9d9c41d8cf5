#include "objects/s3/operation.h"

#include "base/mem.h"

static const struct s3_operation operations[] = {
    {S3_SERVICE, "GET", NULL, "ListBuckets", NULL, s3_list_buckets},
    {S3_BUCKET, "GET", "list-type", "ListObjectsV2", NULL, s3_list_objects_v2},
    {S3_BUCKET, "GET", "location", "GetBucketLocation", NULL, s3_get_bucket_location},
    {S3_BUCKET, "HEAD", NULL, "HeadBucket", NULL, s3_head_bucket},
    {S3_BUCKET, "PUT", NULL, "CreateBucket", NULL, s3_create_bucket},
    {S3_BUCKET, "DELETE", NULL, "DeleteBucket", NULL, s3_delete_bucket},
    {S3_OBJECT, "GET", NULL, "GetObject", NULL, s3_get_object},
    {S3_OBJECT, "HEAD", NULL, "HeadObject", NULL, s3_get_object},
    {S3_OBJECT, "PUT", NULL, "PutObject", s3_put_object_head, s3_intake_whole},
    {S3_OBJECT, "DELETE", NULL, "DeleteObject", NULL, s3_delete_object},
};

/* Parameters that make another operation of a request, from the API reference of S3. A request for one that
 * has no row above must not be taken for the plain one: "GET ?acl" is no GetObject. */
static const char *const subresources[] = {"abac",
                                           "accelerate",
                                           "acl",
                                           "analytics",
                                           "annotation",
                                           "append",
                                           "attributes",
                                           "cors",
                                           "delete",
                                           "encryption",
                                           "intelligent-tiering",
                                           "inventory",
                                           "legal-hold",
                                           "lifecycle",
                                           "list-type",
                                           "location",
                                           "logging",
                                           "metadataConfiguration",
                                           "metadataInventoryTable",
                                           "metadataJournalTable",
                                           "metadataTable",
                                           "metrics",
                                           "notification",
                                           "object-lock",
                                           "ownershipControls",
                                           "partNumber",
                                           "policy",
                                           "policyStatus",
                                           "publicAccessBlock",
                                           "renameObject",
                                           "replication",
                                           "requestPayment",
                                           "restore",
                                           "retention",
                                           "select",
                                           "session",
                                           "tagging",
                                           "torrent",
                                           "uploadId",
                                           "uploads",
                                           "versionId",
                                           "versioning",
                                           "versions",
                                           "website",
                                           "writeOffsetBytes"};

const char *s3_subresource(const struct s3_query *q)
{
    for (size_t i = 0; i < ARRAY_SIZE(subresources); i++) {
        struct str value = s3_query_get(q, subresources[i]);
        /* "null" is the version of an object in a bucket without versions. */
        bool plain = str_is(str_from(subresources[i]), "versionId") && str_is(value, "null");
        if (value.p && !plain)
            return subresources[i];
    }
    return NULL;
}

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

const struct s3_operation *s3_operation_find(enum s3_level level, struct str method, const char *subresource)
{
    for (size_t i = 0; i < ARRAY_SIZE(operations); i++) {
        const struct s3_operation *op = &operations[i];
        if (op->level == level && str_is(method, op->method) && same_text(op->subresource, subresource))
            return op;
    }
    return NULL;
}
