#include "objects/s3/operation.h"

#include "base/mem.h"

#define ROW(level, method, subresource, name, run)                                                           \
    {                                                                                                        \
        level, method, subresource, name, NULL, run, 0, false, false                                         \
    }
/* That takes a versionId. */
#define VERSION_ROW(method, subresource, name, run)                                                          \
    {                                                                                                        \
        S3_OBJECT, method, subresource, name, NULL, run, 0, false, true                                      \
    }

static const struct s3_operation operations[] = {
    ROW(S3_SERVICE, "GET", NULL, "ListBuckets", s3_list_buckets),

    ROW(S3_BUCKET, "GET", NULL, "ListObjects", s3_list_objects),
    ROW(S3_BUCKET, "GET", "list-type", "ListObjectsV2", s3_list_objects_v2),
    ROW(S3_BUCKET, "GET", "versions", "ListObjectVersions", s3_list_object_versions),
    ROW(S3_BUCKET, "GET", "uploads", "ListMultipartUploads", s3_list_multipart_uploads),
    ROW(S3_BUCKET, "HEAD", NULL, "HeadBucket", s3_head_bucket),
    ROW(S3_BUCKET, "PUT", NULL, "CreateBucket", s3_create_bucket),
    ROW(S3_BUCKET, "DELETE", NULL, "DeleteBucket", s3_delete_bucket),
    {S3_BUCKET, "POST", "delete", "DeleteObjects", NULL, s3_delete_objects, S3_DOCUMENT_CHECKED, false,
     false},

    ROW(S3_BUCKET, "GET", "location", "GetBucketLocation", s3_get_bucket_location),
    ROW(S3_BUCKET, "GET", "accelerate", "GetBucketAccelerateConfiguration", s3_get_settled),
    ROW(S3_BUCKET, "GET", "acl", "GetBucketAcl", s3_get_settled),
    ROW(S3_BUCKET, "PUT", "acl", "PutBucketAcl", s3_put_acl),
    ROW(S3_BUCKET, "GET", "cors", "GetBucketCors", s3_get_settled),
    ROW(S3_BUCKET, "GET", "encryption", "GetBucketEncryption", s3_get_settled),
    ROW(S3_BUCKET, "GET", "lifecycle", "GetBucketLifecycleConfiguration", s3_get_settled),
    ROW(S3_BUCKET, "GET", "logging", "GetBucketLogging", s3_get_settled),
    ROW(S3_BUCKET, "GET", "notification", "GetBucketNotificationConfiguration", s3_get_settled),
    ROW(S3_BUCKET, "GET", "object-lock", "GetObjectLockConfiguration", s3_get_settled),
    ROW(S3_BUCKET, "GET", "ownershipControls", "GetBucketOwnershipControls", s3_get_settled),
    ROW(S3_BUCKET, "GET", "policy", "GetBucketPolicy", s3_get_settled),
    ROW(S3_BUCKET, "GET", "policyStatus", "GetBucketPolicyStatus", s3_get_settled),
    ROW(S3_BUCKET, "GET", "publicAccessBlock", "GetPublicAccessBlock", s3_get_settled),
    ROW(S3_BUCKET, "GET", "replication", "GetBucketReplication", s3_get_settled),
    ROW(S3_BUCKET, "GET", "requestPayment", "GetBucketRequestPayment", s3_get_settled),
    ROW(S3_BUCKET, "GET", "tagging", "GetBucketTagging", s3_get_settled),
    ROW(S3_BUCKET, "GET", "versioning", "GetBucketVersioning", s3_get_settled),
    ROW(S3_BUCKET, "GET", "website", "GetBucketWebsite", s3_get_settled),

    VERSION_ROW("GET", NULL, "GetObject", s3_get_object),
    VERSION_ROW("GET", "partNumber", "GetObject", s3_get_object),
    VERSION_ROW("HEAD", NULL, "HeadObject", s3_get_object),
    VERSION_ROW("HEAD", "partNumber", "HeadObject", s3_get_object),
    {S3_OBJECT, "PUT", NULL, "PutObject", s3_put_object_head, s3_intake_whole, 0, false, false},
    {S3_OBJECT, "PUT", NULL, "CopyObject", NULL, s3_copy_object, 0, true, false},
    VERSION_ROW("DELETE", NULL, "DeleteObject", s3_delete_object),
    VERSION_ROW("GET", "acl", "GetObjectAcl", s3_get_settled),
    VERSION_ROW("PUT", "acl", "PutObjectAcl", s3_put_acl),
    VERSION_ROW("GET", "attributes", "GetObjectAttributes", s3_get_object_attributes),
    VERSION_ROW("GET", "tagging", "GetObjectTagging", s3_get_object_tagging),
    VERSION_ROW("PUT", "tagging", "PutObjectTagging", s3_put_object_tagging),
    VERSION_ROW("DELETE", "tagging", "DeleteObjectTagging", s3_delete_object_tagging),

    ROW(S3_OBJECT, "POST", "uploads", "CreateMultipartUpload", s3_create_multipart_upload),
    {S3_OBJECT, "PUT", "uploadId", "UploadPart", s3_upload_part_head, s3_intake_whole, 0, false, false},
    {S3_OBJECT, "PUT", "uploadId", "UploadPartCopy", NULL, s3_upload_part_copy, 0, true, false},
    {S3_OBJECT, "POST", "uploadId", "CompleteMultipartUpload", NULL, s3_complete_multipart_upload,
     S3_DOCUMENT_LONG, false, false},
    ROW(S3_OBJECT, "DELETE", "uploadId", "AbortMultipartUpload", s3_abort_multipart_upload),
    ROW(S3_OBJECT, "GET", "uploadId", "ListParts", s3_list_parts),
};

/* Parameters that make another operation of a request, from the API reference of S3, in order. A request for
 * one that has no row above must not be taken for the plain one: "GET ?acl" is no GetObject. */
static const char *const subresources[] = {"abac",
                                           "accelerate",
                                           "acl",
                                           "analytics",
                                           "annotation",
                                           "attributes",
                                           "cors",
                                           "delete",
                                           "encryption",
                                           "intelligent-tiering",
                                           "inventory",
                                           "legal-hold",
                                           "lifecycle",
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
                                           "versioning",
                                           "versions",
                                           "website"};
/* Those that do so only where none of the above is there. */
static const char *const modifiers[] = {"append", "list-type", "partNumber", "writeOffsetBytes"};

int s3_subresource(const struct s3_query *q, const char **ret, struct err *err)
{
    *ret = NULL;
    for (size_t i = 0; i < ARRAY_SIZE(subresources); i++) {
        if (!s3_query_get(q, subresources[i]).p)
            continue;
        if (*ret)
            return err_set(err, ERR_INVALID_ARGUMENT, "Conflicting query string parameters: %s, %s", *ret,
                           subresources[i]);
        *ret = subresources[i];
    }
    for (size_t i = 0; i < ARRAY_SIZE(modifiers) && !*ret; i++)
        if (s3_query_get(q, modifiers[i]).p)
            *ret = modifiers[i];
    return 0;
}

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

const struct s3_operation *s3_operation_find(enum s3_level level, struct str method, const char *subresource,
                                             bool copies)
{
    for (size_t i = 0; i < ARRAY_SIZE(operations); i++) {
        const struct s3_operation *op = &operations[i];
        if (op->level == level && str_is(method, op->method) && same_text(op->subresource, subresource) &&
            op->copies == copies)
            return op;
    }
    return NULL;
}
